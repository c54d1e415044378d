// The folders that files are followed in: which have changed since the last scan, and what one scan finds in them.

import { readdirSync, statSync } from 'node:fs';
import { isSettled } from '../file-times.ts';
import { namesOf, systemPath } from './file-path.ts';

interface Folder {
  /** Its last change when it was looked at; undefined: it may have changed again within the same tick of the clock. */
  readonly mtimeMs: number | undefined;
  readonly changed: boolean;
}

export class Folders {
  #before = new Map<string, Folder>();
  #now = new Map<string, Folder>();
  readonly #names = new Map<string, readonly string[]>();

  /** Begins a scan: what was listed since the last one is too old for it. */
  begin(): void {
    this.#now = new Map();
    this.#names.clear();
  }

  /** Whether files came, went or were renamed there since the last scan. True of one that was not there before. */
  hasChanged(folder: string): boolean {
    const known = this.#now.get(folder);
    if (known) return known.changed;
    let mtimeMs: number | undefined;
    try {
      mtimeMs = statSync(systemPath(folder)).mtimeMs;
    } catch {
      // Gone: asked again at the next scan.
    }
    const changed = mtimeMs === undefined || this.#before.get(folder)?.mtimeMs !== mtimeMs;
    const settled = mtimeMs !== undefined && isSettled(mtimeMs);
    this.#now.set(folder, { mtimeMs: settled ? mtimeMs : undefined, changed });
    return changed;
  }

  /** Names in the folder, sorted, as one scan has seen them. What they lack is new at the next look. */
  names(folder: string): readonly string[] {
    // Before the list is made: what comes later is a change to the next scan.
    this.hasChanged(folder);
    const names = this.#names.get(folder) ?? namesIn(folder);
    this.#names.set(folder, names);
    return names;
  }

  /** Ends a scan. */
  scanned(): void {
    this.#before = this.#now;
    this.begin();
  }
}

/** Names in a folder now, sorted; none when it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return namesOf(readdirSync(systemPath(folder)), () => readdirSync(systemPath(folder), 'buffer')).sort();
  } catch {
    return [];
  }
}
