// One cell of a range aggregation: what is remembered of the samples of one series in one slot of time.
import type { RangeAggregation } from '../../logql/ast.ts';
import { type CellKind, cellWidths } from '../../logql/operations/cell.ts';
import { rangeOperations } from '../../logql/operations/range-operations.ts';

/** What a range aggregation needs remembered. */
export const cellKindOf = ({ op, unwrap }: Pick<RangeAggregation, 'op' | 'unwrap'>): CellKind =>
  rangeOperations[op].finish(unwrap !== undefined).cell;

/** Adds one sample to the cell at `at`. `time` and `stream` decide only first and last. */
export function addSample(
  kind: CellKind,
  data: Float64Array,
  at: number,
  value: number,
  time: number,
  stream: number,
): void {
  const count = (data[at] as number) + 1;
  data[at] = count;
  switch (kind) {
    case 'count':
    case 'list':
      return;
    case 'sum':
      data[at + 1] = (data[at + 1] as number) + value;
      return;
    case 'min':
      if (count === 1 || takesOver(value, data[at + 1] as number, -1)) data[at + 1] = value;
      return;
    case 'max':
      if (count === 1 || takesOver(value, data[at + 1] as number, 1)) data[at + 1] = value;
      return;
    case 'variance': {
      const delta = value - (data[at + 1] as number);
      const mean = (data[at + 1] as number) + delta / count;
      data[at + 1] = mean;
      data[at + 2] = (data[at + 2] as number) + delta * (value - mean);
      return;
    }
    case 'first':
      // Samples of one stream come in order, so of equal times the first to come stays.
      if (count > 1 && !isBefore(time, stream, data[at + 1] as number, data[at + 2] as number)) return;
      break;
    case 'last':
      if (count > 1 && isBefore(time, stream, data[at + 1] as number, data[at + 2] as number)) return;
      break;
  }
  data[at + 1] = time;
  data[at + 2] = stream;
  data[at + 3] = value;
}

/** Adds the cell of `source` at `from` to the cell of `target` at `at`. */
export function mergeCell(
  kind: CellKind,
  target: Float64Array,
  at: number,
  source: Float64Array,
  from: number,
): void {
  const more = source[from] as number;
  if (more === 0) return;
  const had = target[at] as number;
  if (had === 0) {
    for (let i = 0; i < cellWidths[kind]; i++) target[at + i] = source[from + i] as number;
    return;
  }
  target[at] = had + more;
  switch (kind) {
    case 'count':
    case 'list':
      return;
    case 'sum':
      target[at + 1] = (target[at + 1] as number) + (source[from + 1] as number);
      return;
    case 'min':
    case 'max': {
      const value = source[from + 1] as number;
      if (takesOver(value, target[at + 1] as number, kind === 'max' ? 1 : -1)) target[at + 1] = value;
      return;
    }
    case 'variance': {
      const count = had + more;
      const delta = (source[from + 1] as number) - (target[at + 1] as number);
      target[at + 1] = (target[at + 1] as number) + (delta * more) / count;
      target[at + 2] =
        (target[at + 2] as number) + (source[from + 2] as number) + (delta * delta * had * more) / count;
      return;
    }
    case 'first':
    case 'last': {
      const before = isBefore(
        source[from + 1] as number,
        source[from + 2] as number,
        target[at + 1] as number,
        target[at + 2] as number,
      );
      if (before !== (kind === 'first')) return;
      for (let i = 1; i < 4; i++) target[at + i] = source[from + i] as number;
      return;
    }
  }
}

/** A NaN stands only until a number comes. */
const takesOver = (value: number, held: number, sign: 1 | -1): boolean =>
  (value - held) * sign > 0 || Number.isNaN(held);

/** Ties between streams go by their labels (see labelsOrder), so that the answer does not depend on the order of units. */
const isBefore = (time: number, stream: number, otherTime: number, otherStream: number): boolean =>
  time < otherTime || (time === otherTime && stream < otherStream);
