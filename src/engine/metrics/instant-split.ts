// How Loki answers instant queries over long ranges: a range longer than `split_instant_metric_queries_by_interval`
// (1 h) is cut into pieces, the vector aggregation around it is applied to each piece, and the pieces are then added
// up. For sum over counts that changes nothing. For other pairs it does: `max(count_over_time(x[2h]))` becomes the sum
// of two hourly maxima. The values are Loki's, so they are reproduced, but only as long as the setting is on; only
// queries whose answer depends on it are cut.
import type { MetricExpr, RangeAggregation, VectorAggregation } from '../../logql/ast.ts';
import { rangeOperations } from '../../logql/operations/range-operations.ts';
import { vectorOperations } from '../../logql/operations/vector-operations.ts';
import { syntaxOf } from '../../logql/stages.ts';
import { rangesOf } from '../../logql/walk.ts';
import { nsPerSecond } from '../../model/time.ts';
import { newSeries, type StepSeries } from '../../scan/ranges/step-series.ts';
import { aggregateVector } from './vector-aggregation.ts';

export interface SplitRange {
  /** The aggregation around the range, applied to each piece. */
  readonly pieces: readonly VectorAggregation[];
  /** Adds up the pieces, by the same labels. */
  readonly combine: VectorAggregation;
  /** For rates: pieces count, the sum is divided by the whole range. */
  readonly divisor: number;
}

/** The range aggregations of an instant query that are cut. */
export function splitRanges(query: MetricExpr, splitNs: bigint): ReadonlyMap<RangeAggregation, SplitRange> {
  const splits = new Map<RangeAggregation, SplitRange>();
  if (splitNs <= 0n || !isSplittable(query)) return splits;
  for (const { range, around } of rangesOf(query)) {
    if (around?.kind !== 'vectorAggregation' || vectorOperations[around.op].cutting !== 'in pieces') continue;
    const combine = rangeOperations[range.op].joinedBy;
    if (range.rangeNs > splitNs && combine !== undefined && combine !== around.op && !isRateOfFields(range))
      splits.set(range, cut(around, range, combine, splitNs));
  }
  return splits;
}

/** The sum of the pieces' answers, as if it were the series of the whole range. */
export function combinePieces(
  split: SplitRange,
  pieces: readonly (readonly StepSeries[])[],
  steps: number,
): StepSeries[] {
  const sum = aggregateVector(split.combine, { kind: 'vector', series: pieces.flat() }, steps);
  if (sum.kind === 'scalar') return [];
  return sum.series.map((series) => {
    const out = newSeries(series.labels, steps);
    out.present.set(series.present);
    series.values.forEach((value, k) => {
      out.values[k] = value / split.divisor;
    });
    return out;
  });
}

function isSplittable(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'rangeAggregation':
      return rangeOperations[expr.op].joinedBy !== undefined;
    case 'vectorAggregation':
      return vectorOperations[expr.op].cutting !== 'never' && isSplittable(expr.expr);
    case 'labelReplace':
      return isSplittable(expr.expr);
    case 'binary':
      return isSplittable(expr.left) || isSplittable(expr.right);
    case 'vector':
    case 'literal':
      return false;
  }
}

function cut(
  around: VectorAggregation,
  range: RangeAggregation,
  combine: 'sum' | 'min' | 'max',
  splitNs: bigint,
): SplitRange {
  const counted = rangeOperations[range.op].rateOf?.(range.unwrap !== undefined);
  const pieces: VectorAggregation[] = [];
  for (let fromNs = 0n; fromNs < range.rangeNs; fromNs += splitNs) {
    const leftNs = range.rangeNs - fromNs;
    const piece: RangeAggregation = {
      ...range,
      op: counted ?? range.op,
      rangeNs: leftNs < splitNs ? leftNs : splitNs,
      offsetNs: range.offsetNs + fromNs,
    };
    pieces.push({ ...around, expr: piece });
  }
  const divisor = counted === undefined ? 1 : Number(range.rangeNs) / Number(nsPerSecond);
  return { pieces, combine: { ...around, op: combine }, divisor };
}

/** A rate whose samples carry all fields of their lines has too many series for Loki to cut it. */
const isRateOfFields = ({ op, log }: RangeAggregation): boolean =>
  rangeOperations[op].rateOf !== undefined &&
  log.stages.some((stage) => syntaxOf(stage).extractsAllFields(stage));
