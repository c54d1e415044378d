// What is read from the database file: columns of blocks, and commits of the log.
import { crc32 } from 'node:zlib';
import { compileNeedle } from '../../src/kernels/needle.ts';
import { CorruptBlockError, type EncodedBlock } from '../../src/sqlite/format/block.ts';
import { decodeCounts } from '../../src/sqlite/format/counts.ts';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { blockMayContain } from '../../src/sqlite/format/filter.ts';
import { readSliceHeader, sliceBytes, sliceColumns, sliceMemory } from '../../src/sqlite/threads/segment.ts';
import { CommitBuffer } from '../../src/sqlite/write/commit-buffer.ts';
import { CommitCodec, DamagedCommitError } from '../../src/sqlite/write/commit-codec.ts';
import { columnsOf } from '../block/entries.ts';
import { goldenBlocks } from '../block/golden-entries.ts';
import { lineColumnTarget } from './line-column-target.ts';
import { type FuzzTarget, must } from './target.ts';

const blocks = goldenBlocks.map(({ entries }) => encodeBlock(columnsOf(entries, 'contiguous')));
const needle = compileNeedle('request done');
const decoder = new BlockDecoder();

type ColumnName = keyof EncodedBlock & ('ts' | 'meta' | 'lines' | 'filter' | 'counts');

const reads: Readonly<Record<ColumnName, (column: Buffer) => unknown>> = {
  ts(column) {
    const times = decoder.decodeTimes(column);
    let last = 0;
    let end = -1;
    for (let i = 0; i < times.count; i++) {
      const offset = times.offsetsNs[i] as number;
      must(offset >= last && Number.isSafeInteger(offset), 'times do not ascend');
      must(times.lineStarts[i] === end + 1 && (times.lineEnds[i] as number) > end, 'lines do not follow');
      last = offset;
      end = times.lineEnds[i] as number;
    }
    return 'times';
  },
  meta(column) {
    const count = 1 + ((column[12] ?? 0) % 64);
    const meta = decoder.decodeMeta(column, count);
    for (let i = 0; i < count; i++) {
      const [start = -1, end = -1] = [meta.metadataStarts[i], meta.metadataEnds[i]];
      must(start <= end && start >= 0 && end <= meta.metadataBytes.length, 'metadata outside its bytes');
    }
    return 'metadata';
  },
  lines(column) {
    decoder.decodeLines(column);
    return decoder.linesContain(needle);
  },
  filter: (column) => blockMayContain(column, [needle]),
  counts: (column) => decodeCounts(column)?.minute.length,
};

/** Damage that a checksum shows is refused at once; here it is right, so that all after it is reached. */
function resealed(column: Buffer): Buffer {
  if (column.length >= 8) column.writeUInt32LE(crc32(column.subarray(8), crc32(column.subarray(0, 4))), 4);
  return column;
}

const columnTarget = (name: ColumnName): FuzzTarget => ({
  name: `block-${name}`,
  seeds: blocks.map((block) => block[name]).filter((column) => column.length > 0),
  errors: [CorruptBlockError],
  run: (input) => reads[name](resealed(input)),
});

const codec = new CommitCodec();

/** Commits as the writer makes them: compressed, and small ones as they are. */
const commits = goldenBlocks.map(({ entries }) => {
  const buffer = new CommitBuffer();
  const columns = columnsOf(entries, 'contiguous');
  const times = entries.map(({ timeNs }) => timeNs);
  buffer.append({
    bytes: columns.bytes,
    count: columns.count,
    stream: new Uint32Array(columns.count),
    seconds: Float64Array.from(times, (ns) => Number(ns / 1_000_000_000n)),
    nanos: Uint32Array.from(times, (ns) => Number(ns % 1_000_000_000n)),
    lineStart: columns.lineStarts,
    lineEnd: columns.lineEnds,
    level: columns.level,
    metadataBytes: columns.metadataBytes,
    metadataStart: columns.metadataStarts,
    metadataEnd: columns.metadataEnds,
    streams: [7],
  });
  return Buffer.from(buffer.slices());
});

function walkSlices(slices: ArrayBuffer): number {
  const memory = sliceMemory(slices);
  let entries = 0;
  for (let at = 0; at < slices.byteLength; at += sliceBytes(memory, at)) {
    const { count } = readSliceHeader(memory, at);
    const columns = sliceColumns(memory, at);
    must(columns.level.length === count && columns.offsetsNs.length === count, 'columns outside the slice');
    for (let i = 0; i < count; i++) {
      const [start = 1, end = 0] = [columns.lineStarts[i], columns.lineEnds[i]];
      must(start <= end && end <= columns.bytes.length, 'a line outside the slice');
      const [from = 1, to = 0] = [columns.metadataStarts[i], columns.metadataEnds[i]];
      must(from <= to && to <= columns.metadataBytes.length, 'metadata outside the slice');
    }
    entries += count;
  }
  return entries;
}

export const storeTargets: readonly FuzzTarget[] = [
  ...(Object.keys(reads) as ColumnName[]).map(columnTarget),
  lineColumnTarget,
  {
    name: 'commit-row',
    // Compressed, and so read at gigabytes a second.
    costFactor: 200,
    seeds: commits.map((slices) => Buffer.from(codec.encode(slices))),
    errors: [DamagedCommitError],
    run: (input) => walkSlices(codec.decode(input)) > 0,
  },
  {
    name: 'commit-slices',
    costFactor: 200,
    seeds: commits,
    bytesMax: 16_384,
    errors: [DamagedCommitError],
    run: (input) => walkSlices(codec.decode(plainRow(input))) > 0,
  },
];

/** Slices in a row that is not compressed. */
function plainRow(slices: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(slices.length, 4);
  return Buffer.concat([head, slices]);
}
