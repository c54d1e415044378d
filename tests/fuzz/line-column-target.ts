// Lines columns of version 2, damaged in what their checksums cover: those are put right, so that all after them is
// reached. What is accepted is what the decoder written from docs/format.md reads.
import { crc32 } from 'node:zlib';
import { LineMemory, lineRegions } from '../../src/kernels/line-memory.ts';
import { compileNeedle } from '../../src/kernels/needle.ts';
import { CorruptBlockError } from '../../src/sqlite/format/block.ts';
import { openCodec } from '../../src/sqlite/format/codec.ts';
import { LineColumnsDecoder } from '../../src/sqlite/format/line-columns/decode.ts';
import { FieldReduction } from '../../src/sqlite/format/line-columns/field-reduction.ts';
import { lineColumnsLayout } from '../../src/sqlite/format/line-columns/layout.ts';
import { LiteralReduction } from '../../src/sqlite/format/line-columns/literal-reduction.ts';
import { VarintReader } from '../../src/sqlite/format/varint.ts';
import { columnOfLines } from '../block/columns-of-lines.ts';
import { goldenBlocks } from '../block/golden-entries.ts';
import { plainLineColumns } from '../block/plain-line-columns.ts';
import { type FuzzTarget, must } from './target.ts';

const codec = openCodec();
const memory = new LineMemory(LineColumnsDecoder.memoryBytes);
const decoder = new LineColumnsDecoder(memory.memory, lineRegions.end, codec);
const { bytes: text, starts, ends } = lineRegions;
const target = { text, starts, ends };
const reductions = [
  new FieldReduction({ format: 'json', names: new Set(['status', 'req_path', 'a', 'id']) }),
  new FieldReduction({ format: 'logfmt', names: new Set(['level', 'took', 'a', 'extra']) }),
  new LiteralReduction(compileNeedle('has', false)),
  new LiteralReduction(compileNeedle('status":5', false)),
  new LiteralReduction(compileNeedle('=9 a', true)),
];

/** What vectors may write behind lines, and bytes behind that which nobody may. */
const slackBytes = 64;
const guardBytes = 256;
/** Of inputs: the other decoder is slow. */
const comparedShare = 16;
let inputs = 0;

/** Puts lengths and checksums right as far as the table of leaves can be read. */
function resealed(column: Buffer): Buffer {
  if (column.length < lineColumnsLayout.directory) return column;
  column[0] = 2;
  const end = Math.min(
    column.length,
    lineColumnsLayout.directory + column.readUInt32LE(lineColumnsLayout.directoryStored),
  );
  const directory = column.subarray(lineColumnsLayout.directory, end);
  const reader = new VarintReader(directory, 0);
  const places = Array.from({ length: Math.min(reader.value() + 1, 1000) }, (_, i) =>
    i === 0 ? -1 : [reader.value(), reader.value()][1],
  );
  let frames = places.filter((place) => place === 2).length;
  for (const shared of [0, 1]) if (places.includes(shared)) frames++;
  for (let from = end; frames > 0; frames--) {
    const stored = reader.value();
    if (stored < 0 || reader.position + 4 > directory.length) break;
    directory.writeUInt32LE(crc32(column.subarray(from, from + stored)), reader.position);
    reader.word();
    from += stored;
  }
  column.writeUInt32LE(crc32(column.subarray(8, end), crc32(column.subarray(0, 4))), 4);
  return column;
}

function decode(column: Buffer): number {
  const claimed = column.readUInt32LE(lineColumnsLayout.textBytes);
  const guardAt = Math.min(claimed, memory.bytes.length - slackBytes - guardBytes) + slackBytes;
  const guard = memory.bytes.subarray(guardAt, guardAt + guardBytes);
  guard.fill(0xa5);
  let bytes: number;
  try {
    bytes = decoder.decode(column, text);
  } finally {
    must(
      guard.every((byte) => byte === 0xa5),
      'something is written behind the lines',
    );
  }
  must(bytes === claimed, 'other bytes than claimed');
  if (inputs++ % comparedShare === 0)
    must(
      plainLineColumns(column).equals(memory.bytes.subarray(0, bytes)),
      'other lines than the format says',
    );
  return bytes;
}

function decodeReduced(column: Buffer): void {
  for (const reduction of reductions) {
    let lines = 0;
    try {
      const bytes = decoder.decodeReduced(column, target, reduction, firstNumber(column));
      lines = firstNumber(column);
      for (let i = 0, end = -1; i < lines; i++) {
        must(memory.starts[i] === end + 1 && (memory.ends[i] ?? -1) > end, 'lines do not follow');
        end = memory.ends[i] ?? -1;
        must(end < bytes, 'a line beyond the bytes');
      }
    } catch (error) {
      if (!(error instanceof CorruptBlockError)) throw error;
    }
  }
}

/** How many lines the directory says. */
function firstNumber(column: Buffer): number {
  const reader = new VarintReader(column, lineColumnsLayout.directory);
  const places: number[] = [];
  for (let left = reader.value(); left > 0; left--) {
    reader.value();
    places.push(reader.value());
    if (places.length > 1000) return 1;
  }
  const own = places.filter((place) => place === 2).length;
  for (let left = own + (places.includes(0) ? 1 : 0) + (places.includes(1) ? 1 : 0); left > 0; left--) {
    reader.value();
    reader.word();
  }
  return reader.value();
}

/** Without compression, so that changes mean something. */
const seeds = [
  ...goldenBlocks
    .filter(({ entries }) => entries.length < 300)
    .map(({ entries }) => entries.map(({ line }) => line)),
  ...goldenBlocks
    .filter(({ lineColumns }) => lineColumns)
    .map(({ entries }) => entries.slice(0, 40).map(({ line }) => line)),
].map((lines) => columnOfLines(lines, { isPlain: true }) ?? Buffer.alloc(0));

export const lineColumnTarget: FuzzTarget = {
  name: 'columns',
  seeds,
  bytesMax: 8192,
  errors: [CorruptBlockError],
  run(input) {
    const column = resealed(input);
    // What the caller has looked at: openColumn.
    if (column.length < lineColumnsLayout.directory || column[1] !== 3) return 'no column';
    decodeReduced(column);
    return decode(column) > 0;
  },
};
