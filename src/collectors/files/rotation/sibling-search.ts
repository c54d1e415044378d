// One look at the rotated files beside a path: which of them hold what was not read.

import type { FileTarget } from '../../settings.ts';
import { type FilePosition, isContinuedAt } from '../checkpoint.ts';
import type { FileIndex } from '../file-index.ts';
import { fileKey } from '../file-key.ts';
import type { FollowedFile } from '../follow/followed-file.ts';
import type { OpenFiles } from '../open-files.ts';
import { CopyDetection } from './copy-detection.ts';
import { copyId, type Sibling } from './rotation.ts';

export interface Wanted {
  readonly path: string;
  readonly target: FileTarget;
  /** Files of known positions that were moved aside. */
  readonly moved: readonly FilePosition[];
  /** Positions in content that its file holds no more: a copy may. */
  readonly cut: readonly FilePosition[];
}

interface Chosen {
  readonly sibling: Sibling;
  readonly from: FilePosition | 'beginning';
}

export class SiblingSearch {
  readonly #files: OpenFiles;
  readonly #saved: FileIndex<FilePosition>;
  readonly #wanted: Wanted;
  readonly #siblings: readonly Sibling[];
  readonly #held: readonly FollowedFile[];
  readonly #before: ReadonlySet<string>;
  readonly #accounted: Set<string>;
  /** What is to be followed, and from where, by key. */
  readonly #chosen = new Map<string, Chosen>();
  /** By key: what is wrong with those that could not be opened. */
  readonly #unreadable = new Map<string, string>();

  /** `siblings`: what lies there; `held`: the path's files that are followed; `before`: ids accounted for before. */
  constructor(
    files: OpenFiles,
    saved: FileIndex<FilePosition>,
    wanted: Wanted,
    siblings: readonly Sibling[],
    held: readonly FollowedFile[],
    before: ReadonlySet<string>,
  ) {
    this.#files = files;
    this.#saved = saved;
    this.#wanted = wanted;
    this.#siblings = siblings;
    this.#held = held;
    this.#before = before;
    this.#accounted = new Set(before);
  }

  /** Those that hold what was not read and could not be opened, by key, and what is wrong with them. */
  get unreadable(): ReadonlyMap<string, string> {
    return this.#unreadable;
  }

  /** What a sibling is accounted for as; undefined when it is not. */
  accountedAs(sibling: Sibling): string | undefined {
    if (this.#unreadable.has(sibling.key)) return undefined;
    if (this.#files.knows(sibling.key, sibling.id)) return sibling.id;
    return [sibling.id, copyId(sibling)].find((id) => this.#accounted.has(id));
  }

  /** None of them is to be read. */
  leave(): void {
    for (const { id } of this.#siblings) this.#accounted.add(id);
  }

  /** Chooses those that hold what was not read, each from where that begins. */
  choose(): void {
    const { moved, cut } = this.#wanted;
    // What was moved aside may have been cut before, or copied and removed.
    for (const position of [...cut, ...moved.filter((each) => !this.#chooseMoved(each))])
      this.#chooseCopy(position);
    this.#chooseNew();
  }

  /** Follows what was chosen; false when some have moved meanwhile: it takes another look. */
  open(): boolean {
    const { path: writtenPath, target } = this.#wanted;
    let settled = true;
    for (const [key, { sibling, from }] of this.#chosen) {
      const own = this.#saved.get(key);
      // One that is not of this content is of a file that is gone, whose inode this one got. Opening asks that of the
      // descriptor: by its path the file may have been unreadable a moment before.
      const isOwn = own && (from === 'beginning' || isReadIn(sibling.path, own));
      const position = isOwn ? own : from;
      const { file, hint } = this.#files.open(sibling.path, writtenPath, key, position, target);
      if (file) this.#saved.delete(key);
      else if (hint === '') settled = false;
      else this.#unreadable.set(key, hint);
    }
    return settled;
  }

  /** False when its content is not there any more. */
  #chooseMoved(position: FilePosition): boolean {
    const same = this.#siblings.find(({ key }) => key === fileKey(position));
    if (!same) return false;
    const isSame = isReadIn(same.path, position);
    // With nothing in it, and no list of ids that would tell it from another that got the inode.
    const isStillEmpty = same.sizeBytes === 0 && position.offset === 0 && this.#before.size === 0;
    const mayBeSame = isSame || isStillEmpty || this.#before.has(same.id);
    // One that is not accounted for may be another file that got the inode: it is told apart as a copy, or as new.
    if (!this.#files.following.has(same.key) && mayBeSame) this.#choose(same, position);
    return isSame;
  }

  /** Reads on in the copy of what was read up to a position. */
  #chooseCopy(position: FilePosition): void {
    const copies = this.#siblings.filter(
      (each) => each.sizeBytes >= position.offset && isCopyOf(each, position),
    );
    if (copies.length === 0 || copies.some((each) => this.#knows(each))) return;
    // One that was made earlier holds less.
    this.#choose(
      copies.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a)),
      position,
    );
  }

  /** What is not known is unread, but for copies of what is. */
  #chooseNew(): void {
    const samples = new CopyDetection();
    for (const sibling of this.#siblings) {
      const { path, key, sizeBytes } = sibling;
      if (this.#chosen.has(key) || this.accountedAs(sibling) !== undefined || sizeBytes === 0) continue;
      const rotated = this.#siblings.filter((each) => this.#knows(each));
      if (rotated.some((other) => samples.isCopy(path, other.path))) this.#accounted.add(copyId(sibling));
      else if (
        !samples.isCopy(path, this.#wanted.path) &&
        !this.#held.some((file) => isCopyOf(sibling, file.position()))
      )
        this.#choose(sibling, 'beginning');
      // Otherwise it is being made: what of it was not read will be known when the file itself is cut.
    }
  }

  #choose(sibling: Sibling, from: FilePosition | 'beginning'): void {
    if (!this.#chosen.has(sibling.key)) this.#chosen.set(sibling.key, { sibling, from });
  }

  #knows({ key, id }: Sibling): boolean {
    return this.#chosen.has(key) || this.#files.knows(key, id);
  }
}

/** Whether the file at a path holds by now what was read up to `position`: of what was not read, nothing can be told. */
const isReadIn = (path: string, position: FilePosition): boolean =>
  position.offset > 0 && isContinuedAt(path, position);

/** As isReadIn, and the sibling is another file. */
const isCopyOf = ({ path, key }: Sibling, position: FilePosition): boolean =>
  key !== fileKey(position) && isReadIn(path, position);
