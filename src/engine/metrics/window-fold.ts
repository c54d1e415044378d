// From cells to points: folds the cells of each window and turns what is remembered into the value of the operation.

import type { RangeAggregation } from '../../logql/ast.ts';
import { type CellFold, type CellKind, cellWidths } from '../../logql/operations/cell.ts';
import { rangeOperations, type SampleFold } from '../../logql/operations/range-operations.ts';
import { nsPerSecond } from '../../model/time.ts';
import { mergeCell } from '../../scan/ranges/range-cell.ts';
import { SampleList } from '../../scan/ranges/sample-list.ts';
import type { SeriesCells, SeriesTable } from '../../scan/ranges/series-table.ts';
import { newSeries, type StepSeries } from '../../scan/ranges/step-series.ts';
import type { WindowGrid } from '../../scan/ranges/window-grid.ts';
import type { Steps } from '../../store/scan-task.ts';
import { rateCounter } from './rate-counter.ts';
import { quantilesOver } from './sliding-quantile.ts';

export interface FoldContext {
  readonly aggregation: RangeAggregation;
  readonly grid: WindowGrid;
  readonly steps: Steps;
}

/** All series of a finished table over all steps, by their keys. A point is present where its window holds a sample. */
export function foldWindows(table: SeriesTable, context: FoldContext): StepSeries[] {
  const { op, unwrap } = context.aggregation;
  const finish = rangeOperations[op].finish(unwrap !== undefined);
  const fold = 'samples' in finish ? sampleFolds[finish.samples] : cellFold(finish);
  return table.sorted().map(([, series]) => fold(series, context));
}

type Fold = (series: SeriesCells, context: FoldContext) => StepSeries;

const sampleFolds: Readonly<Record<SampleFold, Fold>> = { quantile: foldQuantiles, counter: foldCounters };

const cellFold =
  (finish: CellFold): Fold =>
  (series, context) =>
    foldCells(finish, series, context);

function foldCells(
  { cell: kind, value }: CellFold,
  series: SeriesCells,
  { aggregation, grid }: FoldContext,
): StepSeries {
  const width = cellWidths[kind];
  const seconds = Number(aggregation.rangeNs) / Number(nsPerSecond);
  const out = newSeries(series.labels, grid.count);
  const whole = wholeCells(kind, series, grid);
  const window = new WindowFold(kind, whole, grid.width);
  const cell = new Float64Array(width);
  for (let k = 0; k < grid.count; k++) {
    cell.fill(0);
    if (grid.halves) {
      const slot = 2 * k + 1 - series.lo;
      if (slot >= 0 && slot < series.length) mergeCell(kind, cell, 0, series.data, slot * width);
    }
    window.foldInto(cell, k + 1);
    if (cell[0] === 0) continue;
    out.present[k] = 1;
    out.values[k] = value(cell, 0, seconds);
  }
  return out;
}

interface WholeCells {
  /** First cell held. */
  readonly lo: number;
  readonly length: number;
  readonly data: Float64Array;
}

/** Cells with their halves joined. */
function wholeCells(kind: CellKind, series: SeriesCells, grid: WindowGrid): WholeCells {
  if (!grid.halves) return series;
  const width = cellWidths[kind];
  const lo = series.lo >> 1;
  const length = series.length === 0 ? 0 : ((series.lo + series.length - 1) >> 1) - lo + 1;
  const data = new Float64Array(length * width);
  for (let i = 0; i < series.length; i++) {
    mergeCell(kind, data, (((series.lo + i) >> 1) - lo) * width, series.data, i * width);
  }
  return { lo, length, data };
}

/**
 * Folds any run of `size` cells at constant cost a run and without subtraction (a NaN or infinity leaves with its
 * cell): cells are cut in groups of `size`; a run is the end of one group and the beginning of the next, and
 * folds of all ends and beginnings are computed beforehand.
 */
class WindowFold {
  readonly #kind: CellKind;
  readonly #cells: WholeCells;
  readonly #size: number;
  readonly #fromStart: Float64Array;
  readonly #toEnd: Float64Array;

  constructor(kind: CellKind, cells: WholeCells, size: number) {
    const width = cellWidths[kind];
    const { data, length } = cells;
    this.#kind = kind;
    this.#cells = cells;
    this.#size = size;
    this.#fromStart = size <= 1 ? data : data.slice(0, length * width);
    this.#toEnd = size <= 1 ? data : data.slice(0, length * width);
    if (size <= 1) return;
    for (let i = 1; i < length; i++) {
      if (i % size !== 0) mergeCell(kind, this.#fromStart, i * width, this.#fromStart, (i - 1) * width);
    }
    for (let i = length - 2; i >= 0; i--) {
      if ((i + 1) % size !== 0) mergeCell(kind, this.#toEnd, i * width, this.#toEnd, (i + 1) * width);
    }
  }

  /** Adds cells first … first + size − 1 to `into`. */
  foldInto(into: Float64Array, first: number): void {
    if (this.#size === 0) return;
    const width = cellWidths[this.#kind];
    const a = Math.max(0, first - this.#cells.lo);
    const b = Math.min(this.#cells.length - 1, first - this.#cells.lo + this.#size - 1);
    if (a > b) return;
    const groupA = Math.floor(a / this.#size);
    const groupB = Math.floor(b / this.#size);
    if (groupA !== groupB) {
      mergeCell(this.#kind, into, 0, this.#toEnd, a * width);
      mergeCell(this.#kind, into, 0, this.#fromStart, b * width);
    } else if (a % this.#size === 0) mergeCell(this.#kind, into, 0, this.#fromStart, b * width);
    else mergeCell(this.#kind, into, 0, this.#toEnd, a * width);
  }
}

/** Counters over the samples themselves; times are nanoseconds after the end of the first step's window. */
function foldCounters(series: SeriesCells, { aggregation, grid, steps }: FoldContext): StepSeries {
  const out = newSeries(series.labels, grid.count);
  const { times, values } = series.samples?.sorted() ?? {
    times: new Float64Array(),
    values: new Float64Array(),
  };
  const rangeNs = Number(aggregation.rangeNs);
  const step = Number(steps.stepNs);
  let start = 0;
  let end = 0;
  for (let k = 0; k < grid.count; k++) {
    const endNs = k * step;
    while (end < times.length && (times[end] as number) <= endNs) end++;
    while (start < end && (times[start] as number) <= endNs - rangeNs) start++;
    if (start === end) continue;
    out.present[k] = 1;
    out.values[k] = rateCounter(times.subarray(start, end), values.subarray(start, end), { endNs, rangeNs });
  }
  return out;
}

/** Order inside a slot does not matter to quantiles, so samples are only parted by slot. */
function foldQuantiles(series: SeriesCells, { aggregation, grid, steps }: FoldContext): StepSeries {
  const out = newSeries(series.labels, grid.count);
  grid.setBase(steps.startNs - aggregation.offsetNs);
  const { values, starts } = (series.samples ?? new SampleList()).bySlot(
    (time) => grid.slotAt(time),
    grid.slots,
  );
  const bounds = (k: number): readonly [start: number, end: number] => {
    const last = k + grid.width;
    return grid.halves
      ? [starts[2 * k + 1] as number, starts[2 * last + 2] as number]
      : [starts[k + 1] as number, starts[last + 1] as number];
  };
  let windowValues = 0;
  for (let k = 0; k < grid.count; k++) {
    const [start, end] = bounds(k);
    windowValues += end - start;
  }
  const quantiles = quantilesOver(values, aggregation.parameter ?? 0, windowValues);
  for (let k = 0; k < grid.count; k++) {
    const [start, end] = bounds(k);
    if (start === end) continue;
    out.present[k] = 1;
    out.values[k] = quantiles(start, end);
  }
  return out;
}
