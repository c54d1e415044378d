// How a file grows, by the looks that were taken at it.

import { isSettled } from '../file-times.ts';

export class Growth {
  #size = -1;
  /** Of performance.now(). */
  #grownMs = 0;
  /** Its last change, Unix time. */
  #changedMs = Number.POSITIVE_INFINITY;
  /** The last change after which what was read was found unchanged; undefined: another may carry the same time. */
  #checkedMs: number | undefined;

  /** As the last look saw it; -1 before that. */
  get size(): number {
    return this.#size;
  }

  /** Notes when it was changed last; true when what was read may be there no more. */
  hasChanged(mtimeMs: number): boolean {
    const settled = isSettled(mtimeMs);
    const hasChanged = !settled || mtimeMs !== this.#checkedMs;
    this.#checkedMs = settled ? mtimeMs : undefined;
    this.#changedMs = mtimeMs;
    return hasChanged;
  }

  look(size: number, nowMs: number): void {
    if (size === this.#size) return;
    this.#size = size;
    this.#grownMs = nowMs;
  }

  /** It starts over. */
  reset(): void {
    this.#size = -1;
  }

  /** Milliseconds since a look saw it grow; 0 when none was taken. */
  quietMs(nowMs: number): number {
    return this.#size >= 0 ? nowMs - this.#grownMs : 0;
  }

  /** Milliseconds since its last change by its own clock. */
  unchangedMs(): number {
    return Date.now() - this.#changedMs;
  }
}
