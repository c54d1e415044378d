// Loki cuts the range of some instant queries into pieces of an hour, applies the aggregation around it to each piece
// and adds the pieces up: `max(count_over_time(x[2h]))` is the sum of two hourly maxima.
import type { MetricExpr, RangeAggregation, VectorAggregation } from '../../src/logql/ast.ts';

/** What joins pieces, by the operation over the range; others are not cut. */
const joins: Readonly<Partial<Record<RangeAggregation['op'], 'sum' | 'min' | 'max'>>> = {
  count_over_time: 'sum',
  rate: 'sum',
  bytes_over_time: 'sum',
  bytes_rate: 'sum',
  sum_over_time: 'sum',
  min_over_time: 'min',
  max_over_time: 'max',
};

/** The whole query is cut or nothing of it: one range or aggregation that cannot be cut is enough. */
function canBeCut(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'rangeAggregation':
      return joins[expr.op] !== undefined;
    case 'vectorAggregation':
      return ['sum', 'count', 'max', 'min', 'avg', 'topk'].includes(expr.op) && canBeCut(expr.expr);
    case 'labelReplace':
      return canBeCut(expr.expr);
    case 'binary':
      return canBeCut(expr.left) || canBeCut(expr.right);
    default:
      return false;
  }
}

/** A range that is cut: the aggregation around it over each piece, and how the pieces are put together. */
export interface Cut {
  readonly pieces: readonly VectorAggregation[];
  readonly join: VectorAggregation;
  /** A rate's pieces count, and their sum is divided by the seconds of the whole. */
  readonly divisor: number;
}

/** How a range directly inside an aggregation is cut; undefined: it is not. */
export function cutOf(around: VectorAggregation, splitNs: bigint): Cut | undefined {
  const range = around.expr;
  if (range.kind !== 'rangeAggregation' || splitNs === 0n || range.rangeNs <= splitNs) return undefined;
  const join = joins[range.op];
  // The rate of what a parser finds in every field is left whole.
  const findsAll = range.log.stages.some(
    (stage) => (stage.kind === 'json' || stage.kind === 'logfmt') && stage.expressions.length === 0,
  );
  if (join === undefined || (findsAll && ['rate', 'bytes_rate'].includes(range.op))) return undefined;
  if (!['sum', 'max', 'min', 'avg'].includes(around.op)) return undefined;
  const isRate = range.op === 'rate' || range.op === 'bytes_rate';
  const counted =
    range.op === 'bytes_rate' ? 'bytes_over_time' : range.unwrap ? 'sum_over_time' : 'count_over_time';
  const pieces: VectorAggregation[] = [];
  for (let fromNs = 0n; fromNs < range.rangeNs; fromNs += splitNs) {
    const leftNs = range.rangeNs - fromNs;
    const piece: RangeAggregation = {
      ...range,
      op: isRate ? counted : range.op,
      rangeNs: leftNs < splitNs ? leftNs : splitNs,
      offsetNs: range.offsetNs + fromNs,
    };
    pieces.push({ ...around, expr: piece });
  }
  return { pieces, join: { ...around, op: join }, divisor: isRate ? Number(range.rangeNs) / 1e9 : 1 };
}

/** The length of the pieces of an instant query; 0n: it is not cut. */
export const splitOf = (query: MetricExpr, splitNs: bigint): bigint => (canBeCut(query) ? splitNs : 0n);
