// Entries of one stream with one time and different lines, moved apart so that their order survives queries.
import type { PushColumns } from './push-columns.ts';

const nanosPerSecond = 1_000_000_000;

/**
 * An entry with the time that the previous entry of its stream was sent with goes 1 ns after where that one was put,
 * unless it is the same line again: that one is a duplicate, and duplicates are stored once.
 */
export function incrementDuplicates(columns: PushColumns): void {
  const { stream, seconds, nanos } = columns;
  const previous = new Int32Array(columns.targets.length).fill(-1);
  const sentSeconds = seconds.slice(0, columns.count);
  const sentNanos = nanos.slice(0, columns.count);
  for (let at = 0; at < columns.count; at++) {
    const target = stream[at] as number;
    const before = previous[target] as number;
    previous[target] = at;
    if (before < 0) continue;
    if (sentSeconds[at] !== sentSeconds[before] || sentNanos[at] !== sentNanos[before]) continue;
    const step = sameLine(columns, before, at) ? 0 : 1;
    const moved = (nanos[before] as number) + step;
    seconds[at] = (seconds[before] as number) + (moved === nanosPerSecond ? 1 : 0);
    nanos[at] = moved % nanosPerSecond;
  }
}

function sameLine({ bytes, lineStart, lineEnd }: PushColumns, a: number, b: number): boolean {
  return bytes.subarray(lineStart[a], lineEnd[a]).equals(bytes.subarray(lineStart[b], lineEnd[b]));
}
