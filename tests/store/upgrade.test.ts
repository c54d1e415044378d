// Stores of older formats, written here by their own SQL: they open with all that is in them, and are of today's format
// afterwards.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { EncodedBlock } from '../../src/sqlite/format/block.ts';
import { encodeBlock } from '../../src/sqlite/format/encode.ts';
import { checkStore } from '../../src/sqlite/format/open-database.ts';
import { CommitBuffer } from '../../src/sqlite/write/commit-buffer.ts';
import { columnsOf, type TestEntry } from '../block/entries.ts';
import { goldenBlocks } from '../block/golden-entries.ts';
import { entryColumns, labels } from './columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { linesOf, readAll } from './read.ts';

const format1 = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stream(row INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, tenant TEXT NOT NULL,
  labels TEXT NOT NULL);
CREATE TABLE stream_time(stream INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL);
CREATE TABLE wal(seq INTEGER PRIMARY KEY, raw INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE checkpoint(source TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE TABLE block(stream INTEGER NOT NULL, t0 INTEGER NOT NULL, id INTEGER NOT NULL, t1 INTEGER NOT NULL,
  n INTEGER NOT NULL, raw INTEGER NOT NULL, metadata_raw INTEGER NOT NULL, size INTEGER NOT NULL,
  filter_size INTEGER NOT NULL, flags INTEGER NOT NULL, flush INTEGER NOT NULL, until INTEGER, counts BLOB,
  PRIMARY KEY(stream, t0, id)) WITHOUT ROWID;
CREATE INDEX block_t1 ON block(t1);
CREATE INDEX block_until ON block(until) WHERE until IS NOT NULL;
CREATE TABLE block_data(id INTEGER PRIMARY KEY, ts BLOB NOT NULL, meta BLOB NOT NULL, lines BLOB NOT NULL);
CREATE TABLE block_filter(id INTEGER PRIMARY KEY, bits BLOB NOT NULL);
`;

/** What format 2 added. */
const format2 = `
CREATE TABLE delete_request(row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL,
  query TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, created INTEGER NOT NULL,
  status INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, deleted INTEGER NOT NULL);
INSERT INTO meta VALUES ('delete_changes', 0), ('times_changes', 0), ('block_changes', 0);
CREATE TRIGGER block_deleted AFTER DELETE ON block WHEN OLD.until IS NULL
  BEGIN UPDATE meta SET value = value + 1 WHERE key = 'block_changes'; END;
CREATE TRIGGER block_marked AFTER UPDATE OF flags ON block
  BEGIN UPDATE meta SET value = value + 1 WHERE key = 'block_changes'; END;
`;

/** As an older program wrote it. */
function golden(name: string): EncodedBlock {
  const text = readFileSync(new URL(`../block/golden/${name}.json`, import.meta.url), 'utf8');
  const stored = JSON.parse(text);
  const bytes = (column: string): Buffer => Buffer.from(stored[column], 'base64');
  return {
    ...stored,
    ts: bytes('ts'),
    meta: bytes('meta'),
    lines: bytes('lines'),
    filter: bytes('filter'),
    counts: bytes('counts'),
    t0Ns: BigInt(stored.t0Ns),
    t1Ns: BigInt(stored.t1Ns),
  };
}

const oldBlocks = goldenBlocks.filter(({ name }) => name.startsWith('v1-'));
const halfWay: TestEntry = { timeNs: 9n, line: Buffer.from('half-way'), level: 0, metadata: Buffer.alloc(0) };

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'skald.db');
});
afterEach(() => removeFolder(folder));

/** One stream for each golden block, a commit that is in no block, a checkpoint; returns the lines. */
function writeOldStore(options: { readonly format: number; readonly flushStarted: number }): string[] {
  const database = new Database(path);
  database.pragma('page_size = 16384');
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('journal_mode = WAL');
  database.exec(format1);
  if (options.format > 1) database.exec(format2);
  const blockRow = database.prepare('INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)');
  const insert = (id: number, block: EncodedBlock, flush: number): void => {
    const { ts, meta, lines, filter, counts, t0Ns, t1Ns, n, raw, metadataRaw, flags } = block;
    const size = ts.length + meta.length + lines.length;
    blockRow.run(1, t0Ns, id, t1Ns, n, raw, metadataRaw, size, filter.length, flags, flush, counts);
    database.prepare('INSERT INTO block_data VALUES (?, ?, ?, ?)').run(id, ts, meta, lines);
    database.prepare('INSERT INTO block_filter VALUES (?, ?)').run(id, filter);
    database
      .prepare(
        `INSERT INTO stream_time VALUES (1, @t0, @t1) ON CONFLICT DO UPDATE
         SET t0 = min(t0, excluded.t0), t1 = max(t1, excluded.t1)`,
      )
      .run({ t0: t0Ns, t1: t1Ns });
  };
  database.exec(`INSERT INTO stream VALUES (1, 1, 'fake', '[["app","a"]]')`);
  oldBlocks.forEach(({ name }, index) => {
    insert(index + 1, golden(name), 1);
  });
  if (options.flushStarted > 1)
    insert(oldBlocks.length + 1, encodeBlock(columnsOf([halfWay], 'contiguous')), 2);
  const buffer = new CommitBuffer();
  buffer.append(entryColumns([{ stream: 1, ns: 5n, line: 'in no block yet' }]));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(buffer.usedBytes, 4);
  database.prepare('INSERT INTO wal VALUES (8, 15, ?)').run(Buffer.concat([head, buffer.slices()]));
  database.exec(`INSERT INTO checkpoint VALUES ('files', '/var/log/a', '{"offset":7}');
    INSERT INTO meta VALUES ('flushed', 1), ('flush_started', ${options.flushStarted}), ('flushed_through', 7),
      ('next_block', ${oldBlocks.length + 1}), ('stream_removals', 0)`);
  database.pragma(`application_id = ${0x53_4b_4c_44}`);
  database.pragma(`user_version = ${options.format}`);
  database.close();
  const lines = oldBlocks.flatMap(({ entries }) => entries.map(({ line }) => line.toString()));
  return [...lines, 'in no block yet'].sort();
}

const version = (): unknown => {
  const database = new Database(path, { readonly: true });
  const value = database.pragma('user_version', { simple: true });
  database.close();
  return value;
};
const lines = ({ reader, host }: OpenStore): string[] => linesOf(readAll(reader, host.snapshot())).sort();

it.each([
  ['1', { format: 1, flushStarted: 1 }],
  ['1 with a flush that a crash ended half-way', { format: 1, flushStarted: 2 }],
  ['2', { format: 2, flushStarted: 1 }],
  ['3', { format: 3, flushStarted: 1 }],
])('a store of format %s keeps all its entries', async (_, options) => {
  const expected = writeOldStore(options);
  if (options.format === 1) expect(() => checkStore(path)).toThrow(/older Skald: start the gateway once/);
  else checkStore(path);
  const store = await openStore(folder);
  expect(version()).toBe(6);
  expect(lines(store)).toEqual(expected);
  expect(store.writer.checkpoints('files')).toEqual([
    { source: 'files', key: '/var/log/a', state: '{"offset":7}' },
  ]);
  // What format 2 brought works: deletions, and the counts by which readers learn of changes.
  const id = store.writer.stream('fake', labels({ app: 'a' }));
  expect(id).toBe(1);
  await store.writer.append(entryColumns([{ stream: id, ns: 6n, line: 'new' }]));
  await store.host.flush();
  await store.host.deletes.create({
    tenant: 'fake',
    query: parseLogQuery('{app="a"} |= "in no block yet"'),
    startNs: 5n,
    endNs: 6n,
  });
  const after = [...expected.filter((line) => line !== 'in no block yet'), 'new'].sort();
  expect(lines(store)).toEqual(after);
  await store.close();
  checkStore(path);
  const again = await openStore(folder);
  expect(lines(again)).toEqual(after);
  await again.close();
});
