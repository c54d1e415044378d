import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openForWriting, prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { CommitBuffer } from '../../src/sqlite/write/commit-buffer.ts';
import { CommitLog } from '../../src/sqlite/write/commit-log.ts';
import { StreamRegistry } from '../../src/sqlite/write/stream-registry.ts';
import { StoreFullError } from '../../src/store/store.ts';
import { entryColumns, labels } from './columns.ts';
import { removeFolder, temporaryFolder } from './open-store.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => removeFolder(folder));

/** Incompressible lines, so that the disk fills. */
function slices(stream: number, seed: number): Buffer {
  const buffer = new CommitBuffer();
  let state = seed + 1;
  const line = Uint8Array.from({ length: 60_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  buffer.append(entryColumns([{ stream, ns: BigInt(seed), line }]));
  return Buffer.from(buffer.slices());
}

it('a full disk stores nothing of the commit, and the next one succeeds once there is space', () => {
  const path = join(folder, 'skald.db');
  prepareDatabase(path);
  const database = openForWriting(path);
  const registry = new StreamRegistry(database, { idleMs: 1000, labelValuesWarned: 0, isHeld: () => false });
  const log = new CommitLog(database, registry);
  const write = (seq: number): void => {
    const stream = registry.id('fake', labels({ seq: `${seq}` }));
    const bytes = slices(stream, seq);
    const commit = {
      seq,
      slices: bytes,
      rawBytes: 60_000,
      newStreams: [stream],
      checkpoints: [{ source: 's', key: 'k', state: `${seq}` }],
      keys: [],
    };
    log.write(commit, log.encode(bytes));
    registry.saved([stream]);
  };
  const rows = (): unknown[] =>
    database.prepare('SELECT (SELECT count(*) FROM wal), (SELECT count(*) FROM stream)').raw().all();
  // SQLite's own limit of pages gives the same error as a disk without space.
  const pages = database.pragma('page_count', { simple: true }) as number;
  const pageBytes = database.pragma('page_size', { simple: true }) as number;
  database.pragma(`max_page_count = ${pages + 196_608 / pageBytes}`);
  write(1);
  write(2);
  expect(() => [3, 4, 5].forEach(write)).toThrow(StoreFullError);
  const stored = (rows() as [number, number][])[0] as [number, number];
  expect(stored[0]).toBe(stored[1]);
  expect(log.checkpoints('s')).toEqual([{ source: 's', key: 'k', state: `${stored[0]}` }]);
  database.pragma('max_page_count = 1000000');
  write(stored[0] + 1);
  expect(rows()).toEqual([[stored[0] + 1, stored[0] + 1]]);
  const replayed: number[] = [];
  expect(log.replay((seq) => replayed.push(seq))).toBe(stored[0] + 1);
  expect(replayed).toEqual(Array.from({ length: stored[0] + 1 }, (_, i) => i + 1));
  database.close();
});

it.each([['an entry larger than a block', { line: new Uint8Array(9 * 1024 * 1024) }]])(
  'refuses %s and keeps what it had',
  (_, entry) => {
    const buffer = new CommitBuffer();
    buffer.append(entryColumns([{ stream: 1, ns: 1n, line: 'kept' }]));
    const before = Buffer.from(buffer.slices());
    expect(() =>
      buffer.append(
        entryColumns([
          { stream: 1, ns: 2n, line: 'x' },
          { stream: 2, ns: 3n, ...entry },
        ]),
      ),
    ).toThrow(RangeError);
    expect(buffer.slices().equals(before)).toBe(true);
  },
);
