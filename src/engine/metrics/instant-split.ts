// How Loki answers instant queries over long ranges: a range longer than `split_instant_metric_queries_by_interval`
// (1 h) is cut into pieces, the vector aggregation around it is applied to each piece, and the pieces are then added
// up. For sum over counts that changes nothing. For other pairs it does: `max(count_over_time(x[2h]))` becomes the sum
// of two hourly maxima. The values are Loki's, so they are reproduced, but only as long as the setting is on; only
// queries whose answer depends on it are cut.
import type { MetricExpr, RangeAggregation, VectorAggregation, VectorOp } from '../../logql/ast.ts';
import { syntaxOf } from '../../logql/stages.ts';
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
  if (splitNs > 0n && isSplittable(query)) collect(query, splitNs, splits);
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

const splittableVectorOps: ReadonlySet<VectorOp> = new Set<VectorOp>([
  'sum',
  'count',
  'max',
  'min',
  'avg',
  'topk',
]);
const pushedDown: ReadonlySet<VectorOp> = new Set<VectorOp>(['sum', 'max', 'min', 'avg']);

/** What joins two pieces of a range; undefined: it cannot be cut. */
function combineOf({ op }: RangeAggregation): 'sum' | 'min' | 'max' | undefined {
  switch (op) {
    case 'count_over_time':
    case 'rate':
    case 'bytes_over_time':
    case 'bytes_rate':
    case 'sum_over_time':
      return 'sum';
    case 'min_over_time':
      return 'min';
    case 'max_over_time':
      return 'max';
    default:
      return undefined;
  }
}

function isSplittable(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'rangeAggregation':
      return combineOf(expr) !== undefined;
    case 'vectorAggregation':
      return splittableVectorOps.has(expr.op) && isSplittable(expr.expr);
    case 'labelReplace':
      return isSplittable(expr.expr);
    case 'binary':
      return isSplittable(expr.left) || isSplittable(expr.right);
    default:
      return false;
  }
}

function collect(expr: MetricExpr, splitNs: bigint, into: Map<RangeAggregation, SplitRange>): void {
  switch (expr.kind) {
    case 'vectorAggregation': {
      const inner = expr.expr;
      if (inner.kind !== 'rangeAggregation') collect(inner, splitNs, into);
      else if (pushedDown.has(expr.op) && inner.rangeNs > splitNs) {
        const combine = combineOf(inner);
        if (combine !== undefined && combine !== expr.op && !isRateOfFields(inner))
          into.set(inner, cut(expr, inner, combine, splitNs));
      }
      return;
    }
    case 'labelReplace':
      collect(expr.expr, splitNs, into);
      return;
    case 'binary':
      collect(expr.left, splitNs, into);
      collect(expr.right, splitNs, into);
      return;
    default:
      return;
  }
}

function cut(
  around: VectorAggregation,
  range: RangeAggregation,
  combine: 'sum' | 'min' | 'max',
  splitNs: bigint,
): SplitRange {
  const counted = countedOp(range);
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

/** What the pieces of a rate count. */
function countedOp({ op, unwrap }: RangeAggregation): RangeAggregation['op'] | undefined {
  if (op === 'bytes_rate') return 'bytes_over_time';
  if (op === 'rate') return unwrap ? 'sum_over_time' : 'count_over_time';
  return undefined;
}

/** A rate whose samples carry all fields of their lines has too many series for Loki to cut it. */
const isRateOfFields = ({ op, log }: RangeAggregation): boolean =>
  (op === 'rate' || op === 'bytes_rate') &&
  log.stages.some((stage) => syntaxOf(stage).extractsAllFields(stage));
