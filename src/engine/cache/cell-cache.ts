// Cells of a range aggregation, kept for later queries: of a query that comes again only what arrived since is scanned.
// Only where cells put together are the very cells that one scan of everything gives.
import type { RangeAggregation } from '../../logql/ast.ts';
import { rangeOperations } from '../../logql/operations/range-operations.ts';
import type { Labels } from '../../model/labels.ts';
import { maxNs, minNs } from '../../model/time.ts';
import { labelsCost } from '../../scan/query-memory.ts';
import type { SeriesTable } from '../../scan/ranges/series-table.ts';
import type { WindowGrid } from '../../scan/ranges/window-grid.ts';
import type { CellsPart, TimeSpan } from '../../store/scan-task.ts';

export interface KeptCells {
  readonly kind: 'cells';
  /** Slots are those of this grid, without a cut. */
  readonly grid: WindowGrid;
  /** Times whose entries are in the cells. It begins between two slots; the slot it ends in holds nothing later. */
  readonly span: TimeSpan;
  readonly part: CellsPart;
  readonly bytes: number;
}

export const canKeepCells = ({ op }: RangeAggregation, grid: WindowGrid): boolean =>
  rangeOperations[op].orderless && grid.apart;

/** The times of the grid's windows that are kept and right when entries changed from a time on. */
export function usableSpan(
  { span }: KeptCells,
  grid: WindowGrid,
  changedFromNs: bigint,
): TimeSpan | undefined {
  const afterNs = maxNs(span.afterNs, grid.startNs);
  let untilNs = minNs(span.untilNs, grid.endNs);
  // Slots are added whole: those before the first that changed.
  if (changedFromNs <= untilNs) untilNs = grid.slotEndNs(grid.slotOf(changedFromNs) - 1);
  return afterNs < untilNs ? { afterNs, untilNs } : undefined;
}

/** Adds the kept cells of a span, which begins and ends as {@link usableSpan} tells, to a table of `grid`. */
export function addKept(table: SeriesTable, grid: WindowGrid, kept: KeptCells, span: TimeSpan): void {
  const { part } = kept;
  const slotFrom = grid.slotOf(span.afterNs + 1n);
  const slotEnd = grid.slotOf(span.untilNs) + 1;
  const shift = kept.grid.slotsTo(grid);
  let cellAt = 0;
  for (let i = 0; i < part.keys.length; i++) {
    const lo = (part.lo[i] as number) + shift;
    const length = part.length[i] as number;
    const from = Math.max(lo, slotFrom);
    const cells = Math.min(lo + length, slotEnd) - from;
    const at = cellAt + from - lo;
    cellAt += length;
    if (cells <= 0) continue;
    const series = table.series(part.keys[i] as string, part.labels[i] as Labels);
    table.addCells(series, from, part.cells, at, cells);
  }
  table.addMagnitude(part.magnitude);
}

/** A copy of the table's cells up to a time, where the table's grid is cut unless it is its end; undefined: too large. */
export function keepCells(
  table: SeriesTable,
  grid: WindowGrid,
  untilNs: bigint,
  fits: (bytes: number) => boolean,
): KeptCells | undefined {
  const slotEnd = grid.slotOf(untilNs) + 1;
  const width = table.cellWidth;
  const kept: KeptSeries[] = [];
  let numbers = 0;
  let bytes = 0;
  for (const [key, { labels, lo, length, data }] of table.sorted()) {
    const cells = withoutEmpty(data, Math.min(length, slotEnd - lo), width);
    if (cells.length === 0) continue;
    kept.push({ key, labels, lo, cells });
    numbers += cells.length;
    bytes += labelsCost(key, labels) + 8 * cells.length + 8;
  }
  if (!fits(bytes)) return undefined;
  const cells = new Float64Array(numbers);
  let at = 0;
  for (const one of kept) {
    cells.set(one.cells, at);
    at += one.cells.length;
  }
  const part: CellsPart = {
    keys: kept.map(({ key }) => key),
    labels: kept.map(({ labels }) => labels),
    lo: Int32Array.from(kept, ({ lo }) => lo),
    length: Int32Array.from(kept, (one) => one.cells.length / width),
    cells,
    magnitude: table.magnitude,
  };
  return { kind: 'cells', grid, span: { afterNs: grid.startNs, untilNs }, part, bytes };
}

interface KeptSeries {
  readonly key: string;
  readonly labels: Labels;
  readonly lo: number;
  readonly cells: Float64Array;
}

/** Of the first `count` cells those up to the last that holds a sample. */
function withoutEmpty(data: Float64Array, count: number, width: number): Float64Array {
  let end = Math.max(0, count);
  while (end > 0 && data[(end - 1) * width] === 0) end--;
  return data.subarray(0, end * width);
}
