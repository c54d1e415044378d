import { expect, it } from 'vitest';
import { EntryMerge, entriesKeptMax } from '../../src/sqlite/format/entry-merge.ts';
import { columnsOf } from './entries.ts';

const lines = (count: number): ReturnType<typeof columnsOf> =>
  columnsOf(
    Array.from({ length: count }, (_, at) => ({
      timeNs: BigInt(count - at),
      line: Buffer.from(`${at}`),
      level: 0,
      metadata: Buffer.alloc(0),
    })),
    'contiguous',
  );

it.each([
  ['a small merge is kept', 100, true],
  ['a large one is given back', entriesKeptMax + 1, false],
])('the memory of %s, and the next merge is whole', (_, count, isKept) => {
  const merge = new EntryMerge();
  const source = lines(count);
  merge.merge([source], source.baseNs);
  const memory = merge.offsetsNs;
  merge.giveBack();
  expect([merge.offsetsNs === memory, memory.length > 0]).toEqual([isKept, isKept]);
  merge.merge([source], source.baseNs);
  const times = merge.offsetsNs.subarray(0, merge.count);
  expect(merge.count).toBe(count);
  expect(times).toEqual(times.toSorted());
});
