// A second decoder, written from docs/format.md and nothing else: slow, small, shares no code with the product.
import { crc32 } from 'node:zlib';
import { decompress } from 'fzstd';
import { plainLineColumns } from './plain-line-columns.ts';

export interface PlainEntry {
  timeNs: bigint;
  line: Buffer;
  level: number;
  metadata: Buffer;
}

function head(column: Buffer, kind: number, versions = [1]): { codec: number; detail: number } {
  if (!versions.includes(column[0] ?? 0) || column[1] !== kind)
    throw new Error(`not a column of version ${versions} and kind ${kind}`);
  const crc = crc32(Buffer.concat([column.subarray(0, 4), column.subarray(8)]));
  if (column.readUInt32LE(4) !== crc) throw new Error('checksum');
  return { codec: column[2] ?? -1, detail: column[3] ?? -1 };
}

function unpack(bytes: Buffer, codec: number, size: number): Buffer {
  const plain = codec === 0 ? bytes : Buffer.from(decompress(bytes));
  if (plain.length !== size) throw new Error(`${plain.length} bytes unpacked, ${size} expected`);
  return plain;
}

/** Reads varints by turns. */
function varints(bytes: Buffer): { next: () => number; rest: () => Buffer } {
  let at = 0;
  return {
    next() {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error('varint beyond the end');
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return Number(value);
      }
    },
    rest: () => bytes.subarray(at),
  };
}

export function plainEntries(ts: Buffer, lines: Buffer, meta: Buffer): PlainEntry[] {
  const { codec, detail } = head(ts, 1);
  const count = ts.readUInt32LE(16);
  const stepsBytes = ts.readUInt32LE(24);
  const steps = varints(ts.subarray(36, 36 + stepsBytes));
  const shape = varints(unpack(ts.subarray(36 + stepsBytes), codec, ts.readUInt32LE(28)));
  const lengths = Array.from({ length: count }, () => ts.readUInt32LE(32) + shape.next());
  const levels = shape.rest();
  const text = lines[0] === 2 ? plainLineColumns(lines) : plainText(lines);
  const metadata = plainMetadata(meta, count);
  let timeNs = ts.readBigInt64LE(8);
  let at = 0;
  return lengths.map((length, i) => {
    if (i > 0) timeNs += BigInt(steps.next()) * 10n ** BigInt(detail);
    const line = text.subarray(at, at + length);
    if (text[at + length] !== 0x0a) throw new Error('no newline behind a line');
    at += length + 1;
    const nibbles = levels[1 + (i >> 1)] ?? -1;
    const level = levels[0] === 0 ? (levels[1] ?? -1) : i % 2 === 0 ? nibbles & 15 : nibbles >> 4;
    return { timeNs, line, level, metadata: metadata[i] ?? Buffer.alloc(0) };
  });
}

const plainText = (lines: Buffer): Buffer =>
  unpack(lines.subarray(12), head(lines, 3).codec, lines.readUInt32LE(8));

function plainMetadata(meta: Buffer, count: number): Buffer[] {
  if (meta.length === 0) return Array.from({ length: count }, () => Buffer.alloc(0));
  const { codec, detail } = head(meta, 2);
  const reader = varints(unpack(meta.subarray(20), codec, meta.readUInt32LE(8)));
  const lengths = Array.from({ length: meta.readUInt32LE(12) }, () => reader.next());
  const references = detail === 1 ? Array.from({ length: count }, () => reader.next()) : [...lengths.keys()];
  const strings = reader.rest();
  let at = 0;
  const values = lengths.map((length) => {
    at += length;
    return strings.subarray(at - length, at);
  });
  return references.map((reference) => values[reference] ?? Buffer.from('no such value'));
}

/** The filter's bits as docs/format.md derives them from the unpacked lines, for a version of the column. */
export function plainFilter(text: Buffer, version: number): { bitsLog2: number; bits: Buffer } {
  let bitsLog2 = 15;
  for (let limit = 278_528; text.length > limit && bitsLog2 < 19; limit *= 2) bitsLog2++;
  let set = new Set<number>();
  const lower = text.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
  const view = Buffer.from(lower);
  for (let i = 0; i + 4 <= view.length; i++) {
    const product = (BigInt(view.readUInt32LE(i)) * 0x9e3779b1n) % 2n ** 32n;
    set.add(Number(product / 2n ** BigInt(32 - bitsLog2)));
  }
  let size = 2 ** bitsLog2;
  while (size > 128 && set.size < 0.3675 * size) {
    size /= 2;
    set = new Set([...set].map((bit) => bit % size));
  }
  if (version === 2 && size >= 16_384) {
    size -= size / 64;
    set = new Set([...set].map((bit) => bit % size));
  }
  const bits = Buffer.alloc(set.size === 0 ? 0 : size / 8);
  for (const bit of set) bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  return { bitsLog2, bits };
}

export interface PlainRow {
  minute: number;
  level: number;
  entries: number;
  lineBytes: number;
  metadataBytes: number;
}

export function plainCounts(counts: Buffer): PlainRow[] {
  if (counts.length === 0) return [];
  const { detail } = head(counts, 5);
  const reader = varints(counts.subarray(16));
  let minute = Number(counts.readBigInt64LE(8));
  return Array.from({ length: reader.next() }, () => {
    const key = reader.next();
    minute += Math.floor(key / 16);
    const [entries, lineBytes] = [reader.next(), reader.next()];
    return { minute, level: key % 16, entries, lineBytes, metadataBytes: detail === 1 ? reader.next() : 0 };
  });
}

export function plainFilterColumn(filter: Buffer): { bitsLog2: number; bits: Buffer } {
  return { bitsLog2: head(filter, 4, [1, 2]).detail, bits: filter.subarray(8) };
}
