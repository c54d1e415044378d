// Which rotated files beside a path are accounted for: read, being read, or there before the path was known. Any other is
// new and unread, whatever its times say: clocks are set back, and copies are made within one of their ticks.

import type { Outlet } from '../../outlet.ts';

const prefix = 'beside:';

export class RotationLedger {
  readonly #outlet: Outlet;
  readonly #ids = new Map<string, ReadonlySet<string>>();
  /** By path: ids that the last look did not find. */
  readonly #missed = new Map<string, ReadonlySet<string>>();
  /** Paths that have a checkpoint. */
  readonly #kept = new Set<string>();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Takes up a checkpoint; false when it is none of these. */
  restore(key: string, state: string): boolean {
    if (!key.startsWith(prefix)) return false;
    const path = key.slice(prefix.length);
    this.#kept.add(path);
    try {
      this.#ids.set(path, new Set(JSON.parse(state) as string[]));
    } catch {
      // Not of ours: what lies there counts as history.
    }
    return true;
  }

  /** Ids (see fileId, and copyId for copies) of what is accounted for beside a path; undefined when nobody has looked there. */
  of(path: string): ReadonlySet<string> | undefined {
    return this.#ids.get(path);
  }

  /**
   * `ids`: all that is accounted for now. What is not among them any more goes at the second time only: a list of a
   * folder may lack a file that is just being renamed. `isKept`: there is more than the path's own file, whose position
   * tells of it.
   */
  set(path: string, ids: Iterable<string>, isKept: boolean): void {
    const now = new Set(ids);
    const before = this.#ids.get(path) ?? new Set();
    const missedBefore = this.#missed.get(path);
    const missed = [...before].filter((id) => !now.has(id) && !missedBefore?.has(id));
    this.#missed.delete(path);
    if (missed.length > 0) this.#missed.set(path, new Set(missed));
    for (const id of missed) now.add(id);
    const wasKept = this.#kept.has(path);
    const isSame = now.size === before.size && [...now].every((id) => before.has(id));
    if (isSame && (wasKept || !isKept)) return;
    this.#ids.set(path, now);
    if (!isKept && !wasKept) return;
    this.#kept.add(path);
    this.#outlet.mark(prefix + path, now, (set) => JSON.stringify([...set]));
  }

  /** Forgets the paths that `isUsed` denies. */
  forget(isUsed: (path: string) => boolean): void {
    for (const path of [...this.#ids.keys(), ...this.#kept]) {
      if (isUsed(path)) continue;
      this.#ids.delete(path);
      this.#missed.delete(path);
      if (this.#kept.delete(path)) this.#outlet.mark(prefix + path, undefined, () => '');
    }
  }
}
