// The journal's export format, field by field: `NAME=value` and a newline, or `NAME`, a newline, the length in eight bytes
// (little endian) and as many bytes of value; an empty line ends the entry. What has not wholly come is looked at again
// when more of it is there.

const newline = 0x0a;
const equals = 0x3d;
const lengthBytes = 8;
/** journald takes no longer names. */
const nameBytesMax = 256;

/** `more`: what is there ends before a field or an entry does. */
export type ExportStep = 'field' | 'entry' | 'more';

/** Bytes that are no journal export. */
export class CorruptExportError extends Error {
  override readonly name = 'CorruptExportError';
}

export class JournalExportReader {
  bytes: Buffer;
  /** How much of `bytes` is there. */
  filled: number;
  /** Where the next field or the end of the entry is read. */
  position = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** No newline before this. */
  #searched = 0;

  constructor(bytes: Buffer, filled = bytes.length) {
    this.bytes = bytes;
    this.filled = filled;
  }

  /** What was before `start` is gone from `bytes`. */
  moveTo(bytes: Buffer, filled: number, start: number): void {
    this.bytes = bytes;
    this.filled = filled;
    this.position -= start;
    this.#searched = Math.max(0, this.#searched - start);
  }

  /** Reads one field, whose ranges are set then, or the end of an entry. Throws CorruptExportError. */
  next(): ExportStep {
    const { bytes, filled, position } = this;
    const lineEnd = bytes.indexOf(newline, Math.max(position, this.#searched));
    if (lineEnd < 0 || lineEnd >= filled) {
      this.#searched = filled;
      return 'more';
    }
    this.#searched = lineEnd;
    if (lineEnd === position) {
      this.position = lineEnd + 1;
      return 'entry';
    }
    this.nameStart = position;
    const nameEndMax = Math.min(lineEnd, position + nameBytesMax + 1);
    let at = position;
    while (at < nameEndMax && bytes[at] !== equals) at++;
    if (at === position || at - position > nameBytesMax)
      throw new CorruptExportError('a field whose name is empty or too long');
    this.nameEnd = at;
    if (at < lineEnd) {
      this.valueStart = at + 1;
      this.valueEnd = lineEnd;
      this.position = lineEnd + 1;
      return 'field';
    }
    return this.#binary(lineEnd + 1);
  }

  #binary(start: number): ExportStep {
    const { bytes, filled } = this;
    const valueStart = start + lengthBytes;
    if (valueStart > filled) return 'more';
    const length = bytes.readBigUInt64LE(start);
    if (length > BigInt(Number.MAX_SAFE_INTEGER))
      throw new CorruptExportError('a field of impossible length');
    const valueEnd = valueStart + Number(length);
    if (valueEnd >= filled) return 'more';
    if (bytes[valueEnd] !== newline) throw new CorruptExportError('a field that does not end where it says');
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    this.position = valueEnd + 1;
    return 'field';
  }
}
