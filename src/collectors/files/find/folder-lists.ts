// What lies in folders. Large ones are listed again when they have changed: a list of 100,000 names takes longer than all else
// that a look does.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { isSettled } from '../file-times.ts';
import { isLossy, pathOfBytes, systemPath } from './file-path.ts';

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

interface FolderList {
  readonly entries: readonly FolderEntry[];
  /** The folder's last change before it was listed, and the moment of that, of performance.now(). */
  readonly changedMs: number;
  readonly listedMs: number;
}

/** Folders with fewer entries are always listed. */
const largeEntries = 1_000;
/** A network's file system may tell of changes late, or not at all. */
const listAgeMs = 30_000;

export class FolderLists {
  /** Of large folders. */
  readonly #lists = new Map<string, FolderList>();

  /** Rejects never: a folder that cannot be read is given to `onUnreadable`, one that is not there is empty. */
  async of(
    folder: string,
    onUnreadable: (path: string, error: NodeJS.ErrnoException) => void,
  ): Promise<readonly FolderEntry[]> {
    try {
      const known = this.#lists.get(folder);
      // Before it is listed: what comes later is a change to the next look.
      const { mtimeMs } = await stat(systemPath(folder));
      const nowMs = performance.now();
      if (known?.changedMs === mtimeMs && nowMs - known.listedMs < listAgeMs) return known.entries;
      const entries = await list(folder);
      // Otherwise it may change again without another time.
      if (entries.length >= largeEntries && isSettled(mtimeMs))
        this.#lists.set(folder, { entries, changedMs: mtimeMs, listedMs: nowMs });
      else this.#lists.delete(folder);
      return entries;
    } catch (error) {
      this.#lists.delete(folder);
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') onUnreadable(folder, error as NodeJS.ErrnoException);
      return [];
    }
  }
}

async function list(folder: string): Promise<FolderEntry[]> {
  const path = systemPath(folder);
  const entries = await readdir(path, { withFileTypes: true });
  if (!entries.some(({ name }) => isLossy(name)))
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  const inBytes = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return inBytes.map((entry) => ({ name: pathOfBytes(entry.name), kind: kindOf(entry) }));
}

function kindOf(entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): FolderEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
