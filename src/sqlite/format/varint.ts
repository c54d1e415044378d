// Unsigned LEB128 varints of up to 53 bits, for the short columns; long ones go through the kernels.

/** Writes `value` at `at` and returns the position after it. At most 8 bytes. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 0x80) {
    out[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  out[position++] = rest;
  return position;
}

/** Reads varints one after the other; `value()` gives -1 when the bytes end early or a number is too large. */
export class VarintReader {
  position: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;

  constructor(bytes: Uint8Array, from: number, end = bytes.length) {
    this.bytes = bytes;
    this.position = from;
    this.end = end;
  }

  value(): number {
    const { bytes, end } = this;
    let at = this.position;
    if (at >= end) return -1;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    let scale = 128;
    while (byte >= 0x80) {
      if (at >= end) return -1;
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) return -1;
      scale *= 128;
    }
    this.position = at;
    return value;
  }

  /** The four bytes of an unsigned number, the lowest first; -1 when the bytes end early. */
  word(): number {
    const { bytes, position } = this;
    if (position + 4 > this.end) return -1;
    this.position = position + 4;
    const [a, b, c, d] = bytes.subarray(position, position + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  atEnd(): boolean {
    return this.position === this.end;
  }
}
