// Which times the entries had that were added, second by second: shared memory, written by the thread that accepts
// entries, read by the main thread.

import { int64Max } from '../../model/time.ts';
import type { ChangeTimes } from '../../store/store.ts';

/** Seconds remembered: an answer older than this is not used again. */
const secondsKept = 4096;
const stampsAt = 16;
const timesAt = stampsAt + secondsKept * 8;
const bufferBytes = timesAt + secondsKept * 8;
const additionsIndex = 0;
/** Whole seconds that are "lately": agents send about once a second. */
const latelySeconds = 2n;

/** Seconds of a clock that all threads share and that never goes back. */
const nowSeconds = (): bigint => process.hrtime.bigint() / 1_000_000_000n;

interface Views {
  readonly counters: BigInt64Array;
  readonly stamps: BigInt64Array;
  readonly times: BigInt64Array;
}

const viewsOf = (buffer: SharedArrayBuffer): Views => ({
  counters: new BigInt64Array(buffer, 0, 2),
  stamps: new BigInt64Array(buffer, stampsAt, secondsKept),
  times: new BigInt64Array(buffer, timesAt, secondsKept),
});

export const changeTimesBuffer = (): SharedArrayBuffer => new SharedArrayBuffer(bufferBytes);

/** Of the one writing thread. */
export class ChangeTimesWriter {
  readonly #views: Views;

  constructor(buffer: SharedArrayBuffer) {
    this.#views = viewsOf(buffer);
  }

  /** Entries from `earliestNs` on have become visible. Call it after that and before they are acknowledged. */
  added(earliestNs: bigint): void {
    const { counters, stamps, times } = this.#views;
    const second = nowSeconds();
    const slot = Number(second % BigInt(secondsKept));
    if (Atomics.load(stamps, slot) !== second) {
      Atomics.store(times, slot, earliestNs);
      Atomics.store(stamps, slot, second);
    } else if (earliestNs < Atomics.load(times, slot)) Atomics.store(times, slot, earliestNs);
    Atomics.add(counters, additionsIndex, 1n);
  }
}

export class ChangeTimesReader implements ChangeTimes {
  readonly #views: Views;

  constructor(buffer: SharedArrayBuffer) {
    this.#views = viewsOf(buffer);
  }

  get additions(): bigint {
    return Atomics.load(this.#views.counters, additionsIndex);
  }

  mark(): bigint {
    return nowSeconds();
  }

  earliestSince(mark: bigint): bigint | undefined {
    const now = nowSeconds();
    // The slot of the second before the kept ones may be on its way to be used again.
    return now - mark >= BigInt(secondsKept - 2) ? undefined : this.#earliest(mark, now);
  }

  get latelyFromNs(): bigint {
    const now = nowSeconds();
    return this.#earliest(now > latelySeconds ? now - latelySeconds : 0n, now);
  }

  #earliest(fromSecond: bigint, toSecond: bigint): bigint {
    const { stamps, times } = this.#views;
    let earliest = int64Max;
    for (let second = fromSecond; second <= toSecond; second++) {
      const slot = Number(second % BigInt(secondsKept));
      if (Atomics.load(stamps, slot) !== second) continue;
      const time = Atomics.load(times, slot);
      if (time < earliest) earliest = time;
    }
    return earliest;
  }
}
