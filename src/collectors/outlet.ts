// Outlet: entries and positions of one collector on their way to the sink.
//
// One write is under way at a time and the next batch fills meanwhile, so positions are committed in the order
// they were read in, and a refused write can be repeated without overtaking. What is not committed is bounded. A batch
// may grow large enough that reading and committing keep each other busy.

import { EntryBatch } from '../ingest/sink/entry-batch.ts';
import type { PackedEntries } from '../ingest/sink/packed-entries.ts';
import type { CollectedEntry, Sink } from '../ingest/sink/sink.ts';
import type { Checkpoint } from '../store/store.ts';
import type { HealthTally } from './health.ts';
import { kindsOf } from './repair-text.ts';
import { Backoff, Wakeup } from './waiting.ts';

export interface OutletLimits {
  /** A batch is written when it has this many bytes or entries, or is this old. */
  readonly batchBytesMax: number;
  readonly batchEntriesMax: number;
  readonly batchAgeMs: number;
  /** What close() waits for the last write. */
  readonly closeMs: number;
}

export const outletLimits: OutletLimits = {
  batchBytesMax: 2 * 1024 * 1024,
  batchEntriesMax: 32_768,
  batchAgeMs: 25,
  closeMs: 1_500,
};

interface Mark {
  readonly position: unknown;
  readonly encode: (position: never) => string;
}

export class Outlet {
  readonly #sink: Sink;
  readonly #source: string;
  readonly #health: HealthTally;
  readonly #limits: OutletLimits;
  /** What fills, and the one that is under way or empty. */
  #batch = new EntryBatch();
  #other = new EntryBatch();
  #marks = new Map<string, Mark>();
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #roomMade = new Wakeup();
  readonly #written = new Wakeup();
  readonly #stop = new AbortController();
  #closing = false;
  #giveUp: () => void = () => {};

  constructor(sink: Sink, source: string, health: HealthTally, limits: OutletLimits = outletLimits) {
    this.#sink = sink;
    this.#source = source;
    this.#health = health;
    this.#limits = limits;
  }

  /** Adds an entry together with the position after it: the two are never committed apart. See mark(). */
  add<P>(entry: CollectedEntry, key: string, position: P, encode: (position: P) => string): void {
    this.#marks.set(key, { position, encode: encode as (position: never) => string });
    this.push(entry);
  }

  /** Adds an entry of a source that has no positions. */
  push(entry: CollectedEntry): void {
    this.#batch.add(entry);
    this.#arrange();
  }

  /** To add entries to by the hundred: whoever does it calls mark() after the last, and before anything is awaited. */
  get batch(): EntryBatch {
    return this.#batch;
  }

  /**
   * Notes that everything added so far, and everything skipped, is behind `position`. Only the newest position of a
   * key is kept, and `encode` runs once per commit. `encode` giving '' removes the checkpoint.
   */
  mark<P>(key: string, position: P, encode: (position: P) => string): void {
    this.#marks.set(key, { position, encode: encode as (position: never) => string });
    this.#arrange();
  }

  /** True when readers must pause until room(). */
  get full(): boolean {
    const { batchBytesMax, batchEntriesMax } = this.#limits;
    return this.#batch.heldBytes >= batchBytesMax || this.#batch.count >= batchEntriesMax;
  }

  /** Resolves when there is room again, or when `signal` aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.full && !signal.aborted && !this.#stop.signal.aborted) await this.#roomMade.next(signal);
  }

  /** Resolves when all that was added and marked so far is committed, or the outlet is closed, or `signal` aborts. */
  async drained(signal: AbortSignal = this.#stop.signal): Promise<void> {
    while ((this.#writing || this.#hasBatch()) && !this.#stop.signal.aborted && !signal.aborted) {
      if (!this.#writing) this.#write();
      await this.#written.next(signal);
    }
  }

  /** Commits what is there, at most `closeMs` long, and gives up the rest: it was not acknowledged to anybody. */
  async close(): Promise<void> {
    this.#closing = true;
    const timer = setTimeout(() => {
      this.#stop.abort();
      this.#giveUp();
    }, this.#limits.closeMs);
    await this.drained();
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#roomMade.notify();
  }

  #hasBatch(): boolean {
    return this.#batch.count > 0 || this.#marks.size > 0;
  }

  #arrange(): void {
    if (this.#writing || this.#stop.signal.aborted) return;
    if (this.full) {
      this.#write();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#writing && this.#hasBatch()) this.#write();
    }, this.#limits.batchAgeMs);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const checkpoints: Checkpoint[] = [];
    for (const [key, { position, encode }] of this.#marks)
      checkpoints.push({ source: this.#source, key, state: encode(position as never) });
    this.#marks = new Map();
    const batch = this.#batch;
    this.#batch = this.#other;
    this.#other = batch;
    this.#writing = this.#commit(batch.packed(), checkpoints).then((committed) => {
      if (committed) {
        this.#health.entriesTotal += batch.count;
        this.#health.bytesTotal += batch.lineBytes;
        batch.clear();
      } else {
        // Given up: a later batch must not move the positions past this one's entries.
        this.#stop.abort();
      }
      this.#writing = undefined;
      this.#written.notify();
      this.#roomMade.notify();
      if (this.#hasBatch()) this.#arrange();
    });
    this.#roomMade.notify();
  }

  /** Repeats a refused write until it is taken: a write that rejected stored nothing. False when given up. */
  async #commit(entries: PackedEntries, checkpoints: readonly Checkpoint[]): Promise<boolean> {
    const backoff = new Backoff(100, 5_000);
    let refused = false;
    while (!this.#stop.signal.aborted) {
      try {
        const committed = await this.#attempt(entries, checkpoints);
        if (refused && committed) this.#health.running();
        return committed;
      } catch (error) {
        if (this.#closing) return false;
        refused = true;
        this.#health.error(`The store takes no entries: ${(error as Error).message}; trying again.`);
        await backoff.wait(this.#stop.signal);
      }
    }
    return false;
  }

  /** One write; false when close() gives up waiting for it. */
  #attempt(entries: PackedEntries, checkpoints: readonly Checkpoint[]): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(false);
      this.#sink.write(entries, checkpoints, this.#source).then((repaired) => {
        for (const [kind, count] of kindsOf(repaired)) this.#health.repaired(kind, count);
        resolve(true);
      }, reject);
    });
  }
}
