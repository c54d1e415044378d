// A journal export on its way, cut after whole entries into pieces that are pushes of their own: an uploader's first
// request holds all of a machine's journal.
import { CorruptExportError, JournalExportReader } from '../../formats/journal-export.ts';

export class ExportPieces {
  readonly #bytesMax: number;
  #bytes = Buffer.allocUnsafeSlow(0);
  #filled = 0;
  readonly #reader = new JournalExportReader(this.#bytes, 0);
  /** Where the last whole entry ends. */
  #wholeBytes = 0;

  /** `bytesMax`: the longest entry. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of whole entries. */
  get wholeBytes(): number {
    return this.#wholeBytes;
  }

  /** Bytes of an entry that is not whole yet. */
  get restBytes(): number {
    return this.#filled - this.#wholeBytes;
  }

  /** Throws CorruptExportError for what is no export, and for an entry that is too long. */
  add(chunk: Buffer): void {
    if (this.restBytes + chunk.length > this.#bytesMax)
      throw new CorruptExportError(`an entry of more than ${this.#bytesMax} bytes`);
    const needed = this.#filled + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#filled);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#filled);
    this.#filled = needed;
    this.#reader.moveTo(this.#bytes, needed, 0);
    for (;;) {
      const step = this.#reader.next();
      if (step === 'more') return;
      if (step === 'entry') this.#wholeBytes = this.#reader.position;
    }
  }

  /** Takes the whole entries out, as memory that can be transferred. */
  take(): ArrayBuffer {
    const whole = this.#bytes.subarray(0, this.#wholeBytes);
    const piece = Uint8Array.prototype.slice.call(whole).buffer as ArrayBuffer;
    this.#bytes.copyWithin(0, this.#wholeBytes, this.#filled);
    this.#filled -= this.#wholeBytes;
    this.#reader.moveTo(this.#bytes, this.#filled, this.#wholeBytes);
    this.#wholeBytes = 0;
    return piece;
  }
}
