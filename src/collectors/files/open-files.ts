// The files that are followed, within a number of open descriptors, and those that rest: closed for the sake of others.

import type { Clock } from '../../model/time.ts';
import type { HealthTally } from '../health.ts';
import type { Outlet } from '../outlet.ts';
import type { FilesSettings, FileTarget } from '../settings.ts';
import type { Stages } from '../stages/stages.ts';
import type { FilePosition } from './checkpoint.ts';
import { FileIndex } from './file-index.ts';
import { shownPath } from './find/file-path.ts';
import { RefusedFileError } from './find/regular-file.ts';
import { type ReadBudget, readBudgetBytes } from './follow/descriptor-tail.ts';
import { FollowedFile } from './follow/followed-file.ts';

/** A quiet file may be closed for another when it did not grow for this long. */
const idleMs = 5_000;

export interface Following {
  /** The file's. */
  readonly path: string;
  readonly file: FollowedFile;
  readonly target: FileTarget;
  /** Since when its path leads to another file, or to none: read to the end, then let go. Of performance.now(). */
  replacedMs: number | undefined;
}

/** A file that was closed: to save its descriptor, or because it was rotated away and read. */
export interface Resting {
  /** See fileId(): once it is removed, another file may get its key. */
  readonly id: string;
  readonly path: string;
  readonly target: FileTarget;
  readonly position: FilePosition;
  readonly size: number;
  /** It was rotated away and read to its end. */
  readonly isRead: boolean;
}

/** Without a file and without a hint: it is not there any more. */
export interface Opened {
  readonly file?: FollowedFile;
  /** What is wrong, or ''. */
  readonly hint: string;
}

export interface OpenFilesOptions {
  readonly settings: FilesSettings;
  readonly host: string;
  readonly clock: Clock;
  readonly health: HealthTally;
  readonly outlet: Outlet;
  readonly stagesOf: (target: FileTarget) => Stages;
  readonly signal: AbortSignal;
}

export class OpenFiles {
  readonly #options: OpenFilesOptions;
  readonly #budget: ReadBudget;
  readonly #following = new FileIndex<Following>();
  readonly #resting = new FileIndex<Resting>();
  /** A file could not be opened because all descriptors are taken. Whoever tries again sets it to false first. */
  awaitsDescriptor = false;
  #turn = 0;
  #pumping = false;

  constructor(options: OpenFilesOptions) {
    this.#options = options;
    this.#budget = { leftBytes: readBudgetBytes, mayRead: () => !options.outlet.full };
  }

  get count(): number {
    return this.#following.size + this.#resting.size;
  }

  get following(): Pick<FileIndex<Following>, 'get' | 'has' | 'of' | 'entries'> {
    return this.#following;
  }

  get resting(): Pick<FileIndex<Resting>, 'of' | 'entries'> {
    return this.#resting;
  }

  /** The file with this key and this id (see fileId), if it rests. */
  restingAs(key: string, id: string): Resting | undefined {
    const resting = this.#resting.get(key);
    return resting?.id === id ? resting : undefined;
  }

  /** Whether the file with this key and this id (see fileId) is followed, or rests. */
  knows(key: string, id: string): boolean {
    return this.#following.has(key) || this.restingAs(key, id) !== undefined;
  }

  /**
   * Follows the file with this key; `openPath` is where it is now, `path` the name it was written under. A file that
   * was rotated away does not wait for a descriptor: nobody would find it again, and it is soon read.
   */
  open(
    openPath: string,
    path: string,
    key: string,
    from: FilePosition | 'beginning' | 'end',
    target: FileTarget,
  ): Opened {
    const { settings, host, clock, health, outlet, stagesOf } = this.#options;
    const isRotated = openPath !== path;
    const isFull = this.#following.size >= settings.descriptorsMax;
    // One that found none to close speaks for all that come after it.
    if (isFull && !isRotated && (this.awaitsDescriptor || !this.#restQuietest())) {
      this.awaitsDescriptor = true;
      return {
        hint: `All ${settings.descriptorsMax} file descriptors are busy: raise files.descriptors_max.`,
      };
    }
    try {
      const file = new FollowedFile(openPath, key, from, {
        path,
        target,
        settings,
        host,
        stages: stagesOf(target),
        clock,
        outlet,
        health,
        budget: this.#budget,
        onIdle: () => this.#pump(),
      });
      this.#following.set(key, {
        path,
        file,
        target,
        replacedMs: isRotated ? performance.now() : undefined,
      });
      this.#resting.delete(key);
      return { file, hint: '' };
    } catch (error) {
      return { hint: openingHint(openPath, error as NodeJS.ErrnoException) };
    }
  }

  /** Closes a file; its position stays until no path leads to it any more. `isRead`: see Resting. */
  rest(key: string, { file, target }: Following, isRead = false): void {
    this.#resting.set(key, {
      id: file.id,
      path: file.path,
      target,
      position: file.position(),
      size: file.broken ? -1 : file.size,
      isRead,
    });
    file.close();
    this.#following.delete(key);
  }

  /** Forgets a file that rests. */
  forget(key: string): void {
    this.#resting.delete(key);
  }

  close(): void {
    for (const [, { file }] of this.#following.entries()) file.close();
    this.#following.clear();
    this.#resting.clear();
  }

  /** Closes the file that has been quiet the longest; false when none may be closed. */
  #restQuietest(): boolean {
    const nowMs = performance.now();
    let quietest: [string, Following] | undefined;
    let mostMs = idleMs;
    for (const each of this.#following.entries()) {
      const quietMs = each[1].replacedMs !== undefined ? 0 : each[1].file.restedMs(nowMs);
      if (quietMs > mostMs) [quietest, mostMs] = [each, quietMs];
    }
    if (!quietest) return false;
    this.rest(...quietest);
    return true;
  }

  /** Lets all files ask for more, each in its turn, once the present events are through and there is room. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const { outlet, signal } = this.#options;
    setImmediate(async () => {
      await outlet.room(signal);
      this.#pumping = false;
      if (signal.aborted) return;
      const files = this.#following.entries().map(([, { file }]) => file);
      this.#turn++;
      for (let i = 0; i < files.length; i++) files[(i + this.#turn) % files.length]?.poll();
    });
  }
}

/** '' when the file is not there any more. */
function openingHint(path: string, error: NodeJS.ErrnoException): string {
  if (error instanceof RefusedFileError) return error.message;
  if (error.code === 'ENOENT') return '';
  return `${shownPath(path)} cannot be opened (${error.code}): let the user of this process read it.`;
}
