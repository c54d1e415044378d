// Deletions: hidden at once, gone from the data in the end, and nothing else with them.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { StoreSettings } from '../../src/sqlite/main/settings.ts';
import { DeleteRequestsError } from '../../src/store/delete-requests.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { countEntries, linesOf, readAll, scanRequest } from './read.ts';

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder, { deleteDelayMs: 3_600_000 });
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

async function reopen(changes: Partial<StoreSettings>): Promise<void> {
  await store.close();
  store = await openStore(folder, changes);
}

async function append(): Promise<void> {
  const { writer } = store;
  const a = writer.stream('fake', labels({ app: 'a' }));
  const b = writer.stream('fake', labels({ app: 'b' }));
  const other = writer.stream('other', labels({ app: 'a' }));
  await writer.append(
    entryColumns([
      { stream: a, ns: 1n, line: 'status=200 user=ann' },
      { stream: a, ns: 2n, line: 'status=500 user=ann' },
      { stream: a, ns: 3n, line: 'status=500 user=bob', metadata: { trace: 't1' } },
      { stream: a, ns: 4n, line: 'status=404 user=eve', level: 6 },
      { stream: b, ns: 2n, line: 'status=500 user=ann' },
      { stream: other, ns: 2n, line: 'status=500 user=ann' },
    ]),
  );
}

/** In order of names: units of different streams come in any order. */
const read = (tenant = 'fake') =>
  readAll(store.reader, store.host.snapshot(), { tenant })
    .map(({ labels: own, ns }) => `${own.app}${ns}`)
    .sort();
const all = ['a1', 'a2', 'a3', 'a4', 'b2'];
const create = (query: string, startNs = 0n, endNs = 100n) =>
  store.host.deletes.create({ tenant: 'fake', query: parseLogQuery(query), startNs, endNs });

/** Until the builder has removed what waits. */
const processed = () =>
  vi.waitFor(
    async () => {
      const requests = await store.host.deletes.list('fake');
      expect(requests.map(({ status }) => status)).toEqual(requests.map(() => 'processed'));
    },
    { timeout: 60_000, interval: 50 },
  );

describe.each([
  ['in segments', false],
  ['in blocks', true],
] as const)('a deletion of entries %s', (_, inBlocks) => {
  it.each([
    ['a selector', '{app="a"}', 0n, 100n, ['b2']],
    ['a range', '{app="a"}', 2n, 4n, ['a1', 'a4', 'b2']],
    ['several streams', '{app=~"a|b"}', 2n, 3n, ['a1', 'a3', 'a4']],
    ['a line filter', '{app="a"} |= "user=ann"', 0n, 100n, ['a3', 'a4', 'b2']],
    ['a negative line filter', '{app="a"} != "ann"', 0n, 100n, ['a1', 'a2', 'b2']],
    ['a parser and a label filter', '{app="a"} | logfmt | status>=500', 0n, 100n, ['a1', 'a4', 'b2']],
    ['structured metadata', '{app="a"} | trace="t1"', 0n, 100n, ['a1', 'a2', 'a4', 'b2']],
    ['a level', '{app="a"} | detected_level="error"', 0n, 100n, ['a1', 'a2', 'a3', 'b2']],
    ['nothing', '{app="zzz"}', 0n, 100n, all],
  ] as const)(
    'by %s hides them at once and removes them in the end',
    async (__, query, startNs, endNs, left) => {
      await append();
      if (inBlocks) await store.host.flush();
      expect(read()).toEqual(all);
      const request = await create(query, startNs, endNs);
      expect(request).toMatchObject({ status: 'received', progress: 0, startNs, endNs, tenant: 'fake' });
      expect(read()).toEqual(left);
      expect(read('other')).toEqual(['a2']);
      expect((await store.host.stats()).deletes).toMatchObject({
        pending: 1,
        oldestPendingMs: request.createdMs,
        byTenant: [],
      });
      await reopen({ deleteDelayMs: 0 });
      expect(read()).toEqual(left);
      await processed();
      expect(read()).toEqual(left);
      expect(read('other')).toEqual(['a2']);
      const [after] = await store.host.deletes.list('fake');
      expect(after).toMatchObject({
        requestId: request.requestId,
        progress: 1,
        deletedEntries: all.length - left.length,
      });
      const stats = await store.host.stats();
      expect(stats.blockEntries).toBe(left.length + 1);
      expect(stats.deletes).toMatchObject({ pending: 0, oldestPendingMs: undefined });
      expect(stats.deletes.byTenant).toEqual([
        { tenant: 'fake', processed: 1, deletedEntries: all.length - left.length },
      ]);
    },
  );
});

it('gives no statistics for units with hidden entries', async () => {
  await append();
  await store.host.flush();
  const request = scanRequest({ needLines: false, needMetadata: false });
  const counts = (): Promise<number> => countEntries(store.reader, store.host.snapshot(), request);
  expect(await counts()).toBe(5);
  await create('{app="a"} |= "500"');
  expect(await counts()).toBe(3);
});

it('shows the entries again when it is cancelled, and only then', async () => {
  await append();
  const { requestId } = await create('{app="a"}');
  const { deletes } = store.host;
  expect(await deletes.cancel('other', requestId)).toBe('unknown');
  expect(await deletes.cancel('fake', 'ffffffff')).toBe('unknown');
  expect(read()).toEqual(['b2']);
  expect(await deletes.cancel('fake', requestId)).toBe('cancelled');
  expect(read()).toEqual(all);
  expect(await deletes.list('fake')).toEqual([]);
  const again = await create('{app="a"}');
  await reopen({ deleteDelayMs: 0 });
  await processed();
  expect(await store.host.deletes.cancel('fake', again.requestId)).toBe('too late');
  expect(read()).toEqual(['b2']);
});

it('lets entries through that come after it was processed', async () => {
  await append();
  await create('{app="a"}');
  await reopen({ deleteDelayMs: 0 });
  await processed();
  const id = store.writer.stream('fake', labels({ app: 'a' }));
  await store.writer.append(entryColumns([{ stream: id, ns: 5n, line: 'late' }]));
  expect(read()).toEqual(['a5', 'b2']);
});

it('removes entries while blocks are cut and merged around it', async () => {
  await reopen({ deleteDelayMs: 0, flushBytes: 64 * 1024, segmentBytes: 16 * 1024 });
  const id = store.writer.stream('fake', labels({ app: 'c' }));
  const push = (from: number): Promise<void> =>
    store.writer.append(
      entryColumns(
        Array.from({ length: 40 }, (_, i) => ({
          stream: id,
          ns: BigInt(1000 + from + i),
          line: `${(from + i) % 2 === 0 ? 'even' : 'odd'} ${'x'.repeat(300)}`,
        })),
      ),
    );
  for (let from = 0; from < 2000; from += 40) await push(from);
  await create('{app="c"} |= "even"', 0n, 10_000n);
  for (let from = 2000; from < 4000; from += 40) await push(from);
  await processed();
  // Those pushed before the request are gone; later ones may be.
  const early = readAll(store.reader, store.host.snapshot(), { endNs: 3000n });
  expect(linesOf(early).filter((line) => line.startsWith('even'))).toEqual([]);
  expect(early).toHaveLength(1000);
  const late = readAll(store.reader, store.host.snapshot(), { startNs: 3000n });
  expect(linesOf(late).filter((line) => line.startsWith('odd'))).toHaveLength(1000);
});

it('refuses more than a bounded number of waiting requests of a tenant', async () => {
  for (let i = 0; i < 100; i++) await create(`{app="${i}"}`);
  await expect(create('{app="b"}')).rejects.toThrow(DeleteRequestsError);
  await store.host.deletes.create({
    tenant: 'other',
    query: parseLogQuery('{app="b"}'),
    startNs: 0n,
    endNs: 1n,
  });
});
