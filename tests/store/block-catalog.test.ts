// Readers keep the heads of all blocks and follow what changes. Whatever happens to the blocks, one that has followed, one
// that loads them now, one that gets them from another and one that asks SQLite for each query see the same entries.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { openReader, type SqliteStoreReader } from '../../src/sqlite/read/reader.ts';
import type { ScanRequest } from '../../src/store/store.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { readAll, scanRequest } from './read.ts';

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder, { deleteDelayMs: 3_600_000, compactionShare: 0 });
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

type Step =
  | { readonly kind: 'append'; readonly stream: number; readonly fromNs: number; readonly count: number }
  | { readonly kind: 'flush' | 'compact' | 'tidy' }
  | { readonly kind: 'delete'; readonly stream: number; readonly fromNs: number };

const stream = fc.integer({ min: 0, max: 3 });
const fromNs = fc.integer({ min: 0, max: 2000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream,
      fromNs,
      count: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'flush' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'compact' } as const, { kind: 'tidy' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), stream, fromNs }) },
);
const wish: fc.Arbitrary<Partial<ScanRequest>> = fc.record({
  startNs: fromNs.map(BigInt),
  endNs: fromNs.map((ns) => BigInt(ns) + 300n),
  direction: fc.constantFrom('forward' as const, 'backward' as const, 'any' as const),
});

let lines = 0;
async function take(wanted: Step, tenant: string): Promise<void> {
  switch (wanted.kind) {
    case 'append': {
      const id = store.writer.stream(tenant, labels({ s: `${wanted.stream}` }));
      const entries = Array.from({ length: wanted.count }, (_, i) => ({
        stream: id,
        ns: BigInt(wanted.fromNs + 3 * i),
        line: `line ${lines++}`,
      }));
      await store.writer.append(entryColumns(entries));
      return;
    }
    case 'flush':
      return store.host.flush();
    case 'compact':
      return store.host.compact();
    case 'tidy':
      return store.host.tidy();
    case 'delete':
      await store.host.deletes.create({
        tenant,
        query: parseLogQuery(`{s="${wanted.stream}"}`),
        startNs: BigInt(wanted.fromNs),
        endNs: BigInt(wanted.fromNs + 100),
      });
  }
}

const shown = (reader: SqliteStoreReader, request: Partial<ScanRequest>): string[] =>
  readAll(reader, store.host.snapshot(), request)
    .map(({ ns, line }) => `${ns} ${line}`)
    .sort();

it('is the same for all readers, whatever happens to the blocks', async () => {
  const settings = store.host.readerSettings();
  const following = openReader(settings);
  const sharing = openReader(settings);
  let tenant = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), wish, async (steps, changes) => {
      const request = { ...changes, tenant: `t${tenant++}` };
      for (const one of steps) {
        await take(one, request.tenant);
        shown(following, request);
      }
      const loading = openReader({ path: settings.path, retentionNs: 0n });
      const asking = openReader({ path: settings.path, retentionNs: 0n, headBytesMax: 0 });
      try {
        const expected = shown(asking, request);
        for (const reader of [following, loading, sharing]) expect(shown(reader, request)).toEqual(expected);
      } finally {
        for (const reader of [loading, asking]) reader.close();
      }
    }),
    { numRuns: 20 },
  );
  following.close();
  sharing.close();
});

it.each(['forward', 'backward'] as const)('gives thousands of units in order, %s', async (direction) => {
  const ids = Array.from({ length: 300 }, (_, i) => store.writer.stream('fake', labels({ s: `${i}` })));
  for (let flush = 0; flush < 5; flush++) {
    const entries = ids.map((id, i) => ({
      stream: id,
      ns: BigInt(flush) * 10n ** 15n + BigInt((i * 7919) % 1000) * 10n ** (i % 2 === 0 ? 3n : 9n),
      line: `${flush} ${i}`,
    }));
    await store.writer.append(entryColumns(entries));
    await store.host.flush();
  }
  const request = scanRequest({ direction, endNs: 2n ** 62n });
  const { units } = store.reader.plan(store.host.snapshot(), request);
  const times = [...units].map(({ firstNs, lastNs }) => (direction === 'forward' ? firstNs : -lastNs));
  expect(times.length).toBeGreaterThan(1000);
  for (const [i, ns] of times.entries()) expect(i === 0 || ns >= (times[i - 1] as bigint)).toBe(true);
  expect(units.at(units.length)).toBeUndefined();
  const [middle] = [units.at(700)];
  expect(middle).toEqual([...units][700]);
});

it('loads all heads anew when what went has been forgotten', async () => {
  const id = store.writer.stream('fake', labels({ s: '0' }));
  const seen = () => shown(store.reader, {});
  for (let i = 0; i < 3; i++) {
    // The flush takes the block before in again, and tidying deletes it.
    await store.writer.append(entryColumns([{ stream: id, ns: BigInt(i), line: 'line' }]));
    await store.host.flush();
    if (i === 0) expect(seen()).toHaveLength(1);
  }
  await store.host.tidy();
  const database = new Database(store.host.readerSettings().path);
  expect(database.prepare('DELETE FROM block_gone').run().changes).toBe(2);
  database.close();
  expect(seen()).toEqual(['0 line', '1 line', '2 line']);
});
