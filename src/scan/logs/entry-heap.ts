// The best `limit` entries seen so far, worst on top.
import type { EntryLabels } from '../../pipeline/pipeline.ts';

/** An entry on its way into an answer. Its place among equal times: `streamOrder`, then `sequence`. */
export interface RankedEntry {
  /** Unix seconds (floored) and nanoseconds. */
  readonly seconds: number;
  readonly nanos: number;
  /** Of the stored stream's labels: see labelsOrder. */
  readonly streamOrder: number;
  /** Position in the stream in the scan's direction, ascending. */
  readonly sequence: number;
  readonly line: string;
  readonly labels: EntryLabels;
}

export type Direction = 'forward' | 'backward';

/** Order of entries in an answer. Equal times of several streams: by their labels, in both directions. */
export function compareEntries(a: RankedEntry, b: RankedEntry, direction: Direction): number {
  const byTime = a.seconds - b.seconds || a.nanos - b.nanos;
  if (byTime !== 0) return direction === 'forward' ? byTime : -byTime;
  return a.streamOrder - b.streamOrder || a.sequence - b.sequence;
}

/** What an entry takes: its object and its line, most of whose characters take one byte. Labels are shared. */
export const entryBytes = (line: string): number => 120 + line.length;

export class EntryHeap {
  readonly #limit: number;
  readonly #direction: Direction;
  readonly #entries: RankedEntry[] = [];

  constructor(limit: number, direction: Direction) {
    this.#limit = limit;
    this.#direction = direction;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The entry that would go next; undefined while there is room. */
  get worst(): RankedEntry | undefined {
    return this.#entries.length < this.#limit ? undefined : this.#entries[0];
  }

  /** What the entries held take. */
  bytes(): number {
    return this.#entries.reduce((sum, entry) => sum + entryBytes(entry.line), 0);
  }

  /** Keeps the entry if it is among the best. */
  push(entry: RankedEntry): void {
    const entries = this.#entries;
    if (entries.length < this.#limit) {
      entries.push(entry);
      this.#up(entries.length - 1);
      return;
    }
    const worst = entries[0];
    if (worst === undefined || compareEntries(entry, worst, this.#direction) >= 0) return;
    entries[0] = entry;
    this.#down();
  }

  /** All entries in the order of the answer. The heap is spent. */
  sorted(): RankedEntry[] {
    return this.#entries.sort((a, b) => compareEntries(a, b, this.#direction));
  }

  #worse(i: number, j: number): boolean {
    return (
      compareEntries(this.#entries[i] as RankedEntry, this.#entries[j] as RankedEntry, this.#direction) > 0
    );
  }

  #swap(i: number, j: number): void {
    const entry = this.#entries[i] as RankedEntry;
    this.#entries[i] = this.#entries[j] as RankedEntry;
    this.#entries[j] = entry;
  }

  #up(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#worse(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(): void {
    const { length } = this.#entries;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= length) return;
      const child = left + 1 < length && this.#worse(left + 1, left) ? left + 1 : left;
      if (!this.#worse(child, i)) return;
      this.#swap(i, child);
      i = child;
    }
  }
}
