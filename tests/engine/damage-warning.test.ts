// An answer that lacks entries of damaged blocks says so, in whatever way it was come by.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { testContext } from './recorded-engine.ts';

const second = 1_000_000_000n;
const startNs = 1_768_471_200n * second;
/** Far apart, so that no flush merges the blocks. */
const halfDayNs = 12n * 3600n * second;
const blockAt = [0, 6, 12];

let folder: string;
let store: OpenStore;
let engine: QueryEngine;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder);
  for (const halfDay of blockAt) {
    for (const app of ['a', 'b']) {
      const stream = store.writer.stream('fake', labels({ app }));
      const ns = startNs + BigInt(halfDay) * halfDayNs;
      await store.writer.append(
        entryColumns([0n, 1n, 2n].map((i) => ({ stream, ns: ns + i, line: `line ${i} `.repeat(500) }))),
      );
    }
    await store.host.flush();
  }
  engine = new QueryEngine({
    workers: inProcessWorkers(store.reader, store.host),
    runningMax: 1,
    changes: store.host.changes,
  });
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

/** Inverts a byte of the lines of the middle block of app a, as a bad disk would. */
function damage(): void {
  const database = new Database(join(folder, 'skald.db'));
  const id = database
    .prepare(
      `SELECT block.id FROM block WHERE stream = (SELECT min(stream) FROM block) ORDER BY t0 LIMIT 1 OFFSET 1`,
    )
    .pluck()
    .get() as number;
  const bytes = database.prepare('SELECT lines FROM block_data WHERE id = ?').pluck().get(id) as Buffer;
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 0xff;
  database.prepare('UPDATE block_data SET lines = ? WHERE id = ?').run(bytes, id);
  database.close();
}

const halfDays = (from: number, to: number) => ({
  startNs: startNs + BigInt(from) * halfDayNs,
  endNs: startNs + BigInt(to) * halfDayNs,
});
const told = [expect.stringMatching(/^some blocks of this range are damaged and were left out/)];

const volumeOf = (app: string, range: { readonly startNs: bigint; readonly endNs: bigint }) =>
  engine.volume(
    {
      selector: parseLogQuery(`{app=~"${app}"}`),
      ...range,
      stepNs: 0n,
      by: ['app'],
      aggregateBy: 'series',
      limit: 10,
    },
    testContext(),
  );

async function warningsOf(app: string, [from, to]: readonly [number, number]): Promise<readonly unknown[]> {
  const range = halfDays(from, to);
  const { warnings } = await engine.logs(
    {
      query: parseLogQuery(`{app=~"${app}"}`),
      ...range,
      limit: 100,
      direction: 'forward',
      intervalNs: 0n,
      categorizeLabels: false,
    },
    testContext(),
  );
  const metric = await engine.metrics(
    {
      query: parseMetricExpr(`count_over_time({app=~"${app}"} |= "line" [12h])`),
      ...range,
      stepNs: halfDayNs,
    },
    testContext(),
  );
  expect(metric.warnings).toEqual(warnings);
  // Statistics tell volumes without a look at the lines: damage shows once it is marked.
  if ((await store.host.stats()).damagedBlocks > 0)
    expect((await volumeOf(app, range)).warnings).toEqual(warnings);
  return warnings;
}

it.each<[name: string, app: string, range: readonly [number, number], expected: readonly unknown[]]>([
  ['a range over it', 'a', [-1, 14], told],
  ['all streams', 'a|b', [-1, 14], told],
  ['another stream', 'b', [-1, 14], []],
  ['times before it', 'a', [-1, 3], []],
  ['times behind it', 'a', [8, 14], []],
])('%s', async (_, app, range, expected) => {
  damage();
  // Met while scanning; then by what the builder has marked; then where kept steps might serve.
  expect(await warningsOf(app, range)).toEqual(expected);
  await warningsOf('a', [-1, 14]);
  await vi.waitFor(async () => expect((await store.host.stats()).damagedBlocks).toBe(1), { timeout: 60_000 });
  expect(await warningsOf(app, range)).toEqual(expected);
  expect(await warningsOf(app, range)).toEqual(expected);
});

it('a whole store: nothing', async () => {
  expect(await warningsOf('a|b', [-1, 14])).toEqual([]);
});
