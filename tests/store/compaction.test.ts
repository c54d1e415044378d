// Compaction: fewer and smaller blocks, the same entries in the same order, and no reader that sees half of it.
import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryColumns, labels, type TestEntry } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { countedEntries, linesOf, type ReadEntry, readAll, scanRequest } from './read.ts';
import { whileTime } from './while-time.ts';

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

const stream = (app = 'a'): number => store.writer.stream('fake', labels({ app }));
/** Stream by stream, each in its order. */
const read = () => {
  const appOf = ({ labels: own }: ReadEntry): string => own.app ?? '';
  return readAll(store.reader, store.host.snapshot()).sort((a, b) => appOf(a).localeCompare(appOf(b)));
};

/** Each group is cut into blocks of its own. */
async function flushEach(...groups: readonly (readonly TestEntry[])[]): Promise<void> {
  for (const group of groups) {
    await store.writer.append(entryColumns(group));
    await store.host.flush();
  }
}

/** Lines too different in size for a flush to take the last block in again. */
const line = (n: number, bytes: number): string => `${n} ${'x'.repeat(bytes)}`;

describe('compaction', () => {
  it('merges the small blocks of each stream and keeps every entry in order', async () => {
    const ids = [stream('a'), stream('b')];
    for (let group = 0; group < 6; group++)
      await flushEach(
        ids.map((id) => ({ stream: id, ns: BigInt(group), line: line(group, 40_000 / 5 ** group) })),
      );
    const before = read();
    const { blocks } = await store.host.stats();
    expect(blocks).toBeGreaterThan(2);
    await store.host.compact();
    const stats = await store.host.stats();
    expect(stats.blocks).toBe(2);
    expect(stats.compaction.blocksIn).toBe(blocks);
    expect(stats.compaction.savedBytes).toBeGreaterThan(0);
    expect(read()).toEqual(before);
    // What is done is not done again.
    await store.host.compact();
    expect((await store.host.stats()).compaction.blocksIn).toBe(blocks);
  });

  it('goes on under pushes that never pause', async () => {
    await store.close();
    const quick = {
      compactionShare: 1,
      compactionCheckMs: 20,
      compactionAgeMs: 0,
      flushBytes: 4 * 1024 * 1024,
    };
    store = await openStore(folder, quick);
    const id = stream();
    const noise = stream('noise');
    const pushing = async (): Promise<void> => {
      // Each is enough for the writer to tell that its log has grown.
      const bytes = randomFillSync(Buffer.alloc(5 * 1024 * 1024));
      await store.writer.append(entryColumns([{ stream: noise, ns: BigInt(Date.now()), line: bytes }]));
    };
    for (let n = 1; n < 7; n++) {
      await pushing();
      await flushEach([{ stream: id, ns: BigInt(n), line: line(n, 40_000 / 5 ** n) }]);
    }
    const compacted = async (): Promise<number> => (await store.host.stats()).compaction.blocksIn;
    for (let n = 0; n < 60 && (await compacted()) === 0; n++) await pushing();
    expect(await compacted()).toBeGreaterThan(0);
  });

  it('sorts overlapping blocks into each other, drops duplicates, and then knows their counts', async () => {
    const id = stream();
    const entry = (ns: number, text: string): TestEntry => ({
      stream: id,
      ns: BigInt(ns),
      line: `${text} ${'x'.repeat(30_000)}`,
    });
    await flushEach(
      [entry(1, 'a'), entry(5, 'b'), entry(5, 'c'), entry(9, 'd'), entry(9, 'e')],
      [entry(5, 'b'), entry(5, 'f')],
      [entry(9, 'd'), entry(3, 'g')],
    );
    const first = (lines: readonly string[]): string => lines.map((text) => text[0]).join('');
    expect(first(linesOf(read()))).toBe('agbcfde');
    await store.host.compact();
    expect(first(linesOf(read()))).toBe('agbcfde');
    const plan = store.reader.plan(
      store.host.snapshot(),
      scanRequest({ needLines: false, needMetadata: false }),
    );
    const counted = [...plan.units].map(({ statistics }) => statistics && countedEntries(statistics));
    expect(counted).toEqual([7]);
  });

  it('leaves blocks alone that have a day between them, or are full', async () => {
    const id = stream();
    const dayNs = 86_400n * 1_000_000_000n;
    await flushEach([{ stream: id, ns: 0n, line: 'a' }], [{ stream: id, ns: 2n * dayNs, line: 'b' }]);
    await store.host.compact();
    expect((await store.host.stats()).blocks).toBe(2);
  });

  it('gives a reader with an old plan the old blocks', async () => {
    const id = stream();
    const entries = [1n, 2n].map((ns) => ({ stream: id, ns, line: `${ns} ${'x'.repeat(50_000)}` }));
    await flushEach(...entries.map((entry) => [entry]));
    const request = scanRequest();
    const snapshot = store.host.snapshot();
    const { units } = store.reader.plan(snapshot, request);
    await store.host.compact();
    const seen: number[] = [];
    for (const unit of units)
      store.reader.scan(snapshot, unit, request, (batch) => seen.push(batch.selectedCount) > 0, {
        bytes: 0,
        lines: 0,
        blocksRead: 0,
        blocksSkipped: 0,
      });
    expect(seen.reduce((sum, n) => sum + n, 0)).toBe(2);
    expect(read()).toHaveLength(2);
  });

  it('changes no answer, whatever was written and in which order', async () => {
    const push = fc.array(fc.tuple(fc.nat(2), fc.nat(30), fc.nat(3)), { minLength: 1, maxLength: 8 });
    let app = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(push, { minLength: 2, maxLength: 6 }),
        whileTime(8000, async (pushes) => {
          app++;
          for (const entries of pushes)
            await flushEach(
              entries.map(([n, time, text]) => ({
                stream: stream(`${app} ${n}`),
                ns: BigInt(time),
                line: `${text} ${'x'.repeat(3000 * text)}`,
              })),
            );
          const before = read();
          await store.host.compact();
          expect(read()).toEqual(before);
        }),
      ),
      { numRuns: 15 },
    );
  });
});
