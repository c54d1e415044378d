// Entries of collectors as columns: what goes in comes out, whatever the memory was used for before.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EntryBatch } from '../../src/ingest/sink/entry-batch.ts';
import { collectedEntries } from '../../src/ingest/sink/packed-entries.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const labels = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'detected_level', 'x_y'), text))
  .map(labelsFromPairs);
const level = fc.constantFrom('info', 'fatal', 'banana').map((word) => [['detected_level', word]] as const);
const entry = fc.record({
  labels,
  timestampNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  line: text,
  structuredMetadata: fc.oneof(labels, level),
});

it('gives back what was added, batch after batch in the same memory', () => {
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 200 }), { maxLength: 4 }), (batches) => {
      const batch = new EntryBatch();
      for (const entries of batches) {
        for (const one of entries) batch.add(one);
        const lineBytes = entries.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
        expect([batch.count, batch.lineBytes]).toEqual([entries.length, lineBytes]);
        expect(collectedEntries(batch.packed())).toEqual(entries);
        batch.clear();
      }
    }),
    { interruptAfterTimeLimit: 3_000 },
  );
});

it('grows for lines larger than all its memory, and for more names than are remembered', () => {
  const batch = new EntryBatch();
  const large = 'ü'.repeat(3_000_000);
  const entries = Array.from({ length: 1_200 }, (_, i) => ({
    labels: labelsFromPairs([['i', String(i % 7)]]),
    timestampNs: BigInt(i),
    line: i === 600 ? large : `line ${i}`,
    structuredMetadata: labelsFromPairs([[`name_${i}`, `value ${i}`]]),
  }));
  for (const one of entries) batch.add(one);
  const packed = batch.packed();
  expect(packed.streams).toHaveLength(7);
  expect(collectedEntries(packed)).toEqual(entries);
  batch.clear();
  expect(collectedEntries(batch.packed())).toEqual([]);
});

it('holds blocks of bytes that are UTF-8, and refuses others', () => {
  const batch = new EntryBatch();
  const latin1 = (line: string): string => Buffer.from(line).toString('latin1');
  expect(batch.hold('\xff\n')).toBeUndefined();
  const { start, isAscii } = batch.hold(latin1('grün\n')) ?? { start: -1 };
  expect(isAscii).toBe(false);
  batch.addRange([], 1, 2, [], start, start + 5);
  const next = batch.hold(latin1('日本\n'))?.start ?? -1;
  batch.addRange([], 3, 4, [], next, next + 6);
  expect(batch.hold('green\n')?.isAscii).toBe(true);
  expect(collectedEntries(batch.packed()).map(({ line, timestampNs }) => [line, timestampNs])).toEqual([
    ['grün', 1_000_000_002n],
    ['日本', 3_000_000_004n],
  ]);
});
