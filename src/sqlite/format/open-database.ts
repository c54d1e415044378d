// Opening the file: creation, checks, pragmas. Nothing that is not ours is ever written to.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StoreFileError } from '../../store/store.ts';
import { dropIncompleteFlush } from './block-table.ts';
import { openPinned } from './pinned-database.ts';
import { makePrivateFile, tightenFile } from './private-files.ts';
import {
  applicationId,
  formatVersion,
  pageBytes,
  schemaSql,
  schemaSql2,
  schemaSql4,
  schemaSql6,
  tablesVersion,
} from './schema.ts';

/** Own waits go through the write lock; this only covers SQLite's own moments (recovery, checkpoint restarts). */
const busyTimeoutMs = 5000;
const writerCacheKibibytes = 8 * 1024;
const readerCacheKibibytes = 2 * 1024;
/** Size of SQLite's log after which a commit checkpoints on its own: the builder normally does it before. */
const autoCheckpointBytes = 32 * 1024 * 1024;
/** The log is cut back to this size when it starts over. */
const journalBytesMax = 64 * 1024 * 1024;

/** Creates the store if there is no file or an empty one, else checks that it is one. Leaves it closed. */
export function prepareDatabase(path: string): void {
  try {
    makePrivateFile(path);
    for (const suffix of ['-wal', '-shm']) tightenFile(`${path}${suffix}`);
  } catch (error) {
    throw asFileError(path, error);
  }
  const bytes = storedBytes(path);
  if (bytes > 0 && !hasSqliteHeader(path))
    throw new StoreFileError(`${path} is not a Skald store: it is not an SQLite file; choose another path`);
  const database = openGuarded(path, { timeout: busyTimeoutMs });
  try {
    if (bytes === 0) create(database);
    else {
      check(database, path);
      upgrade(database);
    }
    dropIncompleteFlush(database);
    // It is for answers that readers keep in memory: there are none yet.
    database.exec("DELETE FROM meta WHERE key = 'removed_through'");
  } catch (error) {
    throw asFileError(path, error);
  } finally {
    database.close();
  }
}

/** Throws StoreFileError when there is no store that this program can read. For those that only read. */
export function checkStore(path: string): void {
  if (storedBytes(path) === 0) throw new StoreFileError(`there is no store at ${path}`);
  if (!hasSqliteHeader(path))
    throw new StoreFileError(`${path} is not a Skald store: it is not an SQLite file`);
  const database = openGuarded(path, { timeout: busyTimeoutMs, readonly: true });
  try {
    check(database, path);
    if (Number(database.pragma('user_version', { simple: true })) < tablesVersion)
      throw new StoreFileError(`${path} is of an older Skald: start the gateway once to bring it up to date`);
  } catch (error) {
    throw asFileError(path, error);
  } finally {
    database.close();
  }
}

/** For the thread that accepts entries. `prepareDatabase` was called. Throws StoreFileError. */
export function openForWriting(path: string): Database.Database {
  const database = openGuarded(path, { timeout: busyTimeoutMs, fileMustExist: true });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const ownPageBytes = database.pragma('page_size', { simple: true }) as number;
    database.pragma(`wal_autocheckpoint = ${autoCheckpointBytes / ownPageBytes}`);
    database.pragma(`journal_size_limit = ${journalBytesMax}`);
    database.pragma(`cache_size = -${writerCacheKibibytes}`);
  } catch (error) {
    throw asFileError(path, error);
  }
  return database;
}

/**
 * For the builder. Its commits are not waited for on the disk: power lost before the next commit of entries, or
 * checkpoint, takes back whole flushes, whose commits are then still in `wal`.
 */
export function openForBuilding(path: string): Database.Database {
  const database = openForWriting(path);
  database.pragma('synchronous = NORMAL');
  return database;
}

/** For readers. Never blocks a writer as long as no statement is left open. */
export function openForReading(path: string): Database.Database {
  const database = openGuarded(path, { timeout: busyTimeoutMs, readonly: true, fileMustExist: true });
  // Mapping the file would read a third faster and count every page that was read as the process's memory.
  database.pragma('mmap_size = 0');
  database.pragma(`cache_size = -${readerCacheKibibytes}`);
  return database;
}

/** Size of a file, 0 when it is not there. */
export const storedBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function create(database: Database.Database): void {
  database.pragma(`page_size = ${pageBytes}`);
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.transaction(() => {
    database.exec(schemaSql);
    database.exec(schemaSql2);
    database.exec(schemaSql4);
    database.exec(schemaSql6);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${formatVersion}`);
  })();
}

function check(database: Database.Database, path: string): void {
  const application = database.pragma('application_id', { simple: true });
  const version = Number(database.pragma('user_version', { simple: true }));
  const tables = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  // A crash before the first commit leaves a valid database without tables: ours to finish.
  if (tables === 0 && application === 0 && version === 0 && !database.readonly) {
    create(database);
    return;
  }
  if (application !== applicationId)
    throw new StoreFileError(
      `${path} is not a Skald store: it is another program's database; choose another path`,
    );
  if (version > formatVersion)
    throw new StoreFileError(
      `${path} has format ${version}, this program knows up to ${formatVersion}: it was written by a newer Skald; upgrade, or choose another path`,
    );
  database.prepare('SELECT value FROM meta WHERE key = ?').pluck().get('flushed_through');
}

/** Adds what newer versions brought: all of it or nothing. */
function upgrade(database: Database.Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version >= formatVersion) return;
  database.transaction(() => {
    if (version < tablesVersion) database.exec(schemaSql2);
    if (version < 4) database.exec(schemaSql4);
    if (version < 6) database.exec(schemaSql6);
    database.pragma(`user_version = ${formatVersion}`);
  })();
}

function hasSqliteHeader(path: string): boolean {
  const header = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    return readSync(file, header, 0, 16, 0) === 16 && header.toString('latin1') === 'SQLite format 3\0';
  } finally {
    closeSync(file);
  }
}

function openGuarded(path: string, options: Database.Options): Database.Database {
  try {
    return openPinned(path, options);
  } catch (error) {
    throw asFileError(path, error);
  }
}

function asFileError(path: string, error: unknown): Error {
  if (error instanceof StoreFileError) return error;
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return new StoreFileError(
      `${path} is damaged (${message}); restore a copy, or move it away to start with an empty store`,
      { cause: error },
    );
  if (code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED')
    return new StoreFileError(`${path} is in use by another program`, { cause: error });
  return new StoreFileError(`cannot open ${path}: ${message}`, { cause: error });
}

/** Some of SQLite's files say "full" in their own words: the shared memory cannot grow, a write came back short. */
export const isDiskFull = (error: unknown): boolean =>
  ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_TRUNCATE'].includes(
    sqliteCode(error),
  );

/** SQLite's name of the error ("SQLITE_FULL"), or ''. */
export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}
