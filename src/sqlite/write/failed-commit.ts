// What a transaction leaves behind whose commit fails at the sync of SQLite's log: it is rolled back and its author told
// so, but its pages are in the log whole, the mark of the commit among them, and a crash before the next commit would
// bring it back. So another commit is written over it.
import type { Database } from 'better-sqlite3';
import { sqliteCode } from '../format/open-database.ts';

/** Runs a transaction under the write lock; an error of SQLite's leaves nothing of it in the log. Throws that error. */
export function withoutTrace<T>(database: Database, transaction: () => T): T {
  try {
    return transaction();
  } catch (error) {
    if (sqliteCode(error) !== '') overwrite(database);
    throw error;
  }
}

function overwrite(database: Database): void {
  try {
    // A value that differs: SQLite leaves out pages that stay as they are.
    database
      .prepare("INSERT INTO meta VALUES ('failed_commits', 1) ON CONFLICT DO UPDATE SET value = value + 1")
      .run();
  } catch {
    // The sync fails again: the pages are overwritten all the same. When nothing can be written either, the disk is
    // gone, and nobody knows what it will hold when it is back.
  }
}
