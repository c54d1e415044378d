// A copy of a store as of one moment, while it is in use.

import { linkSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreFileError } from '../../store/store.ts';
import { checkStore, openForReading } from '../format/open-database.ts';
import { makePrivateFile } from '../format/private-files.ts';

export interface BackupProgress {
  readonly pages: number;
  readonly pagesTotal: number;
}

/** Pages copied between two turns of the event loop: 4 MB. */
const pagesPerStep = 256;

/**
 * Copies the store at `path` to `file`, which must not exist, not even as a link: every line acknowledged before the
 * call is in it. Only this user may read the copy. It is made in a folder of its own beside `file` and appears there
 * when it is whole. Works beside a running gateway and blocks neither reading nor writing; SQLite's log grows by what
 * is written meanwhile. Rejects with StoreFileError, and leaves nothing behind then.
 */
export async function backupStore(
  path: string,
  file: string,
  onProgress: (progress: BackupProgress) => void = () => {},
): Promise<void> {
  checkStore(path);
  if (exists(file)) throw new StoreFileError(`${file} exists already: choose another name`);
  const database = openForReading(path);
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(dirname(resolve(file)), '.skald-backup-'));
    const copy = join(folder, 'copy');
    makePrivateFile(copy);
    // The open read transaction holds one state of the file: without it each commit would start the copy over.
    database.exec('BEGIN');
    database.prepare('SELECT value FROM meta').get();
    await database.backup(copy, {
      progress({ totalPages, remainingPages }) {
        onProgress({ pages: totalPages - remainingPages, pagesTotal: totalPages });
        return pagesPerStep;
      },
    });
    moveNew(copy, file);
  } catch (error) {
    if (error instanceof StoreFileError) throw error;
    throw new StoreFileError(
      `cannot copy ${path} to ${file}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    database.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

const exists = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

/** Gives the file another name on the same file system, which nothing may have by now. */
function moveNew(from: string, to: string): void {
  try {
    // Unlike a renaming, it never takes the place of a file that has come meanwhile.
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || exists(to))
      throw new StoreFileError(`${to} exists already: choose another name`, { cause: error });
    // A file system without hard links.
    renameSync(from, to);
  }
}
