// What range aggregations found, kept for the next refresh of a dashboard. It is used again as far as no entry of its
// times was added, hidden or deleted since: late entries cut what is kept at their time.
import { LRUCache } from 'lru-cache';
import { minNs, nsPerMs } from '../../model/time.ts';
import type { ChangeTimes } from '../../store/store.ts';
import type { KeptCells } from './cell-cache.ts';
import type { KeptSteps } from './kept-step-ranges.ts';

/** Bytes of all that is kept, and the share one aggregation may take. */
export const stepCacheBytesMax = 64 * 1024 * 1024;
const entryShareMax = 0.25;
/** Times later than this before now are not kept: entries still arrive. */
const growingEdgeNs = 10_000_000_000n;

export type Kept = KeptSteps | KeptCells;

export interface Found {
  readonly kept: Kept;
  /** What is kept is right if this is still what the store says: the caller finds out by scanning. */
  readonly removals: string;
  /** The earliest time of entries that were added since. */
  readonly changedFromNs: bigint;
}

interface Entry {
  readonly kept: Kept;
  readonly mark: bigint;
  readonly removals: string;
}

export class StepCache {
  readonly #changes: ChangeTimes;
  readonly #entryBytesMax: number;
  readonly #entries: LRUCache<string, Entry>;

  constructor(changes: ChangeTimes, bytesMax = stepCacheBytesMax) {
    this.#changes = changes;
    this.#entryBytesMax = Math.floor(bytesMax * entryShareMax);
    this.#entries = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: this.#entryBytesMax,
      sizeCalculation: ({ kept }, key) => Math.max(1, Math.ceil(kept.bytes) + key.length * 2),
    });
  }

  /** Take it before the snapshot of a scan whose answer is to be kept. */
  mark(): bigint {
    return this.#changes.mark();
  }

  /** Entries up to this time have probably all arrived: it is not worth keeping what is later. */
  settledNs(): bigint {
    const edgeNs = BigInt(Date.now()) * nsPerMs - growingEdgeNs;
    return minNs(edgeNs, this.#changes.latelyFromNs - 1n);
  }

  find(key: string): Found | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const changedFromNs = this.#changes.earliestSince(entry.mark);
    if (changedFromNs === undefined) {
      this.forget(key);
      return undefined;
    }
    return { kept: entry.kept, removals: entry.removals, changedFromNs };
  }

  /** Whether this many bytes may be kept for one aggregation. */
  fits(bytes: number): boolean {
    return bytes <= this.#entryBytesMax;
  }

  /** Keeps it in the place of what was kept for the key. */
  keep(key: string, kept: Kept, about: { readonly mark: bigint; readonly removals: string }): void {
    this.#entries.set(key, { kept, ...about });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
