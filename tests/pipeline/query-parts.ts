// What tests that run whole queries over lines share: the log queries inside an expression, a line as a pipeline's input.
import type { Expr, LogQuery, RangeAggregation } from '../../src/logql/ast.ts';
import { type Labels, labelsFromPairs } from '../../src/model/labels.ts';
import type { PipelineInput } from '../../src/pipeline/pipeline.ts';

export const testStream: Labels = labelsFromPairs([
  ['app', 'x'],
  ['level', 'info'],
]);
const structuredMetadata = labelsFromPairs([['trace', 'a1']]);

export const inputOf = (bytes: Buffer): PipelineInput => ({
  timestampNs: 1_768_471_200_000_000_000n,
  bytes,
  lineStart: 0,
  lineEnd: bytes.length,
  structuredMetadata,
  level: 3,
});

/** Log queries and range aggregations, left to right. */
export function leavesOf(expr: Expr): (LogQuery | RangeAggregation)[] {
  switch (expr.kind) {
    case 'logQuery':
    case 'rangeAggregation':
      return [expr];
    case 'vectorAggregation':
    case 'labelReplace':
      return leavesOf(expr.expr);
    case 'binary':
      return [...leavesOf(expr.left), ...leavesOf(expr.right)];
    default:
      return [];
  }
}
