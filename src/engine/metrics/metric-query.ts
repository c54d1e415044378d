// Metric queries on the main thread: one scan per range aggregation, then the tree above them.

import type { MetricExpr, RangeAggregation } from '../../logql/ast.ts';
import { rangeOperations } from '../../logql/operations/range-operations.ts';
import type { Labels } from '../../model/labels.ts';
import { pointsBytes } from '../../scan/query-memory.ts';
import { seriesLimitError, seriesLimitWarning } from '../../scan/ranges/metric-errors.ts';
import {
  compareLabels,
  constantSeries,
  isEmptySeries,
  newSeries,
  type StepSeries,
} from '../../scan/ranges/step-series.ts';
import type { Leaf, Steps } from '../../store/scan-task.ts';
import type { QueryRun } from '../run/query-run.ts';
import type { MetricRequest, MetricResult, Series } from '../run/query-service.ts';
import { absentLabels } from './absent-labels.ts';
import { alignRange, stepsOf, stepTimesMs } from './align.ts';
import { evaluate, isSorted } from './evaluate.ts';
import { combinePieces, type SplitRange, splitRanges } from './instant-split.ts';
import { leavesOf } from './range-leaf.ts';
import { seriesAtRepeated, seriesOverSteps } from './step-scan.ts';

/** Throws QueryLimitError, QueryEvaluationError, and what a stopped run throws. */
export async function runMetricQuery(request: MetricRequest, run: QueryRun): Promise<MetricResult> {
  const { query, stepNs } = request;
  const instant = stepNs <= 0n;
  const steps = stepsOf(alignRange(request, stepNs), stepNs);
  const timesMs = stepTimesMs(steps);
  if (steps.count === 0) {
    return { kind: 'matrix', series: [], statistics: run.statistics(0), warnings: [] };
  }
  const splits = instant ? splitRanges(query, run.splitInstantNs) : new Map<RangeAggregation, SplitRange>();
  const rangeSeries = await scanRanges(query, splits, steps, run);
  const value = evaluate(query, {
    steps: steps.count,
    rangeSeries: (node) => rangeSeries.get(node) ?? [],
    memory: run.memory,
  });
  run.checkStopped();
  if (value.kind === 'scalar' && instant) {
    const [timeMs = 0] = timesMs;
    return {
      kind: 'scalar',
      timeMs,
      value: value.value,
      statistics: run.statistics(1),
      warnings: run.warnings,
    };
  }
  const all = (value.kind === 'scalar' ? [constantSeries(value.value, steps.count)] : value.series).filter(
    (series) => !isEmptySeries(series),
  );
  const ordered =
    instant && isSorted(query) ? all : all.toSorted((a, b) => compareLabels(a.labels, b.labels));
  const { kept, warnings } = limitSeries(ordered, run);
  run.memory.grow(kept.length * pointsBytes(steps.count));
  const series = kept.map((one) => pointsOf(one, timesMs));
  return {
    kind: instant ? 'vector' : 'matrix',
    series,
    statistics: run.statistics(series.length),
    warnings: [...warnings, ...run.warnings],
  };
}

/** Scans all leaves, split ranges piece by piece; the series of each range aggregation of the tree. */
async function scanRanges(
  query: MetricExpr,
  splits: ReadonlyMap<RangeAggregation, SplitRange>,
  steps: Steps,
  run: QueryRun,
): Promise<ReadonlyMap<RangeAggregation, readonly StepSeries[]>> {
  const whole = [...leavesOf(query)].filter(([node]) => !splits.has(node));
  const ofPieces = [...splits.values()].flatMap(({ pieces }) =>
    pieces.flatMap((piece) => [...leavesOf(piece)]),
  );
  const nodes = [...whole, ...ofPieces];
  const unique = [...new Set(nodes.map(([, leaf]) => leaf))];
  const scanned = new Map(
    await Promise.all(unique.map(async (leaf) => [leaf, await scanLeaf(leaf, steps, run)] as const)),
  );
  const series = new Map(nodes.map(([node, leaf]) => [node, scanned.get(leaf) ?? []]));
  for (const [node, split] of splits) {
    const pieces = split.pieces.map((piece) => {
      const value = evaluate(piece, {
        steps: steps.count,
        rangeSeries: (range) => series.get(range) ?? [],
        memory: run.memory,
      });
      return value.kind === 'vector' ? value.series : [];
    });
    series.set(node, combinePieces(split, pieces, steps.count));
  }
  return series;
}

async function scanLeaf(leaf: Leaf, steps: Steps, run: QueryRun): Promise<readonly StepSeries[]> {
  const { aggregation } = leaf;
  // `[0s]` is a window that holds nothing.
  if (aggregation.rangeNs <= 0n) return [];
  const { repeatedNs, shared } = run.context;
  const scan = (): Promise<readonly StepSeries[]> =>
    steps.count === 1 && repeatedNs !== undefined
      ? seriesAtRepeated(leaf, steps, repeatedNs, run)
      : seriesOverSteps(leaf, steps, run);
  const series = await (shared?.series(leaf, steps, run, scan) ?? scan());
  return rangeOperations[aggregation.op].tellsAbsence
    ? [absentSeries(series, absentLabels(aggregation.log.matchers), steps.count)]
    : series;
}

/** 1 at every step where no series has a point. */
function absentSeries(series: readonly StepSeries[], labels: Labels, steps: number): StepSeries {
  const out = newSeries(labels, steps);
  for (let k = 0; k < steps; k++) {
    if (series.some(({ present }) => present[k] === 1)) continue;
    out.present[k] = 1;
    out.values[k] = 1;
  }
  return out;
}

function limitSeries(
  series: readonly StepSeries[],
  { context }: QueryRun,
): { kept: readonly StepSeries[]; warnings: readonly string[] } {
  const { seriesMax } = context.limits;
  if (seriesMax <= 0 || series.length <= seriesMax) return { kept: series, warnings: [] };
  if (!context.partialOnSeriesLimit) throw seriesLimitError(seriesMax);
  return { kept: series.slice(0, seriesMax), warnings: [seriesLimitWarning(seriesMax)] };
}

/** Only the steps that have a value. */
function pointsOf({ labels, values, present }: StepSeries, timesMs: Float64Array): Series {
  if (!present.includes(0)) return { labels, timesMs, values };
  const at: number[] = [];
  for (let k = 0; k < present.length; k++) if (present[k] === 1) at.push(k);
  return {
    labels,
    timesMs: Float64Array.from(at, (k) => timesMs[k] as number),
    values: Float64Array.from(at, (k) => values[k] as number),
  };
}
