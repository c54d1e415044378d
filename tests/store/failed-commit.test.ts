// A transaction that SQLite could not make durable: written over, and its own error told whatever becomes of that.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openForReading, openForWriting, prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { withoutTrace } from '../../src/sqlite/write/failed-commit.ts';
import { removeFolder, temporaryFolder } from './open-store.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'skald.db');
  prepareDatabase(path);
});
afterEach(() => removeFolder(folder));

it.each([
  ['another commit takes its place', openForWriting, 1],
  ['the other commit fails too: the outcome is open, the error the first one', openForReading, undefined],
])('%s', (_, open, failedCommits) => {
  const error = new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  const database = open(path);
  const fails = (): never => {
    throw error;
  };
  expect(() => withoutTrace(database, fails)).toThrow(error);
  const count = database.prepare("SELECT value FROM meta WHERE key = 'failed_commits'").pluck().get();
  expect(count).toBe(failedCommits);
  database.close();
});

it('errors that are not of the disk leave the log alone', () => {
  const database = openForWriting(path);
  const fails = (): never => {
    throw new RangeError('ours');
  };
  expect(() => withoutTrace(database, fails)).toThrow(RangeError);
  expect(database.prepare("SELECT count(*) FROM meta WHERE key = 'failed_commits'").pluck().get()).toBe(0);
  database.close();
});
