// Which files are taken up, and where: new ones, known ones from their checkpoints, and what was rotated away between
// two looks or while nobody looked.

import type { Stats } from 'node:fs';
import type { Outlet } from '../outlet.ts';
import type { FilesSettings, FileTarget } from '../settings.ts';
import { type FilePosition, fileKey, isContinuedAt } from './checkpoint.ts';
import { pathStat } from './followed-file.ts';
import type { OpenFiles } from './open-files.ts';
import { copyOf, madeAfter, rotatedSiblings, type Sibling } from './rotation.ts';

/** Rotated files of a path. */
interface Found {
  readonly siblings: readonly Sibling[];
  /** Those that are later by their times. */
  readonly later: readonly Sibling[];
  /** What was there the last time; undefined: nobody has looked. */
  readonly beside: ReadonlySet<string> | undefined;
}

export class TakeUp {
  readonly #settings: FilesSettings;
  readonly #files: OpenFiles;
  readonly #outlet: Outlet;
  /** Checkpoints not yet taken up by a file. */
  readonly #saved: Map<string, FilePosition>;
  /** By path: what lay beside it when it was rotated or cut the last time. */
  readonly #beside = new Map<string, ReadonlySet<string>>();
  /** Nothing was ever read, and no scan has been made yet. */
  #isFirst: boolean;

  /** `isFirst`: nothing was ever read. */
  constructor(
    settings: FilesSettings,
    files: OpenFiles,
    outlet: Outlet,
    saved: Map<string, FilePosition>,
    isFirst: boolean,
  ) {
    this.#settings = settings;
    this.#files = files;
    this.#outlet = outlet;
    this.#saved = saved;
    this.#isFirst = isFirst;
  }

  /** Takes up the file at a path if it is not followed yet; what is wrong, or ''. */
  look(path: string, stat: Stats, target: FileTarget): string {
    const key = fileKey(stat);
    if (this.#files.following.has(key)) return '';
    const resting = this.#files.resting.get(key);
    if (resting && stat.size === resting.size && stat.mtimeMs === resting.position.mtimeMs) return '';
    if (this.#files.count >= this.#settings.filesMax)
      return `More than ${this.#settings.filesMax} files match: raise files.files_max or match fewer.`;
    const own = resting?.position ?? this.#saved.get(key);
    this.#saved.delete(key);
    // What the path held before may have been moved aside since, and more than once.
    const before = [...this.#saved.values()].filter((saved) => saved.path === path);
    this.rotated(before, own === undefined, path, target);
    if (own && !isContinuedAt(path, own)) this.copy(own, path, target);
    const from = own ?? (this.#isFirst && target.from === 'end' ? 'end' : 'beginning');
    const hint = this.#files.open(path, path, from, target);
    if (hint !== '' && own) this.#saved.set(key, own);
    return hint;
  }

  /**
   * After a scan, whose files have the keys `matched`: forgets files that are gone, closed ones that no path leads to
   * and saved ones whose path holds another file now.
   */
  scanned(matched: ReadonlySet<string>): void {
    this.#isFirst = false;
    for (const key of this.#files.resting.keys()) if (!matched.has(key)) this.#drop(key);
    // A saved path that leads nowhere may be a mount that is late: its position is kept.
    for (const [key, { path }] of this.#saved) if (!matched.has(key) && pathStat(path)) this.#drop(key);
    for (const key of this.#saved.keys()) {
      if (this.#saved.size <= this.#settings.filesMax) break;
      this.#drop(key);
    }
  }

  /**
   * Takes up what `path` held before: files of known positions, found by their inodes, and with `newer` all that was
   * made after the last of them. That is told by their times, and by their not having been there: the clock may have
   * been set back.
   */
  rotated(before: readonly FilePosition[], newer: boolean, path: string, target: FileTarget): void {
    if (before.length === 0) return;
    const beside = this.#beside.get(path);
    const siblings = this.#siblings(path);
    for (const position of before) {
      const same = siblings.find(({ dev, ino }) => ino === position.ino && dev === position.dev);
      if (!same) continue;
      // It may have been cut before it was moved aside.
      if (!isContinuedAt(same.path, position)) this.#openCopy(siblings, position, path, target);
      this.#openSibling(same, position, path, target);
    }
    const last = before.reduce((a, b) => (b.birthMs >= a.birthMs ? b : a));
    if (newer) this.#openNew({ siblings, later: madeAfter(siblings, last), beside }, last.ino, path, target);
  }

  /** The path's file was cut: a copy made before may hold what was not read yet, and so may later copies. */
  copy(position: FilePosition, path: string, target: FileTarget): void {
    const beside = this.#beside.get(path);
    const siblings = this.#siblings(path);
    const copy = this.#openCopy(siblings, position, path, target);
    // Of nothing a copy cannot be told: then all are unread that were not there before.
    if (!copy && position.offset > 0) return;
    const later = copy ? madeAfter(siblings, copy) : [];
    this.#openNew({ siblings, later, beside }, position.ino, path, target);
  }

  /** The copy of what was read up to `position` is read on from there. */
  #openCopy(
    siblings: readonly Sibling[],
    position: FilePosition,
    path: string,
    target: FileTarget,
  ): Sibling | undefined {
    const copy = copyOf(siblings, position);
    if (copy) this.#openSibling(copy, { ...position, dev: copy.dev, ino: copy.ino }, path, target);
    return copy;
  }

  #openNew({ siblings, later, beside }: Found, ownIno: number, path: string, target: FileTarget): void {
    for (const sibling of siblings) {
      const isNew = later.includes(sibling) || (beside && !beside.has(fileKey(sibling)));
      if (isNew && sibling.ino !== ownIno) this.#openSibling(sibling, 'beginning', path, target);
    }
  }

  #siblings(path: string): Sibling[] {
    const siblings = rotatedSiblings(path);
    this.#beside.delete(path);
    this.#beside.set(path, new Set(siblings.map(fileKey)));
    for (const oldest of this.#beside.keys()) {
      if (this.#beside.size <= this.#settings.filesMax) break;
      this.#beside.delete(oldest);
    }
    return siblings;
  }

  #openSibling(sibling: Sibling, from: FilePosition | 'beginning', path: string, target: FileTarget): void {
    const key = fileKey(sibling);
    if (this.#files.knows(key)) return;
    this.#files.open(sibling.path, path, this.#saved.get(key) ?? from, target);
    this.#saved.delete(key);
  }

  #drop(key: string): void {
    this.#files.forget(key);
    this.#saved.delete(key);
    this.#outlet.mark(key, undefined, () => '');
  }
}
