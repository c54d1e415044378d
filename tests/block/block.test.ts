import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileNeedle } from '../../src/kernels/needle.ts';
import {
  type BlockColumns,
  blockEntriesMax,
  blockFlags,
  blockRawBytesMax,
  blockSpanNsMax,
  type EncodedBlock,
} from '../../src/sqlite/format/block.ts';
import { availableCodecs } from '../../src/sqlite/format/codec.ts';
import { decodeCounts } from '../../src/sqlite/format/counts.ts';
import { BlockDecoder } from '../../src/sqlite/format/decode.ts';
import { BlockEncoder, encodeBlock } from '../../src/sqlite/format/encode.ts';
import { blockMayContain } from '../../src/sqlite/format/filter.ts';
import { frameContentBytes } from '../../src/sqlite/format/zstd-frame.ts';
import { statisticsMinute } from '../../src/store/store.ts';
import { columnsOf, type TestEntry } from './entries.ts';

const decoder = new BlockDecoder();

/** Decodes everything a block holds. */
function decodeAll(block: EncodedBlock, from: BlockDecoder = decoder): TestEntry[] {
  const times = from.decodeTimes(block.ts);
  const lines = from.decodeLines(block.lines);
  const meta = from.decodeMeta(block.meta, block.n);
  return Array.from({ length: times.count }, (_, i) => ({
    timeNs: times.baseNs + BigInt(times.offsetsNs[i] ?? Number.NaN),
    line: Buffer.from(lines.subarray(times.lineStarts[i], times.lineEnds[i])),
    level: times.level[i] ?? -1,
    metadata: Buffer.from(meta.metadataBytes.subarray(meta.metadataStarts[i], meta.metadataEnds[i])),
  }));
}

/** Rows as the contract of UnitStatistics describes them, computed the slow way. */
function countsOf(entries: readonly TestEntry[]): string[] {
  const rows = new Map<string, [number, number, number]>();
  for (const entry of entries) {
    const key = `${statisticsMinute(entry.timeNs)} ${entry.level}`;
    const row = rows.get(key) ?? [0, 0, 0];
    rows.set(key, [row[0] + 1, row[1] + entry.line.length, row[2] + entry.metadata.length]);
  }
  return [...rows].map(([key, row]) => `${key}: ${row.join(' ')}`).sort();
}

function decodedCounts(block: EncodedBlock): string[] | undefined {
  const s = decodeCounts(block.counts);
  if (s === undefined) return undefined;
  const rows = Array.from(
    s.minute,
    (minute, i) => `${minute} ${s.level[i]}: ${s.entries[i]} ${s.lineBytes[i]} ${s.metadataBytes[i]}`,
  );
  return rows.sort();
}

/** An entry as one text: far quicker to compare than buffers. */
const text = (entry: TestEntry): string =>
  `${entry.timeNs} ${entry.level} ${entry.line.toString('hex')} ${entry.metadata.toString('hex')}`;

const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const anyLine = fc.oneof(
  anyBytes,
  fc
    .constantFrom('', '\n', 'a\n\nb', '\0', 'level=info msg="ok"', 'é\u{1F600}')
    .map((text) => Buffer.from(text)),
  fc.constant(Buffer.from([0xff, 0xfe, 0xc0, 0x80])),
  fc.nat(5000).map((length) => Buffer.alloc(length, 'x')),
);
const anyMetadata = fc.oneof(
  fc.constantFrom('', '', 'pod=a', 'pod=b').map((text) => Buffer.from(text)),
  anyBytes,
);
const anyStep = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 3_000_000_000n }),
  fc.constantFrom(1_000n, 1_000_000n, 60_000_000_000n, 86_400_000_000_000n),
);
const anyEntries = fc
  .record({
    firstNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    unit: fc.constantFrom(1n, 1_000n, 1_000_000n, 1_000_000_000n),
    rows: fc.array(fc.tuple(anyStep, anyLine, fc.nat(8), anyMetadata), { minLength: 1, maxLength: 80 }),
  })
  .map(({ firstNs, unit, rows }) => {
    let timeNs = firstNs - (firstNs % unit);
    return rows.map(([step, line, level, metadata]): TestEntry => {
      timeNs += step - (step % unit);
      return { timeNs, line, level, metadata };
    });
  });

describe('a block', () => {
  it.each(['contiguous', 'scattered'] as const)('gives back any %s entries', (layout) => {
    fc.assert(
      fc.property(anyEntries, fc.bigInt({ min: -1000n, max: 1000n }), (entries, baseDistance) => {
        const block = encodeBlock(columnsOf(entries, layout, baseDistance));
        expect(decodeAll(block).map(text)).toEqual(entries.map(text));
        expect(block.n).toBe(entries.length);
        expect(block.raw).toBe(entries.reduce((sum, e) => sum + e.line.length, 0));
        expect(block.metadataRaw).toBe(entries.reduce((sum, e) => sum + e.metadata.length, 0));
        expect(block.t0Ns).toBe(entries[0]?.timeNs);
        expect(block.t1Ns).toBe(entries.at(-1)?.timeNs);
        expect((block.flags & blockFlags.metadata) !== 0).toBe(entries.some((e) => e.metadata.length > 0));
        expect((block.flags & blockFlags.innerNewline) !== 0).toBe(entries.some((e) => e.line.includes(10)));
        expect((block.flags & blockFlags.counts) !== 0).toBe(block.counts.length > 0);
      }),
      { numRuns: 400 },
    );
  });

  it('counts entries and bytes per minute and level', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const counts = decodedCounts(encodeBlock(columnsOf(entries, 'contiguous')));
        if (counts === undefined) expect(countsOf(entries).length).toBeGreaterThan(64);
        else expect(counts).toEqual(countsOf(entries));
      }),
      { numRuns: 400 },
    );
  });

  it('leaves out counts that would be as long as the entries', () => {
    const minute = 60_000_000_000n;
    const spread = entriesOf(1000, (i) => ({ timeNs: BigInt(i) * minute }));
    expect(encodeBlock(columnsOf(spread, 'contiguous')).counts.length).toBe(0);
    const dense = entriesOf(1000, (i) => ({ timeNs: BigInt(i) * (minute / 10n) }));
    expect(decodedCounts(encodeBlock(columnsOf(dense, 'contiguous')))).toEqual(countsOf(dense));
  });

  it('finds the lines with a literal, and its filter never denies them', () => {
    fc.assert(
      fc.property(anyEntries, fc.nat(), fc.nat(), fc.boolean(), (entries, pick, at, ignoreCase) => {
        const line = entries[pick % entries.length]?.line ?? Buffer.alloc(0);
        const from = line.length === 0 ? 0 : at % line.length;
        const literal = Buffer.from(line.subarray(from, from + 1 + (pick % 12)));
        const needle = compileNeedle(literal, ignoreCase);
        const block = encodeBlock(columnsOf(entries, 'contiguous'));
        expect(blockMayContain(block.filter, [needle])).toBe(true);
        decodeAll(block);
        const lower = (bytes: Buffer) => bytes.toString('latin1').replace(/[A-Z]/g, (c) => c.toLowerCase());
        const fold = ignoreCase ? lower : (bytes: Buffer) => bytes.toString('latin1');
        const expected = entries.flatMap((e, i) => (fold(e.line).includes(fold(literal)) ? [i] : []));
        expect([...decoder.searchBlock(needle)]).toEqual(expected);
        expect(decoder.linesContain(needle)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, TestEntry[]]>([
    ['one empty line', entriesOf(1, () => ({ line: Buffer.alloc(0) }))],
    ['only empty lines', entriesOf(2000, () => ({ line: Buffer.alloc(0) }))],
    [
      'a line of 1 MB among short ones',
      entriesOf(9, (i) => ({ line: Buffer.alloc(i === 4 ? 1 << 20 : 3, 'ab') })),
    ],
    ['one line as long as may be', entriesOf(1, () => ({ line: Buffer.alloc(blockRawBytesMax, 'abc') }))],
    ['incompressible lines', entriesOf(50, (i) => ({ line: noise(1000, i) }))],
    ['incompressible metadata', entriesOf(50, (i) => ({ metadata: noise(100, i) }))],
    ['the same metadata everywhere', entriesOf(3000, () => ({ metadata: Buffer.from('pod=a') }))],
    [
      'metadata that becomes unique late',
      entriesOf(900, (i) => ({ metadata: Buffer.from(`id=${i < 300 ? 1 : i}`) })),
    ],
    [
      'as many entries as may be',
      entriesOf(blockEntriesMax, (i) => ({ timeNs: BigInt(i), line: Buffer.alloc(i % 3) })),
    ],
    ['equal times', entriesOf(500, (i) => ({ timeNs: 5n, line: Buffer.from(`${i}`) }))],
    ['the longest span', entriesOf(2, (i) => ({ timeNs: BigInt(i) * BigInt(blockSpanNsMax) - 7n }))],
    ['the ends of int64', [...entriesOf(1, () => ({ timeNs: 2n ** 63n - 1n }))]],
    ['the start of int64', [...entriesOf(1, () => ({ timeNs: -(2n ** 63n) }))]],
  ])('holds %s', (_, entries) => {
    for (const layout of ['contiguous', 'scattered'] as const) {
      const decoded = decodeAll(encodeBlock(columnsOf(entries, layout)));
      expect(decoded.length).toBe(entries.length);
      decoded.forEach((entry, i) => {
        const original = entries[i];
        const same =
          entry.timeNs === original?.timeNs &&
          entry.level === original.level &&
          entry.line.equals(original.line) &&
          entry.metadata.equals(original.metadata);
        if (!same) expect(entry).toEqual(original);
      });
    }
  });

  it.each<[string, (columns: BlockColumns) => BlockColumns, RegExp]>([
    ['no entries', (c) => ({ ...c, count: 0 }), /0 entries/],
    ['falling times', (c) => ({ ...c, offsetsNs: c.offsetsNs.toReversed() }), /ascend/],
    ['a line outside', (c) => ({ ...c, bytes: c.bytes.subarray(0, 5) }), /ends at/],
    [
      'too long a span',
      (c) => ({ ...c, offsetsNs: Float64Array.of(0, 1, blockSpanNsMax + 1) }),
      /nanoseconds/,
    ],
  ])('refuses %s', (_, change, message) => {
    const columns = columnsOf(
      entriesOf(3, (i) => ({ timeNs: BigInt(i) })),
      'contiguous',
    );
    expect(() => encodeBlock(change(columns))).toThrow(RangeError);
    expect(() => encodeBlock(change(columns))).toThrow(message);
  });

  it.each(availableCodecs().map((codec) => [codec.name, codec] as const))(
    'frames of %s tell how much they hold',
    (_, codec) => {
      for (const bytes of [8, 255, 256, 65_535, 65_792, 1_000_000]) {
        const frame = codec.compress(new Uint8Array(bytes), 1);
        if (codec.name === 'fzstd') expect(frame).toBeUndefined();
        else if (frame !== undefined) expect(frameContentBytes(frame)).toBe(bytes);
      }
    },
  );

  it.each(availableCodecs().map((codec) => [codec.name, codec] as const))('is read by %s', (_, codec) => {
    const entries = entriesOf(2000, (i) => ({
      line: Buffer.from(`level=info id=${i}`),
      metadata: Buffer.from(`pod=${i % 3}`),
    }));
    const block = encodeBlock(columnsOf(entries, 'contiguous'));
    expect(block.lines.length).toBeLessThan(block.raw / 2);
    expect(decodeAll(block, new BlockDecoder(codec))).toEqual(entries);
    expect(decodeAll(new BlockEncoder(codec).encode(columnsOf(entries, 'contiguous')))).toEqual(entries);
  });
});

function entriesOf(count: number, entry: (i: number) => Partial<TestEntry>): TestEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    timeNs: 1_700_000_000_000_000_000n,
    line: Buffer.from(`line ${i}`),
    level: i % 3,
    metadata: Buffer.alloc(0),
    ...entry(i),
  }));
}

function noise(bytes: number, seed: number): Buffer {
  let state = seed + 1;
  return Buffer.from(
    Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}
