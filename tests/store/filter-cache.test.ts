// Gram filters in shared memory: an answer is always about the block asked for, and it is the file's.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GramFilter } from '../../src/kernels/gram-filter.ts';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { openReader } from '../../src/sqlite/read/reader.ts';
import { FilterCache, filterCacheMemory } from '../../src/sqlite/threads/filter-cache.ts';
import { entryColumns, labels } from './columns.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { counters, linesOf, readAll } from './read.ts';

/** Each byte of a filter tells the block, so that a mixture shows. */
const byteOf = (block: number): number => ((block >>> 11) + block) & 255;
const filterOf = (block: number, byteCount = 64): GramFilter => ({
  bytes: new Uint8Array(byteCount + 8).fill(byteOf(block)),
  at: 8,
  byteCount,
  bitsLog2: 15,
});
const isOf =
  (block: number) =>
  ({ bytes, at, byteCount }: GramFilter): boolean =>
    bytes.subarray(at, at + byteCount).every((byte) => byte === byteOf(block));
/** Blocks so far apart share a set of four. */
const sameSet = 2048;

describe('FilterCache', () => {
  it.each<[string, readonly number[], readonly number[]]>([
    ['what was kept', [1, 2, 3], [1, 2, 3]],
    ['four blocks of one set', [1, 2, 3, 4].map((n) => n * sameSet), [1, 2, 3, 4].map((n) => n * sameSet)],
    [
      'the newest four of a set',
      [1, 2, 3, 4, 5].map((n) => n * sameSet),
      [2, 3, 4, 5].map((n) => n * sameSet),
    ],
    [
      'not what is older than all of them',
      [6, 5, 4, 3, 2].map((n) => n * sameSet),
      [6, 5, 4, 3].map((n) => n * sameSet),
    ],
    ['a block kept twice once', [7, 7, 7 + sameSet], [7, 7 + sameSet]],
    ['no id above a word', [2 ** 31], []],
  ])('holds %s', (_, kept, held) => {
    const cache = new FilterCache(filterCacheMemory());
    for (const block of kept) {
      expect(cache.wants(block)).toBe(
        cache.ask(block, () => true) === undefined && !missing(kept, held, block),
      );
      cache.keep(block, filterOf(block));
    }
    const known = [...new Set(kept)].filter((block) => cache.ask(block, isOf(block)) !== undefined);
    expect(known.toSorted((a, b) => a - b)).toEqual(held.toSorted((a, b) => a - b));
    expect(held.every((block) => cache.ask(block, isOf(block)))).toBe(true);
  });

  it('leaves out a filter larger than a slot', () => {
    const cache = new FilterCache(filterCacheMemory());
    cache.keep(1, filterOf(1, 8192));
    expect(cache.ask(1, () => true)).toBeUndefined();
  });

  it('answers from what another thread over the same memory keeps', () => {
    const memory = filterCacheMemory();
    new FilterCache(memory).keep(9, filterOf(9, 0));
    expect(new FilterCache(memory).ask(9, ({ byteCount }) => byteCount === 0)).toBe(true);
  });

  it('never answers from the filter of another block', () => {
    const block = fc.integer({ min: 1, max: 12 }).map((n) => (n % 3) + n * sameSet);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), block), { maxLength: 60 }), (steps) => {
        const cache = new FilterCache(filterCacheMemory());
        for (const [keeps, id] of steps)
          if (keeps) cache.keep(id, filterOf(id));
          else expect(cache.ask(id, isOf(id))).not.toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('gives no answer about a slot that another thread writes meanwhile', async () => {
    const memory = filterCacheMemory();
    const blocks = [1, 2, 3, 4].map((n) => 5 + n * sameSet);
    const rounds = 20_000;
    const workerData = { memory, blocks, rounds, byteCount: 4096 };
    const worker = new Worker(new URL('./filter-cache-child.mjs', import.meta.url), { workerData });
    let done = false;
    const ended = new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => {
        done = true;
        resolve();
      });
    });
    const cache = new FilterCache(memory);
    const ids = new Int32Array(memory, 0, 8192 * 4);
    let wrong = 0;
    while (!done) {
      for (let i = 0; i < 2000; i++) {
        // What the set's first slot holds just now is about to be replaced.
        const id = ids[(5 * 4 + (i & 3)) * 4 + 1] as number;
        if (cache.ask(id, isOf(id)) === false) wrong++;
      }
      await new Promise(setImmediate);
    }
    await ended;
    await worker.terminate();
    expect(wrong).toBe(0);
    const last = blocks.map((block) => block + (rounds - 1) * 8192);
    expect(last.map((id) => cache.ask(id, isOf(id)))).toEqual([true, true, true, true]);
  });
});

const missing = (kept: readonly number[], held: readonly number[], block: number): boolean =>
  !held.includes(block) && kept.indexOf(block) === kept.length - 1;

describe('needles over blocks', () => {
  const filter = (text: string): LineFilterStage => ({
    kind: 'lineFilter',
    op: '|=',
    alternatives: [{ text, ip: false }],
  });

  it('are found, and blocks without them skipped, as before by a reader that shares the filters', async () => {
    const folder = temporaryFolder();
    const store = await openStore(folder);
    const dayNs = 86_400_000_000_000n;
    const stream = store.writer.stream('fake', labels({ app: 'a' }));
    // Far apart in time, so that no flush merges them; larger than what is worth a filter.
    for (let block = 0; block < 20; block++) {
      const words = Array.from({ length: 2500 }, (_, i) => Math.imul(i + 2500 * block, 2654435761) >>> 0);
      const line = `only-${'abcdefghijklmnopqrst'[block]}-here ${words.join(' ')}`;
      await store.writer.append(entryColumns([{ stream, ns: BigInt(block) * 3n * dayNs, line }]));
      await store.host.flush();
    }
    const snapshot = store.host.snapshot();
    const ask = (reader: typeof store.reader, text: string) => {
      const counted = counters();
      const lines = linesOf(readAll(reader, snapshot, { lineFilters: [filter(text)] }, counted));
      return [lines.map((line) => line.split(' ')[0]), counted.blocksSkipped];
    };
    expect(ask(store.reader, 'only-n-here')).toEqual([['only-n-here'], 19]);
    // No reader of this process goes to the file for them again.
    const database = new Database(join(folder, 'skald.db'));
    database.exec('DELETE FROM block_filter');
    database.close();
    const other = openReader(store.host.readerSettings());
    for (const reader of [store.reader, other]) {
      expect(ask(reader, 'only-h-here')).toEqual([['only-h-here'], 19]);
      expect(ask(reader, 'absent')).toEqual([[], 20]);
    }
    other.close();
    await store.close();
    removeFolder(folder);
  });
});
