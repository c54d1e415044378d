// One process to a store. The lock is SQLite's own lock on a small file beside the store: the system drops it when
// the process dies, however it dies, so there is never a stale one.

import type { Database } from 'better-sqlite3';
import { StoreFileError } from '../../store/store.ts';
import { sqliteCode } from '../format/open-database.ts';
import { openPinned } from '../format/pinned-database.ts';
import { makePrivateFile } from '../format/private-files.ts';

export interface FileLock {
  release(): void;
}

/** Throws StoreFileError when another process holds it. */
export function lockFile(storePath: string): FileLock {
  const path = `${storePath}-lock`;
  let database: Database | undefined;
  try {
    makePrivateFile(path);
    database = openPinned(path, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const code = sqliteCode(error);
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
      throw new StoreFileError(
        `${storePath} is already open in another Skald process; stop it, or choose another path`,
        {
          cause: error,
        },
      );
    throw new StoreFileError(
      `cannot lock ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const held = database;
  return { release: () => held.close() };
}
