// What an aggregation remembers of samples, and the values that come of it. A cell is a row of numbers inside a
// Float64Array; the first is the count of samples, so zeros are an empty cell.

/** How samples are remembered. `list` keeps every sample, beside the cell. */
export type CellKind = 'count' | 'sum' | 'min' | 'max' | 'variance' | 'first' | 'last' | 'list';

/** Numbers per cell. */
export const cellWidths: Readonly<Record<CellKind, number>> = {
  /** count */
  count: 1,
  /** count, sum */
  sum: 2,
  /** count, extreme */
  min: 2,
  max: 2,
  /** count, mean, sum of squared distances from it */
  variance: 3,
  /** count, time, stream, value */
  first: 4,
  last: 4,
  list: 1,
};

/** The value of the cell at `at`, which holds a sample at least; `seconds` is the length of the range it is of. */
export type CellValue = (cells: Float64Array, at: number, seconds: number) => number;

/** What is remembered, and the value that comes of it. */
export interface CellFold {
  readonly cell: Exclude<CellKind, 'list'>;
  readonly value: CellValue;
}

const field =
  (index: number): CellValue =>
  (cells, at) =>
    cells[at + index] as number;

export const count: CellFold = { cell: 'count', value: field(0) };
export const sum: CellFold = { cell: 'sum', value: field(1) };
export const min: CellFold = { cell: 'min', value: field(1) };
export const max: CellFold = { cell: 'max', value: field(1) };
export const first: CellFold = { cell: 'first', value: field(3) };
export const last: CellFold = { cell: 'last', value: field(3) };
export const mean: CellFold = {
  cell: 'sum',
  value: (cells, at) => (cells[at + 1] as number) / (cells[at] as number),
};
export const variance: CellFold = {
  cell: 'variance',
  value: (cells, at) => (cells[at + 2] as number) / (cells[at] as number),
};
export const deviation: CellFold = {
  cell: 'variance',
  value: (cells, at) => Math.sqrt((cells[at + 2] as number) / (cells[at] as number)),
};

/** A fold's value for each second of the range. */
export const perSecond = ({ cell, value }: CellFold): CellFold => ({
  cell,
  value: (cells, at, seconds) => value(cells, at, seconds) / seconds,
});
