// Entries as objects, and as the columns an encoder takes.
import type { BlockColumns } from '../../src/sqlite/format/block.ts';

export interface TestEntry {
  timeNs: bigint;
  line: Buffer;
  level: number;
  metadata: Buffer;
}

/**
 * 'contiguous': lines and metadata in order, two bytes apart. 'scattered': lines in reverse order, far apart, so
 * that they cannot be copied as one piece. `baseDistance` moves the base away from the first entry.
 */
export function columnsOf(
  entries: readonly TestEntry[],
  layout: 'contiguous' | 'scattered',
  baseDistance = 0n,
): BlockColumns {
  const count = entries.length;
  const baseNs = (entries[0]?.timeNs ?? 0n) + baseDistance;
  const lines = layRanges(
    entries.map((e) => e.line),
    layout,
  );
  const metadata = layRanges(
    entries.map((e) => e.metadata),
    layout,
  );
  return {
    count,
    baseNs,
    offsetsNs: Float64Array.from(entries, (e) => Number(e.timeNs - baseNs)),
    bytes: lines.bytes,
    lineStarts: lines.starts,
    lineEnds: lines.ends,
    level: Uint8Array.from(entries, (e) => e.level),
    metadataBytes: metadata.bytes,
    metadataStarts: metadata.starts,
    metadataEnds: metadata.ends,
  };
}

function layRanges(ranges: readonly Buffer[], layout: 'contiguous' | 'scattered') {
  const gap = layout === 'contiguous' ? 2 : 100_000 / ranges.length + 300;
  const starts = new Uint32Array(ranges.length);
  const ends = new Uint32Array(ranges.length);
  const size = ranges.reduce((sum, r) => sum + r.length, 0) + Math.ceil(gap) * ranges.length;
  const bytes = Buffer.alloc(size, '\n');
  let at = 0;
  for (let i = 0; i < ranges.length; i++) {
    const index = layout === 'contiguous' ? i : ranges.length - 1 - i;
    const range = ranges[index] ?? Buffer.alloc(0);
    starts[index] = at;
    ends[index] = at + range.length;
    bytes.set(range, at);
    at += range.length + Math.ceil(gap);
  }
  return { bytes, starts, ends };
}
