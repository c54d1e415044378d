// Evaluates the tree above the range aggregations: whole series at a time, in typed arrays.
import type { MetricExpr, RangeAggregation } from '../../logql/ast.ts';
import { vectorOperations } from '../../logql/operations/vector-operations.ts';
import { type MemoryShare, valueBytes } from '../../scan/query-memory.ts';
import { constantSeries, type StepSeries, type StepValue } from '../../scan/ranges/step-series.ts';
import { applyBinary } from './binary-operation.ts';
import { replaceLabel } from './label-replace.ts';
import { aggregateVector } from './vector-aggregation.ts';

export interface EvaluationContext {
  readonly steps: number;
  readonly rangeSeries: (node: RangeAggregation) => readonly StepSeries[];
  /** What operators make is added to it, and what they have used up taken off. */
  readonly memory: MemoryShare;
}

/** Throws QueryEvaluationError for what cannot be evaluated on this data, QueryLimitError when memory is up. */
export function evaluate(expr: MetricExpr, context: EvaluationContext): StepValue {
  switch (expr.kind) {
    case 'literal':
      return { kind: 'scalar', value: expr.value };
    case 'vector':
      return { kind: 'vector', series: [constantSeries(expr.value, context.steps)] };
    case 'rangeAggregation':
      return { kind: 'vector', series: context.rangeSeries(expr) };
    case 'vectorAggregation': {
      const operand = evaluate(expr.expr, context);
      const made = aggregateVector(expr, operand, context.steps);
      return counted(made, [[expr.expr, operand]], context);
    }
    case 'labelReplace': {
      const operand = evaluate(expr.expr, context);
      return counted(replaceLabel(expr, operand, context.steps), [[expr.expr, operand]], context);
    }
    case 'binary': {
      const left = evaluate(expr.left, context);
      const right = evaluate(expr.right, context);
      const made = applyBinary(expr, left, right, context.steps);
      return counted(
        made,
        [
          [expr.left, left],
          [expr.right, right],
        ],
        context,
      );
    }
  }
}

function counted(
  made: StepValue,
  operands: readonly (readonly [expr: MetricExpr, value: StepValue])[],
  { memory }: EvaluationContext,
): StepValue {
  memory.grow(valueBytes(made));
  // The series of a range may be wanted again.
  for (const [{ kind }, value] of operands) if (kind !== 'rangeAggregation') memory.grow(-valueBytes(value));
  return made;
}

/** True when the answer of an instant query is ordered by value, not by labels. */
export function isSorted(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'vectorAggregation':
      return vectorOperations[expr.op].result.kind === 'sort' || isSorted(expr.expr);
    case 'labelReplace':
      return isSorted(expr.expr);
    case 'binary':
      return isSorted(expr.left) || isSorted(expr.right);
    case 'rangeAggregation':
    case 'vector':
    case 'literal':
      return false;
  }
}
