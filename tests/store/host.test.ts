import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStoreHost } from '../../src/sqlite/main/host.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import { entryColumns, labels } from './columns.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';
import { linesOf, readAll } from './read.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'skald.db');
});
afterEach(() => removeFolder(folder));

const open = (): Promise<SqliteStoreHost> => SqliteStoreHost.open(storeSettings(path));

describe('a file that is not to be used is refused and left alone', () => {
  it.each([
    ['text', () => writeFileSync(path, 'just some text, longer than a header'), /not an SQLite file/],
    [
      "another program's database",
      () => {
        const other = new Database(path);
        other.exec('CREATE TABLE t(x); INSERT INTO t VALUES (1)');
        other.close();
      },
      /another program's database/,
    ],
    [
      'a newer format',
      async () => {
        await (await open()).close();
        const newer = new Database(path);
        newer.pragma('user_version = 99');
        newer.pragma('wal_checkpoint(TRUNCATE)');
        newer.close();
      },
      /format 99.*newer Skald/,
    ],
    [
      'a damaged file',
      async () => {
        await (await open()).close();
        const bytes = readFileSync(path);
        bytes.fill(0x5a, 200);
        writeFileSync(path, bytes);
      },
      /damaged/,
    ],
  ])('%s', async (_, prepare, message) => {
    await prepare();
    const before = readFileSync(path);
    await expect(open()).rejects.toMatchObject({
      name: 'StoreFileError',
      message: expect.stringMatching(message),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('one process to a store', () => {
  it('refuses a second process while open, and lets it in afterwards', async () => {
    const script = `import { SqliteStoreHost } from ${JSON.stringify(fileURLToPath(new URL('../../dist/sqlite/main/host.js', import.meta.url)))};
      import { storeSettings } from ${JSON.stringify(fileURLToPath(new URL('../../dist/sqlite/main/settings.js', import.meta.url)))};
      try { await (await SqliteStoreHost.open(storeSettings(process.argv[2]))).close(); console.log('opened'); }
      catch (error) { console.log(error.name + ': ' + error.message); }`;
    const file = join(folder, 'other.mjs');
    writeFileSync(file, script);
    const tryOther = (): string => spawnSync(process.execPath, [file, path], { encoding: 'utf8' }).stdout;
    const host = await open();
    expect(tryOther()).toMatch(/StoreFileError: .*already open in another Skald process/);
    await host.close();
    expect(tryOther()).toBe('opened\n');
  });

  it('refuses a second host in one process', async () => {
    const host = await open();
    await expect(open()).rejects.toMatchObject({ name: 'StoreFileError' });
    await host.close();
  });
});

describe('retention', () => {
  const dayNs = 86_400_000_000_000n;
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const entries = (stream: number) => [
    { stream, ns: nowNs - 9n * dayNs, line: 'nine days' },
    { stream, ns: nowNs - 8n * dayNs, line: 'eight days' },
    { stream, ns: nowNs - dayNs, line: 'one day' },
  ];

  it('hides entries that are too old at once and deletes their blocks and streams', async () => {
    const store = await openStore(folder, { retentionNs: 7n * dayNs });
    try {
      const live = store.writer.stream('fake', labels({ app: 'live' }));
      const gone = store.writer.stream('fake', labels({ app: 'gone' }));
      await store.writer.append(
        entryColumns([...entries(live), { stream: gone, ns: nowNs - 10n * dayNs, line: 'x' }]),
      );
      const snapshot = () => store.host.snapshot();
      expect(linesOf(readAll(store.reader, snapshot()))).toEqual(['one day']);
      await store.host.flush();
      expect(linesOf(readAll(store.reader, snapshot()))).toEqual(['one day']);
      const before = await store.host.stats();
      await store.host.retain();
      const after = await store.host.stats();
      expect(before.blocks - after.blocks).toBe(after.lastRetention?.blocks);
      expect(after.lastRetention).toMatchObject({ blocks: 2, streams: 1 });
      expect(after.blockEntries).toBe(1);
      expect(after.streams).toBe(1);
      expect(store.reader.labelValues(snapshot(), 'fake', 'app', [], { startNs: 0n, endNs: nowNs })).toEqual([
        'live',
      ]);
      // The removed stream comes back with its old id, which callers may still hold.
      await store.writer.append(entryColumns([{ stream: gone, ns: nowNs, line: 'again' }]));
      expect(linesOf(readAll(store.reader, snapshot())).sort()).toEqual(['again', 'one day']);
    } finally {
      await store.close();
    }
    const reopened = await openStore(folder, { retentionNs: 0n });
    expect(linesOf(readAll(reopened.reader, reopened.host.snapshot())).sort()).toEqual(['again', 'one day']);
    await reopened.close();
  });
});

describe('space', () => {
  it('gives pages of deleted blocks back to the file system', async () => {
    const hourNs = 3_600_000_000_000n;
    const store = await openStore(folder, { retentionNs: hourNs, retentionCheckMs: 3_600_000 });
    const stream = store.writer.stream('fake', labels({ app: 'a' }));
    const oldNs = BigInt(Date.now()) * 1_000_000n - 2n * hourNs;
    // 24 MB of noise, which stays 24 MB on disk.
    for (let n = 0; n < 24; n++) {
      const line = randomBytes(1024 * 1024);
      await store.writer.append(entryColumns([{ stream, ns: oldNs + BigInt(n), line }]));
    }
    await store.host.flush();
    const before = await store.host.stats();
    await store.host.retain();
    const after = await store.host.stats();
    expect(before.blockEntries).toBe(24);
    expect(after.blocks).toBe(0);
    // Free pages up to 8 MB are kept for use.
    expect(after.bytesByKind.free).toBeLessThanOrEqual(8 * 1024 * 1024);
    await store.close();
    expect(statSync(path).size).toBeLessThan(12 * 1024 * 1024);
  });
});

describe('statistics and small blocks', () => {
  it('does not leave a small block of a quiet stream at every flush', async () => {
    const store = await openStore(folder);
    const stream = store.writer.stream('fake', labels({ app: 'quiet' }));
    const flushes = 24;
    for (let n = 0; n < flushes; n++) {
      await store.writer.append(
        entryColumns([{ stream, ns: BigInt(n) * 1_000_000_000n, line: `line ${n}` }]),
      );
      await store.host.flush();
    }
    const stats = await store.host.stats();
    expect(stats).toMatchObject({ flushes, streams: 1, blockEntries: flushes, unsealedBytes: 0 });
    expect(stats.blocks).toBeLessThan(flushes / 3);
    expect(linesOf(readAll(store.reader, store.host.snapshot()))).toEqual(
      Array.from({ length: flushes }, (_, n) => `line ${n}`),
    );
    await store.close();
  });
});
