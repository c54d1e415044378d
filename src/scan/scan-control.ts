// The shared memory through which main thread and workers steer one scan: next unit, stop flag, watermark, counters.

/** Why workers must stop. */
export const stopReasons = { none: 0, cancelled: 1, timeout: 2, failed: 3 } as const;
export type StopReason = (typeof stopReasons)[keyof typeof stopReasons];

const nextUnitIndex = 0;
const stopIndex = 1;
const watermarkIndex = 0;
const bytesIndex = 1;
/** The watermark of a scan that has none yet. */
const noWatermark = -(2n ** 63n);

/** A view of the control buffer; every thread makes its own over the same memory. */
export class ScanControl {
  readonly buffer: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #longs: BigInt64Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(32);
    this.#ints = new Int32Array(this.buffer, 0, 4);
    this.#longs = new BigInt64Array(this.buffer, 16, 2);
    if (buffer === undefined) this.#longs[watermarkIndex] = noWatermark;
  }

  /** Takes the index of the next unit; each index is given out once. */
  takeUnit(): number {
    return Atomics.add(this.#ints, nextUnitIndex, 1);
  }

  get unitsTaken(): number {
    return Atomics.load(this.#ints, nextUnitIndex);
  }

  /** The first reason stays. */
  stop(reason: StopReason): void {
    Atomics.compareExchange(this.#ints, stopIndex, stopReasons.none, reason);
  }

  get stopped(): StopReason {
    return Atomics.load(this.#ints, stopIndex) as StopReason;
  }

  /**
   * Entries beyond the watermark cannot be among the first `limit` in the scan's direction: some worker has that
   * many better ones. `progress` grows with how good an entry is (time for backward, −time for forward).
   */
  raiseWatermark(progress: bigint): void {
    for (;;) {
      const held = Atomics.load(this.#longs, watermarkIndex);
      if (held >= progress) return;
      if (Atomics.compareExchange(this.#longs, watermarkIndex, held, progress) === held) return;
    }
  }

  /** Undefined until a worker has `limit` entries. */
  get watermark(): bigint | undefined {
    const held = Atomics.load(this.#longs, watermarkIndex);
    return held === noWatermark ? undefined : held;
  }

  /** Adds bytes scanned by any worker and returns the sum. */
  addBytes(bytes: number): number {
    return Number(Atomics.add(this.#longs, bytesIndex, BigInt(Math.round(bytes)))) + bytes;
  }
}
