// A copy of a store as of one moment, while it is in use.
import { existsSync, rmSync } from 'node:fs';
import { checkStore, openForReading, StoreFileError } from './open-database.ts';

export interface BackupProgress {
  readonly pages: number;
  readonly pagesTotal: number;
}

/** Pages copied between two turns of the event loop: 4 MB. */
const pagesPerStep = 256;

/**
 * Copies the store at `path` to `file`, which must not exist: every line acknowledged before the call is in it. Works
 * beside a running gateway and blocks neither reading nor writing; SQLite's log grows by what is written meanwhile.
 * Rejects with StoreFileError, and leaves no file behind then.
 */
export async function backupStore(
  path: string,
  file: string,
  onProgress: (progress: BackupProgress) => void = () => {},
): Promise<void> {
  checkStore(path);
  if (existsSync(file)) throw new StoreFileError(`${file} exists already: choose another name`);
  const database = openForReading(path);
  try {
    // The open read transaction holds one state of the file: without it each commit would start the copy over.
    database.exec('BEGIN');
    database.prepare('SELECT value FROM meta').get();
    await database.backup(file, {
      progress({ totalPages, remainingPages }) {
        onProgress({ pages: totalPages - remainingPages, pagesTotal: totalPages });
        return pagesPerStep;
      },
    });
  } catch (error) {
    rmSync(file, { force: true });
    throw new StoreFileError(
      `cannot copy ${path} to ${file}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}
