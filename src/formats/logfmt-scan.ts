// The logfmt scanner: one key and value at a time, over text. It forgives like Loki's: what it cannot read is skipped
// up to the next white space, and the first error is kept for `--strict`.

export class LogfmtScanner {
  #text = '';
  #at = 0;
  key = '';
  value = '';
  #errorAt = 0;
  #errorText = '';

  reset(text: string): void {
    this.#text = text;
    this.#at = 0;
    this.#errorText = '';
  }

  /** Text of the last error, '' for none: `logfmt syntax error at pos 4 : unexpected '='`, positions in bytes from 1. */
  get error(): string {
    if (this.#errorText === '') return '';
    const position = Buffer.byteLength(this.#text.slice(0, this.#errorAt)) + 1;
    return `logfmt syntax error at pos ${position} : ${this.#errorText}`;
  }

  /** True at the end of the text. */
  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Reads the next pair into `key` and `value`; false when there is none or it cannot be read (see `error`). */
  next(): boolean {
    const text = this.#text;
    const length = text.length;
    this.key = '';
    this.value = '';
    let at = this.#at;
    while (at < length && text.charCodeAt(at) <= 0x20) at++;
    const start = at;
    if (at >= length) {
      this.#at = length;
      return false;
    }
    for (; at < length; at++) {
      const c = text.charCodeAt(at);
      if (c === 0x3d || c === 0x22 || c <= 0x20) break;
    }
    const c = at < length ? text.charCodeAt(at) : 0x20;
    if (c === 0x22 || (c === 0x3d && at === start)) return this.#unexpected(at);
    this.key = text.slice(start, at);
    this.#at = at;
    if (this.key.includes('\uFFFD')) return this.#fail(at, 'invalid key');
    if (c !== 0x3d) return true;
    this.#at = ++at;
    if (at >= length || text.charCodeAt(at) <= 0x20) return true;
    return text.charCodeAt(at) === 0x22 ? this.#quoted(at) : this.#plain(at);
  }

  #plain(start: number): boolean {
    const text = this.#text;
    let at = start;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 0x3d || c === 0x22) return this.#unexpected(at);
      if (c <= 0x20) break;
    }
    this.value = text.slice(start, at);
    this.#at = at;
    return true;
  }

  #quoted(open: number): boolean {
    const text = this.#text;
    let escaped = false;
    for (let at = open + 1; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 0x5c) {
        escaped = true;
        at++;
      } else if (c === 0x22) {
        this.#at = at + 1;
        const raw = text.slice(open + 1, at);
        const value = escaped ? unquote(raw) : raw;
        if (value === undefined) return this.#fail(this.#at, 'invalid quoted value');
        this.value = value;
        return true;
      }
    }
    this.#at = text.length;
    return this.#fail(text.length, 'unterminated quoted value');
  }

  /** An error at `at`; scanning goes on after the next white space. */
  #unexpected(at: number): boolean {
    const text = this.#text;
    let next = at;
    while (next < text.length && text.charCodeAt(next) > 0x20) next++;
    this.#at = next;
    return this.#fail(at, `unexpected '${text[at]}'`);
  }

  #fail(at: number, what: string): boolean {
    this.#errorAt = at;
    this.#errorText = what;
    return false;
  }
}

/** Escapes of a quoted value, JSON's and `\'`; a lone surrogate becomes U+FFFD. Undefined when one is unknown. */
function unquote(raw: string): string | undefined {
  let out = '';
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i);
    if (c < 0x20) return undefined;
    if (c !== 0x5c) {
      out += raw[i];
      continue;
    }
    const letter = raw[++i];
    if (letter === 'u') {
      const hex = raw.slice(i + 1, i + 5);
      if (!hexDigits.test(hex)) return undefined;
      out += String.fromCharCode(Number.parseInt(hex, 16));
      i += 4;
    } else {
      const plain = letter === undefined ? undefined : escapes.get(letter);
      if (plain === undefined) return undefined;
      out += plain;
    }
  }
  return out.replace(loneSurrogate, '\uFFFD');
}

const loneSurrogate = /\p{Surrogate}/gu;
const hexDigits = /^[0-9a-fA-F]{4}$/;
const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ["'", "'"],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
