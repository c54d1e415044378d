// What a writer tells the main thread with each commit, before it is acknowledged; and which times changed, from that.
import { int64Max, minNs } from '../../model/time.ts';
import type { ChangeTimes } from '../../store/store.ts';

/** Structured-cloneable. */
export interface Head {
  /** Of the commit's entries. */
  readonly earliestNs: bigint;
}

/** Commits that are told apart. */
const commitsKept = 4096;
/** What is "lately": agents send about once a second. */
const lateMs = 2000;

interface Commit extends Head {
  readonly number: bigint;
  readonly atMs: number;
}

/** Of the entries that this gateway adds. */
export class HeadChanges implements ChangeTimes {
  #commits: Commit[] = [];
  additions = 0n;

  added({ earliestNs }: Head): void {
    this.#commits.push({ number: ++this.additions, earliestNs, atMs: performance.now() });
    if (this.#commits.length >= 2 * commitsKept) this.#commits = this.#commits.slice(-commitsKept);
  }

  mark(): bigint {
    return this.additions;
  }

  earliestSince(mark: bigint): bigint | undefined {
    const [oldest] = this.#commits;
    if (oldest !== undefined && oldest.number > mark + 1n) return undefined;
    return this.#earliest(({ number }) => number > mark);
  }

  get latelyFromNs(): bigint {
    const sinceMs = performance.now() - lateMs;
    return this.#earliest(({ atMs }) => atMs >= sinceMs);
  }

  /** Of the commits from the first that passes on. */
  #earliest(isFirst: (commit: Commit) => boolean): bigint {
    let earliest = int64Max;
    for (let i = this.#commits.length - 1; i >= 0; i--) {
      const commit = this.#commits[i] as Commit;
      if (!isFirst(commit)) break;
      earliest = minNs(earliest, commit.earliestNs);
    }
    return earliest;
  }
}
