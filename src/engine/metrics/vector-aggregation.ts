// sum, avg, min, max, count, stddev, stdvar, topk, bottomk, sort, sort_desc over the series of each step.

import type { VectorAggregation, VectorOp } from '../../logql/ast.ts';
import type { Labels } from '../../model/labels.ts';
import { QueryEvaluationError } from '../../scan/query-errors.ts';
import { addSample, type CellKind, cellWidths } from '../../scan/ranges/range-cell.ts';
import {
  compareLabels,
  groupByLabels,
  isEmptySeries,
  newSeries,
  type StepSeries,
  type StepValue,
  selectLabels,
  withoutEmpty,
} from '../../scan/ranges/step-series.ts';

export function aggregateVector(
  aggregation: VectorAggregation,
  operand: StepValue,
  steps: number,
): StepValue {
  const { op } = aggregation;
  if (operand.kind === 'scalar') {
    throw new QueryEvaluationError(`unsupported type for ${op}: expected a vector, got a scalar`);
  }
  if (op === 'sort' || op === 'sort_desc') {
    return { kind: 'vector', series: sortSeries(operand.series, op === 'sort' ? 1 : -1, steps) };
  }
  const groups = groupByLabels(operand.series, groupLabels(aggregation));
  const series =
    op === 'topk' || op === 'bottomk' || op === 'approx_topk'
      ? groups.flatMap((group) => pickSeries(group.items, aggregation, steps))
      : groups.map((group) => foldSeries(group.labels, group.items, op, steps));
  return { kind: 'vector', series };
}

function groupLabels({ grouping }: VectorAggregation): (series: StepSeries) => Labels {
  const names = new Set(grouping?.labels);
  if (grouping?.kind !== 'without') return ({ labels }) => selectLabels(labels, names, true);
  return ({ labels }) => withoutEmpty(selectLabels(labels, names, false));
}

type FoldOp = Exclude<VectorOp, 'topk' | 'bottomk' | 'approx_topk' | 'sort' | 'sort_desc'>;

const foldKinds: Readonly<Record<FoldOp, CellKind>> = {
  count: 'count',
  sum: 'sum',
  avg: 'sum',
  min: 'min',
  max: 'max',
  stddev: 'variance',
  stdvar: 'variance',
};

function foldSeries(labels: Labels, items: readonly StepSeries[], op: FoldOp, steps: number): StepSeries {
  const kind = foldKinds[op];
  const width = cellWidths[kind];
  const cells = new Float64Array(steps * width);
  for (const { values, present } of items) {
    for (let k = 0; k < steps; k++) {
      if (present[k] === 1) addSample(kind, cells, k * width, values[k] as number, 0, 0);
    }
  }
  const out = newSeries(labels, steps);
  for (let k = 0; k < steps; k++) {
    const at = k * width;
    const count = cells[at] as number;
    if (count === 0) continue;
    out.present[k] = 1;
    out.values[k] = finish(op, count, cells, at);
  }
  return out;
}

function finish(op: FoldOp, count: number, cells: Float64Array, at: number): number {
  switch (op) {
    case 'count':
      return count;
    case 'avg':
      return (cells[at + 1] as number) / count;
    case 'stdvar':
      return (cells[at + 2] as number) / count;
    case 'stddev':
      return Math.sqrt((cells[at + 2] as number) / count);
    default:
      return cells[at + 1] as number;
  }
}

/** The k largest (or smallest) series of each step, with their own labels. NaN is picked last. */
function pickSeries(
  unordered: readonly StepSeries[],
  aggregation: VectorAggregation,
  steps: number,
): StepSeries[] {
  // Of equal values those of the first labels are picked, in whatever order workers found the series.
  const items = unordered.toSorted((a, b) => compareLabels(a.labels, b.labels));
  const k = Math.floor(aggregation.parameter ?? 0);
  if (k < 1) return [];
  const sign = aggregation.op === 'bottomk' ? 1 : -1;
  const picked = items.map((series) => newSeries(series.labels, steps));
  for (let step = 0; step < steps; step++) {
    const present = items.flatMap((series, i) =>
      series.present[step] === 1 ? [{ i, value: series.values[step] as number }] : [],
    );
    if (present.length > k) present.sort((a, b) => compareValues(a.value, b.value, sign));
    for (const { i, value } of present.slice(0, k)) {
      const series = picked[i] as StepSeries;
      series.present[step] = 1;
      series.values[step] = value;
    }
  }
  return picked.filter((series) => !isEmptySeries(series));
}

/** Order matters to instant queries only: a matrix is sorted by labels. */
function sortSeries(series: readonly StepSeries[], sign: 1 | -1, steps: number): readonly StepSeries[] {
  if (steps !== 1) return series;
  return series.toSorted((a, b) => compareValues(a.values[0] as number, b.values[0] as number, sign));
}

function compareValues(a: number, b: number, sign: 1 | -1): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -sign : a > b ? sign : 0;
}
