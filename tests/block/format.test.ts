// What is stored is what docs/format.md says: a decoder written from that page reads our blocks and the golden ones.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { encodeFilter, openFilter } from '../../src/sqlite/format/filter.ts';
import { statisticsMinute } from '../../src/store/store.ts';
import { columnsOf, type TestEntry } from './entries.ts';
import { goldenBlocks } from './golden-entries.ts';
import { type PlainRow, plainCounts, plainEntries, plainFilter, plainFilterColumn } from './plain-decoder.ts';

const columnNames = ['ts', 'meta', 'lines', 'filter', 'counts'] as const;
type Stored = Record<(typeof columnNames)[number], Buffer> & { n: number; raw: number; flags: number };

const text = (e: TestEntry): string =>
  `${e.timeNs} ${e.level} ${e.line.toString('hex')} ${e.metadata.toString('hex')}`;

function rowsOf(entries: readonly TestEntry[]): PlainRow[] {
  const rows = new Map<string, PlainRow>();
  for (const { timeNs, level, line, metadata } of entries) {
    const minute = statisticsMinute(timeNs);
    const row = rows.get(`${minute} ${level}`) ?? {
      minute,
      level,
      entries: 0,
      lineBytes: 0,
      metadataBytes: 0,
    };
    row.entries++;
    row.lineBytes += line.length;
    row.metadataBytes += metadata.length;
    rows.set(`${minute} ${level}`, row);
  }
  return [...rows.values()];
}

/** Reads a block by the plain decoder and holds it against the entries. */
function expectBlock(block: Stored, entries: readonly TestEntry[]): void {
  expect(plainEntries(block.ts, block.lines, block.meta).map(text)).toEqual(entries.map(text));
  const unpacked = Buffer.concat(entries.flatMap((e) => [e.line, Buffer.from('\n')]));
  expect(plainFilterColumn(block.filter)).toEqual(plainFilter(unpacked, block.filter[0] ?? 0));
  if (block.flags & 4) expect(plainCounts(block.counts)).toEqual(rowsOf(entries));
  else expect(block.counts.length).toBe(0);
  expect(block.n).toBe(entries.length);
  expect(block.raw).toBe(unpacked.length - entries.length);
  expect(block.flags & 1).toBe(entries.some((e) => e.metadata.length > 0) ? 1 : 0);
  expect(block.flags & 2).toBe(entries.some((e) => e.line.includes(10)) ? 2 : 0);
}

function golden(name: string): Stored {
  const stored = JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8'));
  return { ...stored, ...Object.fromEntries(columnNames.map((c) => [c, Buffer.from(stored[c], 'base64')])) };
}

describe.each(goldenBlocks)('$name', ({ name, entries, lineColumns = false }) => {
  it('as stored is read from the page alone', () => expectBlock(golden(name), entries));

  it('as written today is read from the page alone', () => {
    for (const layout of ['contiguous', 'scattered'] as const) {
      const block = encodeBlock(columnsOf(entries, layout), { lineColumns });
      expect(block.lines[0]).toBe(lineColumns ? 2 : 1);
      expectBlock(block, entries);
    }
  });

  it('as stored is read by the product', () => {
    const block = golden(name);
    const decoder = new BlockDecoder();
    const times = decoder.decodeTimes(block.ts);
    const lines = decoder.decodeLines(block.lines);
    const meta = decoder.decodeMeta(block.meta, block.n);
    const decoded = entries.map((_, i) => ({
      timeNs: times.baseNs + BigInt(times.offsetsNs[i] ?? Number.NaN),
      line: lines.subarray(times.lineStarts[i], times.lineEnds[i]),
      level: times.level[i] ?? -1,
      metadata: Buffer.from(meta.metadataBytes.subarray(meta.metadataStarts[i], meta.metadataEnds[i])),
    }));
    expect(decoded.map(text)).toEqual(entries.map(text));
  });
});

it.each([
  [16, 16],
  [1024, 1024],
  [2048, 2016],
  [4096, 4032],
  [65_536, 64_512],
])('a filter of %i bytes takes %i and denies nothing that it had', (bytes, stored) => {
  for (const bit of [0, 7, bytes * 4, bytes * 8 - 1]) {
    const bits = new Uint8Array(bytes);
    bits[bit >> 3] = 1 << (bit & 7);
    const column = encodeFilter(bits, 19);
    expect(column.length - 8).toBe(stored);
    const { bytes: whole, at, byteCount } = openFilter(column);
    expect(byteCount).toBe(bytes);
    expect((whole[at + (bit >> 3)] ?? 0) & (1 << (bit & 7))).not.toBe(0);
  }
});

it('a filter over more than 256 KB takes more hash bits', () => {
  const entries = Array.from({ length: 3000 }, (_, i) => ({
    timeNs: BigInt(i),
    line: Buffer.from(`Line ${i} of ${Math.imul(i + 1, 2654435761) >>> 0} ${'ab'.repeat(i % 200)}`),
    level: 0,
    metadata: Buffer.alloc(0),
  }));
  const block = encodeBlock(columnsOf(entries, 'contiguous'));
  expect(block.raw).toBeGreaterThan(300_000);
  expectBlock(block, entries);
});
