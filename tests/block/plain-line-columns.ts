// Lines columns of version 2, decoded from docs/format.md and nothing else: slow, small, shares no code with the product.
import { crc32 } from 'node:zlib';
import { decompress } from 'fzstd';

/** The lines, a newline behind each. */
export function plainLineColumns(column: Buffer): Buffer {
  const end = 20 + column.readUInt32LE(12);
  const stored = column.subarray(20, end);
  const crc = crc32(Buffer.concat([column.subarray(0, 4), column.subarray(8, end)]));
  if (column[1] !== 3 || column[3] !== 0 || column.readUInt32LE(4) !== crc) throw new Error('head');
  const reader = new Directory(
    unpacked(stored, column.readUInt32LE(16), column[2] === 1),
    column.subarray(end),
  );
  const lines = reader.next();
  const text = Buffer.concat(reader.templateSet(lines).flatMap((line) => [line, Buffer.from('\n')]));
  reader.expectEnd();
  if (text.length !== column.readUInt32LE(8)) throw new Error(`${text.length} bytes of lines`);
  return text;
}

function unpacked(bytes: Buffer, size: number, isPacked: boolean): Buffer {
  const plain = isPacked ? Buffer.from(decompress(bytes)) : bytes;
  if (plain.length !== size) throw new Error(`${plain.length} bytes unpacked, ${size} expected`);
  return plain;
}

class Directory {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #leaves: Buffer[] = [];

  constructor(bytes: Buffer, frames: Buffer) {
    this.#bytes = bytes;
    const leaves = Array.from({ length: this.next() }, () => ({ bytes: this.next(), place: this.next() }));
    const framed = [
      ...leaves.filter(({ place }) => place === 2).map((leaf) => [leaf]),
      leaves.filter(({ place }) => place === 0),
      leaves.filter(({ place }) => place === 1),
    ].filter(({ length }) => length > 0);
    const contents = new Map<object, Buffer>();
    let from = 0;
    for (const members of framed) {
      const stored = frames.subarray(from, from + this.next());
      from += stored.length;
      if (crc32(stored) !== this.take(4).readUInt32LE()) throw new Error('checksum of a frame');
      const size = members.reduce((sum, leaf) => sum + leaf.bytes, 0);
      const frame = unpacked(stored, size, stored.length !== size);
      let at = 0;
      for (const leaf of members) {
        contents.set(leaf, frame.subarray(at, at + leaf.bytes));
        at += leaf.bytes;
      }
    }
    if (from !== frames.length) throw new Error('bytes left over');
    this.#leaves = leaves.map((leaf) => contents.get(leaf) ?? Buffer.alloc(0));
  }

  next(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  }

  take(bytes: number): Buffer {
    if (this.#at + bytes > this.#bytes.length) throw new Error('beyond the end');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length || this.#leaves.length > 0) throw new Error('something is left over');
  }

  #leaf(bytes: number): Buffer {
    const leaf = this.#leaves.shift();
    if (leaf?.length !== bytes) throw new Error(`a leaf of ${leaf?.length} bytes, ${bytes} expected`);
    return leaf;
  }

  templateSet(items: number): Buffer[] {
    const templates = Array.from({ length: this.next() }, () => {
      this.next();
      const slots = this.next();
      const pieces = Array.from({ length: slots + 1 }, () => this.take(this.next()));
      return { pieces, columns: Array.from({ length: slots }, () => this.next()) };
    });
    const sequence = this.#integers(items);
    const columns = Array.from({ length: this.next() }, () => this.#column());
    const out = sequence.map((number) => {
      const template = templates[number];
      if (template === undefined) throw new Error('no such template');
      return Buffer.concat(
        template.pieces.flatMap((piece, slot) => {
          if (slot === 0) return [piece];
          const value = columns[template.columns[slot - 1] ?? -1]?.shift();
          if (value === undefined) throw new Error('no value left');
          return [value, piece];
        }),
      );
    });
    if (columns.some(({ length }) => length > 0)) throw new Error('values left over');
    return out;
  }

  #column(): Buffer[] {
    const [bytes, leaves] = [this.next(), this.next()];
    const [from, leavesBefore] = [this.#at, this.#leaves.length];
    const count = this.next();
    const values = this.#values(count, this.next());
    if (this.#at - from !== bytes || leavesBefore - this.#leaves.length !== leaves) throw new Error('sizes');
    return values;
  }

  #values(count: number, kind: number): Buffer[] {
    switch (kind) {
      case 0: {
        const different = this.#texts(this.next());
        if (different.length === 1)
          return Array.from({ length: count }, () => different[0] ?? Buffer.alloc(0));
        const low = this.#leaf(count);
        const high = different.length > 256 ? this.#leaf(count) : undefined;
        return [...low].map((byte, i) => different[byte + 256 * (high?.[i] ?? 0)] ?? Buffer.from('none'));
      }
      case 1: {
        const decimals = this.next();
        return this.#integers(count).map((value) => {
          const digits = String(Math.abs(value)).padStart(decimals + 1, '0');
          const [whole, rest] = [digits.slice(0, digits.length - decimals), digits.slice(-decimals)];
          return Buffer.from(`${value < 0 ? '-' : ''}${whole}${decimals > 0 ? `.${rest}` : ''}`);
        });
      }
      case 2: {
        const model = this.take(this.next()).toString('latin1');
        let left = model.replace(/\D/g, '').length;
        let digits = Array.from({ length: count }, () => '');
        while (left > 0) {
          const size = left % 9 || 9;
          const group = this.#integers(count).map((value) => String(value).padStart(size, '0'));
          digits = digits.map((before, i) => before + group[i]);
          left -= size;
        }
        return digits.map((text) => {
          let at = 0;
          return Buffer.from(
            model.replace(/\d/g, () => text[at++] ?? '?'),
            'latin1',
          );
        });
      }
      case 3: {
        const model = this.take(this.next()).toString('latin1');
        const perValue = model.replaceAll('-', '').length;
        const digits = this.#leaf(Math.ceil((count * perValue) / 2)).toString('hex');
        let at = 0;
        return Array.from({ length: count }, () =>
          Buffer.from(model.replace(/[^-]/g, () => digits[at++] ?? '?')),
        );
      }
      case 4:
        return this.#texts(count);
      case 5:
        return this.templateSet(count);
      default:
        throw new Error(`kind ${kind}`);
    }
  }

  #texts(count: number): Buffer[] {
    const lengths = this.#integers(count);
    const bytes = this.#leaf(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    return lengths.map((length) => {
      at += length;
      return bytes.subarray(at - length, at);
    });
  }

  #integers(count: number): number[] {
    const form = this.next();
    const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    const base = zigzag(this.next());
    const planes = Array.from({ length: Math.floor(form / 2) }, () => this.#leaf(count));
    let last = base;
    return Array.from({ length: count }, (_, i) => {
      const stored = planes.reduce((sum, plane, p) => sum + (plane[i] ?? 0) * 256 ** p, 0);
      if (form % 2 === 0) return base + stored;
      last += zigzag(stored);
      return last;
    });
  }
}
