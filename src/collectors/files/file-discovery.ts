// Which files are taken up, and where: new ones, known ones from their checkpoints, and what was rotated away between
// two looks or while nobody looked.

import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { Outlet } from '../outlet.ts';
import type { FilesSettings, FileTarget } from '../settings.ts';
import { type FilePosition, isContinuedAt, pathStat } from './checkpoint.ts';
import type { FileIndex } from './file-index.ts';
import { fileId, fileKey } from './file-key.ts';
import { Folders, namesIn } from './find/folders.ts';
import type { OpenFiles, Resting } from './open-files.ts';
import { isOutgrown, rotatedSiblings, type Sibling } from './rotation/rotation.ts';
import type { RotationLedger } from './rotation/rotation-ledger.ts';
import { SiblingSearch, type Wanted } from './rotation/sibling-search.ts';

export interface FileDiscoveryOptions {
  readonly settings: FilesSettings;
  readonly files: OpenFiles;
  readonly outlet: Outlet;
  readonly saved: FileIndex<FilePosition>;
  readonly ledger: RotationLedger;
  /** Nothing was ever read. */
  readonly isFirst: boolean;
}

/** What is to be found beside a path. */
interface Search extends Wanted {
  /**
   * history: nobody knew the path, and what lies beside it is nobody's; glance: a list of the folder that the scan has
   * made already will do: what it lacks is new at the next look.
   */
  readonly look: 'history' | 'glance' | 'full';
}

/** Files move while they are looked at: then they are looked at again. */
const attemptsMax = 20;
const nothing: ReadonlySet<string> = new Set();

export class FileDiscovery {
  readonly #settings: FilesSettings;
  readonly #files: OpenFiles;
  readonly #outlet: Outlet;
  readonly #saved: FileIndex<FilePosition>;
  readonly #ledger: RotationLedger;
  /** Nothing was ever read, and no scan has been made yet. */
  #isFirst: boolean;
  readonly #folders = new Folders();
  /** By path: what beside it holds what was not read and cannot be opened, by key, and what is wrong with it. */
  readonly #unreadable = new Map<string, ReadonlyMap<string, string>>();

  constructor({ settings, files, outlet, saved, ledger, isFirst }: FileDiscoveryOptions) {
    this.#settings = settings;
    this.#files = files;
    this.#outlet = outlet;
    this.#saved = saved;
    this.#ledger = ledger;
    this.#isFirst = isFirst;
  }

  /** Before a scan. */
  beginScan(): void {
    this.#folders.begin();
  }

  /** Takes up the file at a path if it is not followed yet; what is wrong, or ''. */
  look(path: string, stat: Stats, target: FileTarget): string {
    const key = fileKey(stat);
    if (this.#files.following.has(key)) return '';
    const resting = this.#files.restingAs(key, fileId(stat));
    if (resting && stat.size === resting.size && stat.mtimeMs === resting.position.mtimeMs) return '';
    if (this.#files.count >= this.#settings.filesMax)
      return `More than ${this.#settings.filesMax} files match: raise files.files_max or match fewer.`;
    const own = resting?.position ?? this.#saved.get(key);
    const from = own ?? (this.#isFirst && target.from === 'end' ? 'end' : 'beginning');
    const { file, hint } = this.#files.open(path, path, key, from, target);
    // Moved since: the next look finds what is there then.
    if (!file && hint === '') return '';
    if (file) this.#saved.delete(key);
    const continued = file?.continued ?? (!own || isContinuedAt(path, own));
    const cut = own && !continued ? [own] : [];
    const moved = this.#saved.of(path).filter((position) => fileKey(position) !== key);
    if (!own) moved.push(...this.#files.resting.of(path).map(({ position }) => position));
    // Without a descriptor it is looked at again soon.
    if (!file && moved.length === 0 && cut.length === 0) return hint;
    const isHistory = !own && moved.length === 0 && !this.#ledger.of(path);
    const isGlance = own && moved.length + cut.length === 0;
    this.#search({ path, target, look: isHistory ? 'history' : isGlance ? 'glance' : 'full', moved, cut });
    return hint;
  }

  /**
   * For a scan, that goes over all paths: what has come to lie beside a file that is followed. It may have been cut with
   * nothing of it read, and rewritten, which the file itself does not show.
   */
  searchSiblings(path: string, target: FileTarget): void {
    const unreadable = this.#unreadable.get(path);
    if (!unreadable && !this.#folders.hasChanged(dirname(path))) return;
    // Permission to read it may have come back, which is no change of the folder.
    const moved = [...(unreadable?.keys() ?? [])].flatMap((key) => this.#saved.get(key) ?? []);
    this.#search({ path, target, look: 'glance', moved, cut: [] });
  }

  /** What is wrong with rotated files that hold what was not read, or ''. */
  get hint(): string {
    for (const hints of this.#unreadable.values()) for (const hint of hints.values()) return hint;
    return '';
  }

  /**
   * The file of a path was cut: copies made before may hold what was not read yet. `position`: how far that was read
   * which is gone; undefined when nothing of it was read.
   */
  cut(path: string, position: FilePosition | undefined, target: FileTarget): void {
    this.#search({ path, target, look: 'full', moved: [], cut: position ? [position] : [] });
  }

  /**
   * After a scan, whose files have the keys `matched` and lie at `paths`: forgets files that are gone, closed ones that
   * no path leads to and saved ones whose path holds another file now.
   */
  scanned(matched: ReadonlySet<string>, paths: ReadonlySet<string>): void {
    this.#isFirst = false;
    this.#folders.scanned();
    for (const [key, resting] of this.#files.resting.entries())
      if (!matched.has(key)) this.#lose(key, resting);
    const saved = this.#saved.entries();
    // A path that leads nowhere may be a mount that is late, and one whose file is not known has not been looked beside.
    for (const [key, { path }] of saved) {
      const isKept = matched.has(key) || this.#unreadable.get(path)?.has(key);
      const stat = isKept ? undefined : pathStat(path);
      if (stat && this.#files.knows(fileKey(stat), fileId(stat))) this.#drop(key);
    }
    for (const [key] of saved) {
      if (this.#saved.size <= this.#settings.filesMax) break;
      this.#drop(key);
    }
    const followed = new Set(this.#files.following.entries().map(([, each]) => each.path));
    // A path may lead nowhere until its writer has something to write again.
    const hasRotated = (path: string): boolean =>
      rotatedSiblings(path, this.#folders.names(dirname(path))).length > 0;
    this.#ledger.forget(
      (path) => paths.has(path) || followed.has(path) || this.#saved.of(path).length > 0 || hasRotated(path),
    );
  }

  /** No path leads to a closed file any more: it was rotated, and is accounted for if it was read before. */
  #lose(key: string, { path, position, target, isRead }: Resting): void {
    this.#search({ path, target, look: 'glance', moved: isRead ? [] : [position], cut: [] });
    if (this.#files.following.has(key)) return;
    if (this.#unreadable.get(path)?.has(key)) {
      this.#files.forget(key);
      this.#saved.set(key, position);
    } else this.#drop(key);
  }

  /** Takes up what lies beside a path and was not read. */
  #search(search: Search): void {
    const { path, look } = search;
    const folder = dirname(path);
    const before = this.#ledger.of(path) ?? nothing;
    const held = this.#files.following.of(path).map(({ file }) => file);
    for (let attempt = 1; ; attempt++) {
      const names = look === 'full' ? namesIn(folder) : this.#folders.names(folder);
      const siblings = rotatedSiblings(path, names);
      const beside = new SiblingSearch(this.#files, this.#saved, search, siblings, held, before);
      if (look === 'history') beside.leave();
      else beside.choose();
      const isLast = attempt >= attemptsMax;
      // What was found out by path is of these files only if each has stayed where it was.
      const namesAfter = look === 'full' ? namesIn(folder) : names;
      if (!isLast && !areSame(siblings, rotatedSiblings(path, namesAfter))) continue;
      if (!beside.open() && !isLast) continue;
      if (beside.unreadable.size > 0) this.#unreadable.set(path, beside.unreadable);
      else this.#unreadable.delete(path);
      const done = siblings.flatMap((sibling) => beside.accountedAs(sibling) ?? []);
      const isStill = (id: string): boolean =>
        !siblings.some(
          (sibling) => isOutgrown(id, sibling) || (beside.unreadable.has(sibling.key) && id === sibling.id),
        );
      const still = look === 'full' ? [] : [...before].filter(isStill);
      this.#ledger.set(path, [...still, ...done, ...held.map(({ id }) => id)], done.length > 0);
      return;
    }
  }

  #drop(key: string): void {
    this.#files.forget(key);
    this.#saved.delete(key);
    this.#outlet.mark(key, undefined, () => '');
  }
}

/** Whether the same files lie at the same paths. */
const areSame = (some: readonly Sibling[], others: readonly Sibling[]): boolean => {
  const keys = new Map(some.map(({ path, key }) => [path, key]));
  return keys.size === others.length && others.every(({ path, key }) => keys.get(path) === key);
};
