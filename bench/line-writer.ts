// Bytes of log lines, written fast: a growing position in one buffer and a seeded source of chance.

/** mulberry32: small, fast, good enough to make logs. The same seed gives the same numbers everywhere. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** An unsigned 32-bit integer. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 ≤ x < below. */
  below(below: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * below);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log((this.uint32() + 1) / 0x1_0000_0001);
  }
}

/** Texts to choose from, as bytes. */
export type Words = readonly Uint8Array[];
export const words = (...texts: string[]): Words => texts.map((text) => Buffer.from(text));

const hexDigits = Buffer.from('0123456789abcdef');

export class LineWriter {
  readonly bytes: Buffer;
  at = 0;

  /** The caller starts over (`at = 0`) in time: writing past `bytesMax` throws. */
  constructor(bytesMax: number) {
    this.bytes = Buffer.alloc(bytesMax);
  }

  put(text: Uint8Array): void {
    const { bytes } = this;
    const { length } = text;
    if (this.at + length > bytes.length) throw new RangeError('line buffer is full');
    if (length > 48) {
      bytes.set(text, this.at);
    } else {
      for (let i = 0; i < length; i++) bytes[this.at + i] = text[i] as number;
    }
    this.at += length;
  }

  pick(choice: Words, chance: Chance): void {
    this.put(choice[chance.below(choice.length)] as Uint8Array);
  }

  /** A whole number ≥ 0, with leading zeros up to `width`. */
  number(value: number, width = 1): void {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    if (digits < width) digits = width;
    let rest = value;
    for (let i = this.at + digits - 1; i >= this.at; i--) {
      const next = Math.floor(rest / 10);
      this.bytes[i] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.at += digits;
  }

  hex(digits: number, chance: Chance): void {
    let bits = 0;
    for (let i = 0; i < digits; i++) {
      if ((i & 7) === 0) bits = chance.uint32();
      this.bytes[this.at++] = hexDigits[bits & 15] as number;
      bits >>>= 4;
    }
  }
}
