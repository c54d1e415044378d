// Lines that lie in somebody else's memory (a push body, a segment), brought into a LineMemory group by group.
import { type LineMemory, lineBytesMax, lineCountMax } from './line-memory.ts';

export interface LineRanges {
  /** May be a view of shared memory. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Line i is `bytes[lineStarts[i], lineEnds[i])`; any order, overlaps allowed. */
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
}

export interface LineGroup {
  /** The index after the last line of the group. */
  readonly until: number;
  /** The lines ascend and do not overlap. */
  readonly ascending: boolean;
}

/** Bytes between wanted lines that are copied without a thought. */
const strayBytesMax = 64 * 1024;

/**
 * Copies the longest run of lines from `from` on whose span fits the memory and is not mostly other bytes; line
 * `from` becomes line 0 there. Undefined when line `from` alone is too long.
 */
export function copyLineGroup(lines: LineRanges, from: number, memory: LineMemory): LineGroup | undefined {
  const { bytes, lineStarts, lineEnds } = lines;
  const stop = Math.min(lines.count, from + lineCountMax);
  let low = lineStarts[from] as number;
  let high = low;
  let wanted = 0;
  let ascending = true;
  let until = from;
  for (; until < stop; until++) {
    const start = lineStarts[until] as number;
    const end = lineEnds[until] as number;
    const newLow = Math.min(start, low);
    const newHigh = Math.max(end, high);
    wanted += end - start;
    if (newHigh - newLow > lineBytesMax || newHigh - newLow > strayBytesMax + 4 * wanted) break;
    if (start < high) ascending = false;
    low = newLow;
    high = newHigh;
  }
  if (until === from) return undefined;
  memory.bytes.set(bytes.subarray(low, high));
  const { starts, ends } = memory;
  for (let i = from; i < until; i++) {
    starts[i - from] = (lineStarts[i] as number) - low;
    ends[i - from] = (lineEnds[i] as number) - low;
  }
  return { until, ascending };
}
