// The members of a JSON object as places in its text, found by one walk that is as strict as JSON.parse and makes no
// objects: of most that a line holds nobody asks.

/** What a value is, as far as its text says it without being parsed. */
export const valueKinds = {
  text: 0,
  escapedText: 1,
  integer: 2,
  number: 3,
  boolean: 4,
  null: 5,
  nested: 6,
} as const;
export type ValueKind = (typeof valueKinds)[keyof typeof valueKinds];

/** Objects with more members, and those that go deeper, are left to JSON.parse. */
const membersMax = 128;
const depthMax = 64;
/** Up to this many digits a whole number is written as it is printed. */
const integerDigitsMax = 15;
/** Numbers kept of a member: start and end of its name, start and end of its value, the value's kind. */
const memberLength = 5;

const quote = 34;
const plus = 43;
const comma = 44;
const minus = 45;
const dot = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

export class JsonMembers {
  /** How many there are; names may repeat. */
  count = 0;
  #line = '';
  /** The line, or a text that it is part of. */
  #text = '';
  #isRead = false;
  readonly #places = new Int32Array(membersMax * memberLength);
  /** Of the objects and arrays that are open in a nested value: what closes them. */
  readonly #closing = new Uint8Array(depthMax);
  /** Of the name read last. */
  #nameStart = 0;
  #nameEnd = 0;
  /** Of the value read last. */
  #kind: ValueKind = valueKinds.null;

  /**
   * Reads the members of a line; of the one read last nothing is read again. False when it is no JSON object for
   * JSON.parse, or one that is left to it: with escapes in its names, very many members or very deep ones.
   */
  read(line: string): boolean {
    return line === this.#line ? this.#isRead : this.readPart(line, line, 0, line.length);
  }

  /** As `read`, for a line that is `text.slice(start, end)`: its characters are reached faster there. */
  readPart(line: string, text: string, start: number, end: number): boolean {
    this.#line = line;
    this.#text = text;
    this.count = 0;
    this.#isRead = this.#walk(start, end);
    return this.#isRead;
  }

  /** What the places are in. */
  get text(): string {
    return this.#text;
  }

  /** The last member of that name, which JSON.parse would keep; -1 when there is none. */
  find(name: string): number {
    const text = this.#text;
    for (let member = this.count - 1; member >= 0; member--) {
      const start = this.nameStart(member);
      if (this.nameEnd(member) - start === name.length && text.startsWith(name, start)) return member;
    }
    return -1;
  }

  name(member: number): string {
    return this.#text.slice(this.nameStart(member), this.nameEnd(member));
  }

  nameStart(member: number): number {
    return this.#places[member * memberLength] as number;
  }

  nameEnd(member: number): number {
    return this.#places[member * memberLength + 1] as number;
  }

  /** As it is written, texts with their quotes. */
  value(member: number): string {
    return this.#text.slice(this.valueStart(member), this.valueEnd(member));
  }

  valueStart(member: number): number {
    return this.#places[member * memberLength + 2] as number;
  }

  valueEnd(member: number): number {
    return this.#places[member * memberLength + 3] as number;
  }

  kind(member: number): ValueKind {
    return this.#places[member * memberLength + 4] as ValueKind;
  }

  #walk(from: number, end: number): boolean {
    const text = this.#text;
    let at = skipSpace(text, from, end);
    if (at === end || text.charCodeAt(at) !== openBrace) return false;
    at = skipSpace(text, at + 1, end);
    if (at < end && text.charCodeAt(at) === closeBrace) return skipSpace(text, at + 1, end) === end;
    for (;;) {
      at = this.#member(at, end);
      if (at < 0) return false;
      at = skipSpace(text, at, end);
      const code = at < end ? text.charCodeAt(at) : -1;
      if (code === closeBrace) return skipSpace(text, at + 1, end) === end;
      if (code !== comma) return false;
      at = skipSpace(text, at + 1, end);
    }
  }

  /** Keeps the member at `from`; the place after it, or -1. */
  #member(from: number, end: number): number {
    const start = this.#nameThrough(from, end);
    if (start < 0 || this.count === membersMax) return -1;
    const nameStart = this.#nameStart;
    const nameEnd = this.#nameEnd;
    if (this.#kind === valueKinds.escapedText || start === end) return -1;
    const first = this.#text.charCodeAt(start);
    const isNested = first === openBrace || first === openBracket;
    const valueEnd = isNested ? this.#nestedEnd(start, end) : this.#valueEnd(start, end);
    if (valueEnd < 0) return -1;
    const at = this.count++ * memberLength;
    this.#places[at] = nameStart;
    this.#places[at + 1] = nameEnd;
    this.#places[at + 2] = start;
    this.#places[at + 3] = valueEnd;
    this.#places[at + 4] = isNested ? valueKinds.nested : this.#kind;
    return valueEnd;
  }

  /** Reads a name and its colon; where the value begins, or -1. */
  #nameThrough(from: number, end: number): number {
    const text = this.#text;
    if (from >= end || text.charCodeAt(from) !== quote) return -1;
    const close = this.#stringEnd(from + 1, end);
    if (close < 0) return -1;
    this.#nameStart = from + 1;
    this.#nameEnd = close;
    const at = skipSpace(text, close + 1, end);
    if (at >= end || text.charCodeAt(at) !== colon) return -1;
    return skipSpace(text, at + 1, end);
  }

  /** The place after an object or array, or -1. */
  #nestedEnd(from: number, end: number): number {
    const text = this.#text;
    let depth = 0;
    let at = from;
    while (at >= 0 && at < end) {
      const first = text.charCodeAt(at);
      if (first === openBrace || first === openBracket) {
        if (depth === depthMax) return -1;
        const closing = first === openBrace ? closeBrace : closeBracket;
        this.#closing[depth++] = closing;
        at = skipSpace(text, at + 1, end);
        if (at === end) return -1;
        if (text.charCodeAt(at) !== closing) {
          if (closing === closeBrace) at = this.#nameThrough(at, end);
          continue;
        }
      } else {
        at = this.#valueEnd(at, end);
        if (at < 0) return -1;
        at = skipSpace(text, at, end);
      }
      while (at < end && text.charCodeAt(at) === this.#closing[depth - 1]) {
        if (--depth === 0) return at + 1;
        at = skipSpace(text, at + 1, end);
      }
      if (at >= end || text.charCodeAt(at) !== comma) return -1;
      at = skipSpace(text, at + 1, end);
      if (this.#closing[depth - 1] === closeBrace) at = this.#nameThrough(at, end);
    }
    return -1;
  }

  /** The place after a value that is neither object nor array, or -1. Sets its kind. */
  #valueEnd(from: number, end: number): number {
    switch (this.#text.charCodeAt(from)) {
      case quote:
        return this.#stringEnd(from + 1, end) + 1 || -1;
      case 116:
        return this.#wordEnd('true', valueKinds.boolean, from, end);
      case 102:
        return this.#wordEnd('false', valueKinds.boolean, from, end);
      case 110:
        return this.#wordEnd('null', valueKinds.null, from, end);
      default:
        return this.#numberEnd(from, end);
    }
  }

  #wordEnd(word: string, kind: ValueKind, from: number, end: number): number {
    this.#kind = kind;
    const to = from + word.length;
    return to <= end && this.#text.startsWith(word, from) ? to : -1;
  }

  #numberEnd(from: number, end: number): number {
    const text = this.#text;
    const isNegative = text.charCodeAt(from) === minus;
    const start = isNegative ? from + 1 : from;
    const whole = digitsEnd(text, start, end);
    if (whole === start) return -1;
    const isZero = text.charCodeAt(start) === zero;
    if (isZero && whole > start + 1) return -1;
    this.#kind =
      whole - start <= integerDigitsMax && !(isZero && isNegative) ? valueKinds.integer : valueKinds.number;
    let at = whole;
    if (at < end && text.charCodeAt(at) === dot) {
      this.#kind = valueKinds.number;
      const part = at + 1;
      at = digitsEnd(text, part, end);
      if (at === part) return -1;
    }
    if (at < end && (text.charCodeAt(at) | 0x20) === 0x65) {
      this.#kind = valueKinds.number;
      const sign = at + 1 < end ? text.charCodeAt(at + 1) : 0;
      const power = sign === plus || sign === minus ? at + 2 : at + 1;
      at = digitsEnd(text, power, end);
      if (at === power) return -1;
    }
    return at;
  }

  /** The place of the quote that closes a string whose text begins at `from`, or -1. Sets its kind. */
  #stringEnd(from: number, end: number): number {
    const text = this.#text;
    this.#kind = valueKinds.text;
    for (let at = from; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) return at;
      if (code < 32) return -1;
      if (code !== backslash) continue;
      this.#kind = valueKinds.escapedText;
      const escaped = ++at < end ? text.charCodeAt(at) : 0;
      if (escaped === 117) {
        if (at + 4 >= end || !isHex(text, at + 1)) return -1;
        at += 4;
      } else if (!isEscape(escaped)) return -1;
    }
    return -1;
  }
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
    at++;
  }
  return at;
}

function digitsEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) break;
    at++;
  }
  return at;
}

/** `"`, `/`, `\`, b, f, n, r, t. */
const isEscape = (code: number): boolean =>
  code === quote ||
  code === 47 ||
  code === backslash ||
  code === 98 ||
  code === 102 ||
  code === 110 ||
  code === 114 ||
  code === 116;

/** Four digits of 16. */
function isHex(text: string, from: number): boolean {
  for (let at = from; at < from + 4; at++) {
    const code = text.charCodeAt(at);
    const letter = code | 0x20;
    if ((code < zero || code > nine) && (letter < 97 || letter > 102)) return false;
  }
  return true;
}
