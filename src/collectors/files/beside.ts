// One look at the rotated files beside a path: which of them hold what was not read.

import type { FileTarget } from '../settings.ts';
import type { ByPath } from './by-path.ts';
import { type FilePosition, fileKey, isContinuedAt } from './checkpoint.ts';
import type { FollowedFile } from './followed-file.ts';
import type { OpenFiles } from './open-files.ts';
import type { Sibling } from './rotation.ts';
import { Samples } from './samples.ts';

export interface Wanted {
  readonly path: string;
  readonly target: FileTarget;
  /** Files of known positions that were moved aside. */
  readonly moved: readonly FilePosition[];
  /** Positions in content that its file holds no more: a copy may. */
  readonly cut: readonly FilePosition[];
}

export class Beside {
  readonly #files: OpenFiles;
  readonly #saved: ByPath<FilePosition>;
  readonly #wanted: Wanted;
  readonly #siblings: readonly Sibling[];
  readonly #held: readonly FollowedFile[];
  readonly #before: ReadonlySet<string>;
  readonly #accounted: Set<string>;
  #settled = true;

  /** `siblings`: what lies there; `held`: the path's files that are followed; `before`: ids accounted for before. */
  constructor(
    files: OpenFiles,
    saved: ByPath<FilePosition>,
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

  /** Ids of files that are not to be read, although nobody follows them. */
  get accounted(): ReadonlySet<string> {
    return this.#accounted;
  }

  /** False when some have moved meanwhile: it takes another look. */
  get settled(): boolean {
    return this.#settled;
  }

  /** None of them is to be read. */
  leave(): void {
    for (const { id } of this.#siblings) this.#accounted.add(id);
  }

  /** Follows those that hold what was not read, each from where that begins. */
  take(): void {
    const { moved, cut } = this.#wanted;
    // What was moved aside may have been cut before, or copied and removed.
    for (const position of [...cut, ...moved.filter((each) => !this.#takeMoved(each))])
      this.#takeCopy(position);
    this.#takeNew();
  }

  /** False when its content is not there any more. */
  #takeMoved(position: FilePosition): boolean {
    const same = this.#siblings.find(({ key }) => key === fileKey(position));
    if (!same) return false;
    if (!this.#files.following.has(same.key)) this.#open(same, position);
    return isContinuedAt(same.path, position);
  }

  /** Reads on in the copy of what was read up to a position. */
  #takeCopy(position: FilePosition): void {
    const copies = this.#siblings.filter((each) => isCopyOf(each, position));
    if (copies.length === 0 || copies.some(({ key }) => this.#files.knows(key))) return;
    // One that was made earlier holds less.
    this.#open(
      copies.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a)),
      position,
    );
  }

  /** What is not known is unread, but for copies of what is. */
  #takeNew(): void {
    const samples = new Samples();
    for (const sibling of this.#siblings) {
      const { path, key, id, sizeBytes } = sibling;
      if (this.#files.knows(key) || this.#before.has(id) || sizeBytes === 0) continue;
      const rotated = this.#siblings.filter((each) => this.#files.knows(each.key));
      if (rotated.some((other) => samples.isCopy(path, other.path))) this.#accounted.add(id);
      else if (
        !samples.isCopy(path, this.#wanted.path) &&
        !this.#held.some((file) => isCopyOf(sibling, file.position()))
      )
        this.#open(sibling, 'beginning');
      // Otherwise it is being made: what of it was not read will be known when the file itself is cut.
    }
  }

  #open({ path, key }: Sibling, from: FilePosition | 'beginning'): void {
    const { path: writtenPath, target } = this.#wanted;
    const { file, hint } = this.#files.open(path, writtenPath, key, this.#saved.get(key) ?? from, target);
    if (file) this.#saved.delete(key);
    else if (hint === '') this.#settled = false;
  }
}

/** Whether the sibling is another file that holds what was read up to `position`. */
const isCopyOf = ({ path, key, sizeBytes }: Sibling, position: FilePosition): boolean =>
  position.offset > 0 &&
  key !== fileKey(position) &&
  sizeBytes >= position.offset &&
  isContinuedAt(path, position);
