// The leaves of a metric query: its range aggregations, each of which is one scan of the store.

import type { Expr, Grouping, MetricExpr, RangeAggregation } from '../../logql/ast.ts';
import { canPushGroupingDown } from '../../logql/grouping-push-down.ts';
import { vectorOperations } from '../../logql/operations/vector-operations.ts';
import { rangesOf } from '../../logql/walk.ts';
import type { Leaf } from '../../store/scan-task.ts';
import { requestKey } from '../cache/request-key.ts';

/** A sum around a range aggregation narrows the extraction of its samples; `sum(…)` is `sum by () (…)`. */
function groupingFrom(around: Expr | undefined, range: RangeAggregation): Grouping | undefined {
  if (around?.kind !== 'vectorAggregation' || !vectorOperations[around.op].groupsSamples) return undefined;
  return canPushGroupingDown(range) ? (around.grouping ?? { kind: 'by', labels: [] }) : undefined;
}

/** Leaves by range aggregation node, equal ones shared. */
export function leavesOf(expr: MetricExpr): ReadonlyMap<RangeAggregation, Leaf> {
  const leaves = new Map<RangeAggregation, Leaf>();
  const shared = new Map<string, Leaf>();
  for (const { range, around } of rangesOf(expr)) {
    const leaf: Leaf = { aggregation: range, grouping: range.grouping ?? groupingFrom(around, range) };
    const key = leafKey(leaf);
    const known = shared.get(key) ?? leaf;
    shared.set(key, known);
    leaves.set(range, known);
  }
  return leaves;
}

/** Equal for equal leaves. */
export const leafKey = (leaf: Leaf): string => requestKey(leaf);
