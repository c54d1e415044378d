// The leaves of a metric query: its range aggregations, each of which is one scan of the store.

import type { Grouping, MetricExpr, RangeAggregation, VectorAggregation } from '../../logql/ast.ts';
import { canPushGroupingDown } from '../../logql/grouping-push-down.ts';
import { vectorOperations } from '../../logql/operations/vector-operations.ts';
import type { Leaf } from '../../store/scan-task.ts';
import { requestKey } from '../cache/request-key.ts';

/** Range aggregations whose extraction is narrowed by a sum around them; `sum(…)` is `sum by () (…)`. */
function groupingFromSum(sum: VectorAggregation): Grouping | undefined {
  if (!vectorOperations[sum.op].groupsSamples || sum.expr.kind !== 'rangeAggregation') return undefined;
  if (!canPushGroupingDown(sum.expr)) return undefined;
  return sum.grouping ?? { kind: 'by', labels: [] };
}

/** Leaves by range aggregation node, equal ones shared. */
export function leavesOf(expr: MetricExpr): ReadonlyMap<RangeAggregation, Leaf> {
  const leaves = new Map<RangeAggregation, Leaf>();
  const shared = new Map<string, Leaf>();
  const visit = (node: MetricExpr, grouping: Grouping | undefined): void => {
    switch (node.kind) {
      case 'rangeAggregation': {
        const leaf: Leaf = { aggregation: node, grouping: node.grouping ?? grouping };
        const key = leafKey(leaf);
        const known = shared.get(key) ?? leaf;
        shared.set(key, known);
        leaves.set(node, known);
        return;
      }
      case 'vectorAggregation':
        visit(node.expr, groupingFromSum(node));
        return;
      case 'labelReplace':
        visit(node.expr, undefined);
        return;
      case 'binary':
        visit(node.left, undefined);
        visit(node.right, undefined);
        return;
      case 'vector':
      case 'literal':
        return;
    }
  };
  visit(expr, undefined);
  return leaves;
}

/** Equal for equal leaves. */
export const leafKey = (leaf: Leaf): string => requestKey(leaf);
