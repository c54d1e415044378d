// SQLite's log is copied into the file by the builder, not by the commits of entries.
import type { Database } from 'better-sqlite3';
import { isDiskFull } from '../format/open-database.ts';

/**
 * Copies what readers allow; blocks neither readers nor writers. On a full disk what does not fit stays in the log,
 * where all find it, until the next time; other errors are SQLite's.
 */
export function checkpointLog(database: Database): void {
  try {
    database.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}
