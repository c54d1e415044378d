// A strict JSON reader over bytes that makes no strings it is not asked for: texts are unescaped in place, so the
// body's own memory holds the lines afterwards.
import { isUtf8 } from 'node:buffer';
import { badRequest, type PushError } from '../limits/push-error.ts';

/** Nesting of skipped values; a deeper one is refused instead of exhausting the stack. */
const depthMax = 512;

/** Bytes with every invalid UTF-8 byte replaced by U+FFFD; the same memory when there is none. */
export function validUtf8(bytes: Buffer): Buffer {
  return isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('utf8'));
}

/**
 * Reads one value after the other from `bytes`, which must be valid UTF-8 and is written to (unescaped texts).
 * Every method throws PushError 400, naming the place, when the JSON is not what it asks for.
 */
export class JsonReader {
  readonly bytes: Buffer;
  /** Range of the text read last, by {@link text} or {@link key}. */
  start = 0;
  end = 0;
  /** True when an escape stands somewhere in what {@link skip} has passed last. */
  hasEscapes = false;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Where the next byte is read: save it to come back by {@link seek}. */
  get position(): number {
    return this.#at;
  }

  /** Goes to a value that was skipped (or back behind one). */
  seek(position: number): void {
    this.#at = position;
  }

  /** True when the text read last is this ASCII text. */
  textIs(text: string): boolean {
    if (this.end - this.start !== text.length) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[this.start + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The text read last. */
  textString(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** First byte of the next value without reading it; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let at = this.#at;
    while (at < bytes.length && isJsonSpace(bytes[at] as number)) at++;
    this.#at = at;
    return at < bytes.length ? (bytes[at] as number) : 0;
  }

  /** What is next, for messages: "a number", "null", "the end of the body". */
  describe(): string {
    const byte = this.peek();
    if (this.#at >= this.bytes.length) return 'the end of the body';
    if (byte === 0x22) return 'a string';
    if (byte === 0x7b) return 'an object';
    if (byte === 0x5b) return 'an array';
    if (byte === 0x74 || byte === 0x66) return 'a boolean';
    if (byte === 0x6e) return 'null';
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'a number';
    return `'${String.fromCodePoint(this.bytes.toString('utf8', this.#at, this.#at + 4).codePointAt(0) ?? 0)}'`;
  }

  fault(message: string): PushError {
    return badRequest(`invalid JSON at byte ${this.#at}: ${message}`);
  }

  #expected(what: string): PushError {
    return this.fault(`expected ${what}, found ${this.describe()}`);
  }

  /** Enters an object: true when it has a first key (then call {@link key}). The next byte must be `{`. */
  enterObject(): boolean {
    this.#at++;
    if (this.peek() !== 0x7d) return true;
    this.#at++;
    return false;
  }

  /** Reads a key and the colon after it; its text is `[start, end)`. */
  key(): void {
    if (this.peek() !== 0x22) throw this.#expected('a key');
    this.text();
    if (this.peek() !== 0x3a) throw this.#expected("':'");
    this.#at++;
  }

  /** As {@link key}, but leaves the bytes alone: its range is JSON, with the quotes. */
  rawKey(): void {
    if (this.peek() !== 0x22) throw this.#expected('a key');
    const start = this.#at;
    this.#skipText();
    const end = this.#at;
    if (this.peek() !== 0x3a) throw this.#expected("':'");
    this.#at++;
    this.start = start;
    this.end = end;
  }

  /** After a value in an object: true when another key follows. */
  nextKey(): boolean {
    return this.#next(0x7d, "',' or '}'");
  }

  /** Enters an array: true when it has a first value. The next byte must be `[`. */
  enterArray(): boolean {
    this.#at++;
    if (this.peek() !== 0x5d) return true;
    this.#at++;
    return false;
  }

  /** After a value in an array: true when another follows. */
  nextValue(): boolean {
    return this.#next(0x5d, "',' or ']'");
  }

  #next(close: number, expected: string): boolean {
    const byte = this.peek();
    if (byte !== 0x2c && byte !== close) throw this.#expected(expected);
    this.#at++;
    return byte === 0x2c;
  }

  /** Reads a string (the next byte must be `"`): unescaped in place, its range is `[start, end)`. */
  text(): void {
    const { bytes } = this;
    const length = bytes.length;
    let at = this.#at + 1;
    this.start = at;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === 0x22) {
        this.end = at;
        this.#at = at + 1;
        return;
      }
      if (byte === 0x5c) {
        this.#unescape(at);
        return;
      }
      if (byte < 0x20) break;
      at++;
    }
    this.#unterminated(at);
  }

  #unterminated(at: number): never {
    this.#at = at;
    throw at < this.bytes.length
      ? this.fault(
          `control character 0x${(this.bytes[at] as number).toString(16).padStart(2, '0')} in a string`,
        )
      : this.fault('a string that does not end');
  }

  #unescape(first: number): void {
    const { bytes } = this;
    let at = first;
    let to = first;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === 0x22) {
        this.end = to;
        this.#at = at + 1;
        return;
      }
      if (byte < 0x20) break;
      if (byte !== 0x5c) {
        bytes[to++] = byte;
        at++;
        continue;
      }
      const escaped = bytes[at + 1] ?? 0;
      const simple = simpleEscapes[escaped] as number;
      if (simple !== 0) {
        bytes[to++] = simple;
        at += 2;
      } else if (escaped === 0x75) {
        let code = this.#hex4(at + 2);
        at += 6;
        if (code >= 0xd800 && code < 0xdc00 && bytes[at] === 0x5c && bytes[at + 1] === 0x75) {
          const low = this.#hex4(at + 2);
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
          }
        }
        to = writeUtf8(bytes, to, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
      } else {
        this.#at = at;
        throw this.fault('an escape that JSON does not know');
      }
    }
    this.#unterminated(at);
  }

  #hex4(start: number): number {
    let code = 0;
    for (let at = start; at < start + 4; at++) {
      const digit = hexDigit(this.bytes[at] ?? 0);
      if (digit < 0) {
        this.#at = at;
        throw this.fault('\\u needs four hexadecimal digits');
      }
      code = code * 16 + digit;
    }
    return code;
  }

  /** Skips the next value and answers its range. */
  skip(): void {
    this.peek();
    this.hasEscapes = false;
    const start = this.#at;
    this.#skipValue(0);
    this.start = start;
    this.end = this.#at;
  }

  #skipValue(depth: number): void {
    if (depth > depthMax) throw this.fault(`nested deeper than ${depthMax}`);
    const byte = this.peek();
    if (byte === 0x22) {
      this.#skipText();
    } else if (byte === 0x7b) {
      for (let more = this.enterObject(); more; more = this.nextKey()) {
        if (this.peek() !== 0x22) throw this.#expected('a key');
        this.#skipText();
        if (this.peek() !== 0x3a) throw this.#expected("':'");
        this.#at++;
        this.#skipValue(depth + 1);
      }
    } else if (byte === 0x5b) {
      for (let more = this.enterArray(); more; more = this.nextValue()) this.#skipValue(depth + 1);
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      this.#number();
    } else if (byte === 0x74) this.#word('true');
    else if (byte === 0x66) this.#word('false');
    else if (byte === 0x6e) this.#word('null');
    else throw this.#expected('a value');
  }

  /** As {@link text}, but leaves the bytes alone: the range of a skipped value stays JSON. */
  #skipText(): void {
    const { bytes } = this;
    let at = this.#at + 1;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === 0x22) {
        this.#at = at + 1;
        return;
      }
      if (byte < 0x20) break;
      if (byte === 0x5c) {
        this.hasEscapes = true;
        const escaped = bytes[at + 1] ?? 0;
        if (escaped === 0x75) this.#hex4(at + 2);
        else if (simpleEscapes[escaped] === 0) {
          this.#at = at;
          throw this.fault('an escape that JSON does not know');
        }
        at++;
      }
      at++;
    }
    this.#unterminated(at);
  }

  #number(): void {
    const { bytes } = this;
    let at = this.#at;
    if (bytes[at] === 0x2d) at++;
    const digits = (): number => {
      const from = at;
      while (at < bytes.length && isDigit(bytes[at] as number)) at++;
      return at - from;
    };
    const leadingZero = bytes[at] === 0x30;
    const whole = digits();
    let valid = whole > 0 && !(leadingZero && whole > 1);
    if (valid && bytes[at] === 0x2e) {
      at++;
      valid = digits() > 0;
    }
    if (valid && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
      valid = digits() > 0;
    }
    this.#at = at;
    if (!valid) throw this.fault('a number that JSON does not know');
  }

  /** Reads `null`, `true` or `false`. */
  #word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.#at + i] !== word.charCodeAt(i)) throw this.fault(`expected ${word}`);
    }
    this.#at += word.length;
  }
}

const isJsonSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const simpleEscapes = new Uint8Array(256);
for (const [letter, byte] of Object.entries({
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
})) {
  simpleEscapes[letter.charCodeAt(0)] = byte;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Writes a character; never more bytes than its escape took. Answers the place after it. */
function writeUtf8(bytes: Uint8Array, start: number, code: number): number {
  let to = start;
  if (code < 0x80) bytes[to++] = code;
  else if (code < 0x800) {
    bytes[to++] = 0xc0 | (code >> 6);
    bytes[to++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[to++] = 0xe0 | (code >> 12);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[to++] = 0x80 | (code & 0x3f);
  } else {
    bytes[to++] = 0xf0 | (code >> 18);
    bytes[to++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[to++] = 0x80 | (code & 0x3f);
  }
  return to;
}
