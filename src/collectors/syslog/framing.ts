// Syslog over a stream: where one message ends and the next begins (RFC 6587).
//   octet counting:  "72 <139>1 2026-…"   the number of bytes, a space, the message
//   newlines:        "<139>1 2026-…\n"    also NUL, which some senders use
// The first byte of each message tells which: a digit counts, anything else runs to the newline.

const newline = 10;
const nul = 0;
const space = 32;
const digitsMax = 9;

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

export interface FramerOptions {
  /** Of a longer message the beginning is kept. */
  readonly messageBytesMax: number;
  /** A message, without its frame; a view, valid during the call. */
  readonly onMessage: (bytes: Buffer, cut: boolean) => void;
}

/** Cuts a connection's bytes into messages, wherever the chunks are cut. Holds at most one message. */
export class SyslogFramer {
  readonly #options: FramerOptions;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a message that was cut and handed on; left to skip: a number, or up to the newline. */
  #skip: number | 'line' = 0;

  constructor(options: FramerOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#skip === 0 ? this.#take(bytes, at) : this.#skipped(bytes, at);
      if (next < 0) break;
      at = next;
    }
    // A copy: a view would keep the whole chunk alive.
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** The connection has ended: a last message without newline is one. */
  end(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length === 0 || this.#skip !== 0) return;
    const message = withoutCount(rest);
    const { messageBytesMax } = this.#options;
    this.#emit(message.subarray(0, messageBytesMax), message.length > messageBytesMax);
  }

  /** Offset behind the message at `at`; -1 when it is not whole. */
  #take(bytes: Buffer, at: number): number {
    const first = bytes[at] as number;
    if (first === newline || first === nul) return at + 1;
    return isDigit(first) && first !== 48 ? this.#counted(bytes, at) : this.#line(bytes, at);
  }

  #counted(bytes: Buffer, at: number): number {
    let end = at;
    while (end < bytes.length && end - at < digitsMax && isDigit(bytes[end] as number)) end++;
    if (end === bytes.length && end - at < digitsMax) return -1;
    // Digits and no space: text that begins with a number.
    if (bytes[end] !== space) return this.#line(bytes, at);
    const length = Number(bytes.toString('latin1', at, end));
    const start = end + 1;
    const { messageBytesMax } = this.#options;
    if (length > messageBytesMax) {
      if (bytes.length - start < messageBytesMax) return -1;
      this.#emit(bytes.subarray(start, start + messageBytesMax), true);
      this.#skip = length - messageBytesMax;
      return start + messageBytesMax;
    }
    if (bytes.length - start < length) return -1;
    this.#emit(bytes.subarray(start, start + length), false);
    return start + length;
  }

  #line(bytes: Buffer, at: number): number {
    const end = lineEnd(bytes, at);
    const { messageBytesMax } = this.#options;
    if (end < 0 ? bytes.length - at > messageBytesMax : end - at > messageBytesMax) {
      this.#emit(bytes.subarray(at, at + messageBytesMax), true);
      this.#skip = 'line';
      return at + messageBytesMax;
    }
    if (end < 0) return -1;
    this.#emit(bytes.subarray(at, end), false);
    return end + 1;
  }

  #skipped(bytes: Buffer, at: number): number {
    if (this.#skip === 'line') {
      const end = lineEnd(bytes, at);
      if (end >= 0) this.#skip = 0;
      return end < 0 ? bytes.length : end + 1;
    }
    const count = Math.min(this.#skip, bytes.length - at);
    this.#skip -= count;
    return at + count;
  }

  #emit(bytes: Buffer, cut: boolean): void {
    let end = bytes.length;
    // The count of some senders covers a newline.
    while (end > 0 && (bytes[end - 1] === newline || bytes[end - 1] === nul)) end--;
    if (end > 0) this.#options.onMessage(bytes.subarray(0, end), cut);
  }
}

/** Offset of the newline or NUL at or after `at`, or -1. */
function lineEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf(newline, at);
  const zero = bytes.subarray(at, line < 0 ? bytes.length : line).indexOf(nul);
  return zero < 0 ? line : at + zero;
}

/** What came of a counted message that was not whole. */
function withoutCount(bytes: Buffer): Buffer {
  const count = /^[1-9]\d{0,8} (?=<)/.exec(bytes.toString('latin1', 0, digitsMax + 2));
  return bytes.subarray(count?.[0].length ?? 0);
}
