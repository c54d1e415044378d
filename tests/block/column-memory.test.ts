// Memory that columns share until they are written.
import { describe, expect, it } from 'vitest';
import { ColumnMemory } from '../../src/sqlite/format/column-memory.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { columnsOf } from './entries.ts';
import { goldenBlocks } from './golden-entries.ts';

describe('memory of columns', () => {
  it('gives what does not overlap, and memory of its own when it is full', () => {
    const memory = new ColumnMemory(100);
    const taken = [60, 40, 1, 200].map((bytes, value) => memory.take(bytes).fill(value));
    expect(taken.map((bytes) => bytes.length)).toEqual([60, 40, 1, 200]);
    for (const [value, bytes] of taken.entries()) expect(bytes.every((byte) => byte === value)).toBe(true);
  });

  it('is used again after it was cleared', () => {
    const memory = new ColumnMemory(100);
    const first = memory.take(80);
    memory.clear();
    expect(memory.take(80).byteOffset).toBe(first.byteOffset);
    expect(memory.take(20).buffer).toBe(first.buffer);
    expect(memory.take(1).buffer).not.toBe(first.buffer);
  });

  it('changes nothing in the blocks', () => {
    const memory = new ColumnMemory(1000);
    for (const { entries } of goldenBlocks) {
      const columns = columnsOf(entries, 'contiguous');
      expect(encodeBlock(columns, { memory })).toEqual(encodeBlock(columns));
    }
  });
});
