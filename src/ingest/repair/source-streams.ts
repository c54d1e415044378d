// Streams that each source of collected entries has brought up: one source, of names that others choose (files,
// containers, values of stages), must not take all that a tenant may have.

/** A stream that no entry has come for as long as this counts no more. */
const windowMs = 3_600_000;
/** How often what counts no more is looked for, once there is no room. */
const sweepEveryMs = 10_000;

export class SourceStreams {
  readonly #seenMs = new Map<string, number>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  /** Notes an entry of a stream that is there already. `key` tells the streams apart. */
  saw(key: string, nowMs: number): void {
    if (this.#seenMs.has(key)) this.#seenMs.set(key, nowMs);
  }

  /** False: the source has brought up `streamsMax` others; 0: any number. */
  admits(key: string, streamsMax: number, nowMs: number): boolean {
    if (streamsMax === 0) return true;
    if (!this.#seenMs.has(key) && this.#seenMs.size >= streamsMax) {
      this.#sweep(nowMs);
      if (this.#seenMs.size >= streamsMax) return false;
    }
    this.#seenMs.set(key, nowMs);
    return true;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepEveryMs) return;
    this.#sweptMs = nowMs;
    for (const [key, seenMs] of this.#seenMs) if (nowMs - seenMs >= windowMs) this.#seenMs.delete(key);
  }
}
