// sum, avg, min, max, count, stddev, stdvar, topk, bottomk, sort, sort_desc over the series of each step.

import type { VectorAggregation } from '../../logql/ast.ts';
import { type CellFold, cellWidths } from '../../logql/operations/cell.ts';
import { vectorOperations } from '../../logql/operations/vector-operations.ts';
import type { Labels } from '../../model/labels.ts';
import { QueryEvaluationError } from '../../scan/query-errors.ts';
import { addSample } from '../../scan/ranges/range-cell.ts';
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
  const { result } = vectorOperations[op];
  switch (result.kind) {
    case 'sort':
      return { kind: 'vector', series: sortSeries(operand.series, result.from, steps) };
    case 'pick': {
      const k = Math.floor(aggregation.parameter ?? 0);
      const picked = groupsOf(operand, aggregation).flatMap(({ items }) =>
        pickSeries(items, k, result.from, steps),
      );
      return { kind: 'vector', series: picked };
    }
    case 'fold': {
      const folded = groupsOf(operand, aggregation).map(({ labels, items }) =>
        foldSeries(labels, items, result.fold, steps),
      );
      return { kind: 'vector', series: folded };
    }
  }
}

const groupsOf = ({ series }: { readonly series: readonly StepSeries[] }, aggregation: VectorAggregation) =>
  groupByLabels(series, groupLabels(aggregation));

function groupLabels({ grouping }: VectorAggregation): (series: StepSeries) => Labels {
  const names = new Set(grouping?.labels);
  if (grouping?.kind !== 'without') return ({ labels }) => selectLabels(labels, names, true);
  return ({ labels }) => withoutEmpty(selectLabels(labels, names, false));
}

function foldSeries(
  labels: Labels,
  items: readonly StepSeries[],
  { cell, value }: CellFold,
  steps: number,
): StepSeries {
  const width = cellWidths[cell];
  const cells = new Float64Array(steps * width);
  for (const { values, present } of items) {
    for (let k = 0; k < steps; k++) {
      if (present[k] === 1) addSample(cell, cells, k * width, values[k] as number, 0, 0);
    }
  }
  const out = newSeries(labels, steps);
  for (let k = 0; k < steps; k++) {
    const at = k * width;
    if (cells[at] === 0) continue;
    out.present[k] = 1;
    out.values[k] = value(cells, at, 0);
  }
  return out;
}

/** The k largest (or smallest) series of each step, with their own labels. NaN is picked last. */
function pickSeries(
  unordered: readonly StepSeries[],
  k: number,
  from: 'largest' | 'smallest',
  steps: number,
): StepSeries[] {
  // Of equal values those of the first labels are picked, in whatever order workers found the series.
  const items = unordered.toSorted((a, b) => compareLabels(a.labels, b.labels));
  if (k < 1) return [];
  const picked = items.map((series) => newSeries(series.labels, steps));
  for (let step = 0; step < steps; step++) {
    const present = items.flatMap((series, i) =>
      series.present[step] === 1 ? [{ i, value: series.values[step] as number }] : [],
    );
    if (present.length > k) present.sort((a, b) => compareValues(a.value, b.value, from));
    for (const { i, value } of present.slice(0, k)) {
      const series = picked[i] as StepSeries;
      series.present[step] = 1;
      series.values[step] = value;
    }
  }
  return picked.filter((series) => !isEmptySeries(series));
}

/** Order matters to instant queries only: a matrix is sorted by labels. */
function sortSeries(
  series: readonly StepSeries[],
  from: 'largest' | 'smallest',
  steps: number,
): readonly StepSeries[] {
  if (steps !== 1) return series;
  return series.toSorted((a, b) => compareValues(a.values[0] as number, b.values[0] as number, from));
}

/** NaN comes last. */
function compareValues(a: number, b: number, from: 'largest' | 'smallest'): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  const sign = from === 'smallest' ? 1 : -1;
  return a < b ? -sign : a > b ? sign : 0;
}
