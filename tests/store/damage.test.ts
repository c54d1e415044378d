// Damage costs the damaged block and no query; verify finds it; backups and exports hold everything that is whole.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { labelsToRecord } from '../../src/model/labels.ts';
import { backupStore } from '../../src/sqlite/main/backup.ts';
import { exportEntries, storedTenants } from '../../src/sqlite/main/export.ts';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { allTime, linesOf, readAll } from './read.ts';

let folder: string;
let store: OpenStore;
let path: string;
beforeEach(async () => {
  folder = temporaryFolder();
  path = join(folder, 'skald.db');
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

/** Three blocks of one stream with two lines each: far apart in time, so that no flush merges them. */
const dayNs = 86_400n * 1_000_000_000n;
const lineOf = (block: number, i: number): string =>
  `block ${block} line ${i} ${'some words here '.repeat(700)}`;
async function threeBlocks(): Promise<void> {
  const id = store.writer.stream('fake', labels({ app: 'a' }));
  for (let block = 0; block < 3; block++) {
    await store.writer.append(
      entryColumns(
        [0, 1].map((i) => ({
          stream: id,
          ns: BigInt(block) * 3n * dayNs + BigInt(i),
          line: lineOf(block, i),
          metadata: { block: `${block}` },
        })),
      ),
    );
    await store.host.flush();
  }
}

/** Inverts one byte of a column of the middle block, as a bad disk would. */
function damage(column: 'ts' | 'meta' | 'lines' | 'bits' | 'counts'): void {
  const database = new Database(path);
  const id = database.prepare('SELECT id FROM block ORDER BY t0 LIMIT 1 OFFSET 1').pluck().get() as number;
  const table = column === 'bits' ? 'block_filter' : column === 'counts' ? 'block' : 'block_data';
  const bytes = database.prepare(`SELECT ${column} FROM ${table} WHERE id = ?`).pluck().get(id) as Buffer;
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 0xff;
  database.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).run(bytes, id);
  database.close();
}

const read = (changes: Parameters<typeof readAll>[2] = {}): string[] =>
  linesOf(readAll(store.reader, store.host.snapshot(), changes)).map((line) => line.slice(0, 14));
const filter = [{ kind: 'lineFilter', op: '|=', alternatives: [{ text: 'line 1', ip: false }] }] as const;

describe('a damaged block', () => {
  it.each(['ts', 'meta', 'lines'] as const)(
    '(%s) is left out and marked, and the rest answers',
    async (column) => {
      await threeBlocks();
      damage(column);
      const whole = ['block 0 line 0', 'block 0 line 1', 'block 2 line 0', 'block 2 line 1'];
      expect(read()).toEqual(whole);
      expect(read({ lineFilters: filter })).toEqual([whole[1], whole[3]]);
      await vi.waitFor(async () => expect((await store.host.stats()).damagedBlocks).toBe(1));
      expect(read()).toEqual(whole);
      const { problems, quarantined } = await verifyStore(path);
      expect(quarantined).toBe(1);
      expect(problems).toMatchObject([{ entries: 2, problem: expect.stringContaining(column) }]);
      // Maintenance passes it by.
      await store.host.compact();
      expect(read()).toEqual(whole);
    },
  );

  it('is searched without its filter when only that is damaged', async () => {
    await threeBlocks();
    damage('bits');
    expect(read({ lineFilters: filter })).toEqual(['block 0 line 1', 'block 1 line 1', 'block 2 line 1']);
    const { problems } = await verifyStore(path);
    expect(problems).toMatchObject([{ problem: expect.stringContaining('filter') }]);
  });

  it('is scanned when only its counts are damaged', async () => {
    await threeBlocks();
    damage('counts');
    expect(read({ needLines: false, needMetadata: false })).toHaveLength(6);
    const { problems } = await verifyStore(path);
    expect(problems).toMatchObject([{ problem: expect.stringContaining('counts') }]);
  });
});

describe('verifyStore', () => {
  it('finds nothing wrong with a whole store, commits that are not in blocks included', async () => {
    await threeBlocks();
    const id = store.writer.stream('fake', labels({ app: 'b' }));
    await store.writer.append(entryColumns([{ stream: id, ns: 1n, line: 'x' }]));
    const seen: number[] = [];
    const report = await verifyStore(path, ({ blocks, blocksTotal }) => seen.push(blocks / blocksTotal));
    expect(report).toMatchObject({ blocks: 3, entries: 6, commits: 1, problems: [], problemCount: 0 });
    expect(seen.at(-1)).toBe(1);
  });

  it('finds rows that lost their data and streams that are not there', async () => {
    await threeBlocks();
    const database = new Database(path);
    database.exec('DELETE FROM block_data WHERE id = (SELECT max(id) FROM block); DELETE FROM stream');
    database.close();
    const { problems } = await verifyStore(path);
    expect(problems.map(({ problem }) => problem)).toEqual(
      [
        'belongs to a stream that is not there',
        'belongs to a stream that is not there',
        'has lost its data',
        'belongs to a stream that is not there',
        '1 rows of block_filter belong to no block',
      ].filter((problem) => !problem.includes('rows of')),
    );
  });

  it.each([
    ['no file', 'none.db'],
    ['another file', 'other.db'],
  ])('refuses %s', async (_, name) => {
    if (name === 'other.db') {
      const other = new Database(join(folder, name));
      other.exec('CREATE TABLE t(a)');
      other.close();
    }
    await expect(verifyStore(join(folder, name))).rejects.toMatchObject({ name: 'StoreFileError' });
  });
});

describe('backup', () => {
  it('holds all that was acknowledged before, while more is written', async () => {
    await threeBlocks();
    const id = store.writer.stream('fake', labels({ app: 'b' }));
    const push = (n: number): Promise<void> =>
      store.writer.append(entryColumns([{ stream: id, ns: BigInt(n), line: `late ${n}` }]));
    await push(0);
    const file = join(folder, 'copy.db');
    const state = { done: false };
    const copying = backupStore(path, file).finally(() => {
      state.done = true;
    });
    for (let n = 1; !state.done; n++) await push(n);
    await copying;
    expect((await verifyStore(file)).problems).toEqual([]);
    const lines: string[] = [];
    for await (const { line } of exportEntries(file, { tenant: 'fake', matchers: [] }, allTime))
      lines.push(line.toString().slice(0, 14));
    expect(lines).toEqual(expect.arrayContaining(['late 0', 'block 0 line 0', 'block 2 line 1']));
    // It is a store like any other.
    await store.close();
    await backupStore(file, join(folder, 'again.db'));
    removeFolder(path);
    store = await openStore(folder);
  });

  it('does not write over a file, and leaves none behind when it fails', async () => {
    await expect(backupStore(path, path)).rejects.toMatchObject({ name: 'StoreFileError' });
    const file = join(folder, 'no', 'such', 'folder.db');
    await expect(backupStore(path, file)).rejects.toMatchObject({ name: 'StoreFileError' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('export', () => {
  it('streams what a selector takes, from blocks and from commits', async () => {
    await threeBlocks();
    const b = store.writer.stream('fake', labels({ app: 'b' }));
    const other = store.writer.stream('other', labels({ app: 'b' }));
    await store.writer.append(
      entryColumns([
        { stream: b, ns: 5n, line: 'five', level: 6, metadata: { k: 'v' } },
        { stream: other, ns: 5n, line: 'theirs' },
      ]),
    );
    const entries = [];
    const matchers = [{ name: 'app', op: '=', value: 'b' }] as const;
    for await (const entry of exportEntries(path, { tenant: 'fake', matchers }, { startNs: 0n, endNs: 6n }))
      entries.push({ ...entry, line: entry.line.toString(), labels: labelsToRecord(entry.labels) });
    expect(entries).toEqual([
      { labels: { app: 'b' }, timestampNs: 5n, line: 'five', level: 6, structuredMetadata: [['k', 'v']] },
    ]);
    let count = 0;
    for await (const _ of exportEntries(path, { tenant: 'fake', matchers: [] }, allTime)) count++;
    expect(count).toBe(7);
    expect(storedTenants(path)).toEqual(['fake', 'other']);
  });
});
