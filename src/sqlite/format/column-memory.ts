// Memory for the columns of blocks that are soon written: used again, because fresh memory outside of the heap stays until
// V8 collects garbage, which the builder's small heap seldom asks for.

export class ColumnMemory {
  readonly #bytes: Buffer;
  #used = 0;

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Uninitialised, valid until the next `clear`. What does not fit any more gets memory of its own. */
  take(bytes: number): Buffer {
    const end = this.#used + bytes;
    if (end > this.#bytes.length) return Buffer.allocUnsafeSlow(bytes);
    const taken = this.#bytes.subarray(this.#used, end);
    this.#used = end;
    return taken;
  }

  clear(): void {
    this.#used = 0;
  }
}
