// Joins the parts of a log query from all workers into `data.result`.
import { joinNs } from '../../model/time.ts';
import type { Direction } from '../../scan/logs/entry-heap.ts';
import type { LogPart } from '../../store/scan-task.ts';

/** One row of one part. */
export interface MergedRow {
  readonly part: LogPart;
  readonly index: number;
}

/** The first `limit` rows over all parts, in the answer's order. */
export function mergeRows(parts: readonly LogPart[], direction: Direction, limit: number): MergedRow[] {
  const rows = parts.flatMap((part) => Array.from(part.seconds, (_, index): MergedRow => ({ part, index })));
  if (parts.length > 1) rows.sort((a, b) => compareRows(a, b, direction));
  return rows.length > limit ? rows.slice(0, limit) : rows;
}

export const rowTimeNs = ({ part, index }: MergedRow): bigint =>
  joinNs(part.seconds[index] as number, part.nanos[index] as number);

function compareRows(a: MergedRow, b: MergedRow, direction: Direction): number {
  const byTime =
    (a.part.seconds[a.index] as number) - (b.part.seconds[b.index] as number) ||
    (a.part.nanos[a.index] as number) - (b.part.nanos[b.index] as number);
  if (byTime !== 0) return direction === 'forward' ? byTime : -byTime;
  // Rows of one part are sorted, and equal times of one stream are never in two parts.
  if (a.part === b.part) return a.index - b.index;
  return (a.part.streamOrder[a.index] as number) - (b.part.streamOrder[b.index] as number);
}

/** Rows as the JSON array of streams: streams sorted by their labels' text, entries in the given order. */
export function renderStreams(rows: readonly MergedRow[]): Uint8Array {
  const groups = new Map<string, { json: string; rows: MergedRow[] }>();
  for (const row of rows) {
    const group = row.part.group[row.index] as number;
    const text = row.part.groupTexts[group] as string;
    const known = groups.get(text);
    if (known) known.rows.push(row);
    else groups.set(text, { json: row.part.groupJson[group] as string, rows: [row] });
  }
  const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const pieces: Uint8Array[] = [];
  const text = (piece: string): void => {
    pieces.push(Buffer.from(piece));
  };
  sorted.forEach(([, group], i) => {
    text(`${i === 0 ? '[' : ','}{"stream":${group.json},"values":[`);
    group.rows.forEach(({ part, index }, j) => {
      if (j > 0) pieces.push(comma);
      const start = index === 0 ? 0 : (part.rowEnds[index - 1] as number);
      pieces.push(part.bytes.subarray(start, part.rowEnds[index] as number));
    });
    text(']}');
  });
  text(sorted.length === 0 ? '[]' : ']');
  return Buffer.concat(pieces);
}

const comma = Buffer.from(',');
