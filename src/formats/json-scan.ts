// A forgiving JSON scanner over text. Loki reads JSON by walking it, not by validating it: what is behind the last
// field it needs may be broken, and which error a broken line gives depends on where the walk stops. These functions
// walk the same way.

export const jsonErrors = {
  json: 'Malformed JSON error',
  object: "Value looks like object, but can't find closing '}' symbol",
  array: "Value is array, but can't find closing ']' symbol",
  string: "Value is string, but can't find closing '\"' symbol",
  value: "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol",
  type: 'Unknown value type',
  escape: 'Encountered an invalid escape sequence in a string',
} as const;
export type JsonError = (typeof jsonErrors)[keyof typeof jsonErrors];

export type JsonType = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** A value found by {@link readJsonValue}: `text.slice(start, end)`, for strings without the quotes. */
export interface JsonValue {
  type: JsonType;
  start: number;
  end: number;
  /** Offset after the value, closing quote included. */
  next: number;
}

const quote = 0x22;
const backslash = 0x5c;

/** Offset of the next character that is not white space, or -1. */
export function nextToken(text: string, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
  }
  return -1;
}

/** Offset of the quote that ends the string whose first character is at `from`, or -1. */
export function stringEnd(text: string, from: number, end: number): number {
  let i = from;
  for (;;) {
    i = text.indexOf('"', i);
    if (i < 0 || i >= end) return -1;
    let k = i - 1;
    while (k >= from && text.charCodeAt(k) === backslash) k--;
    if ((i - 1 - k) % 2 === 0) return i;
    i++;
  }
}

/** Offset after the bracket that closes the one at `from`, or -1. */
export function blockEnd(text: string, from: number, end: number): number {
  const open = text.charCodeAt(from);
  const close = open + 2;
  let level = 0;
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) {
      i = stringEnd(text, i + 1, end);
      if (i < 0) return -1;
    } else if (c === open) level++;
    else if (c === close && --level === 0) return i + 1;
  }
  return -1;
}

/** Reads the value at or after `from` into `value`; gives the error's text when there is none. */
export function readJsonValue(
  text: string,
  from: number,
  end: number,
  value: JsonValue,
): JsonError | undefined {
  const start = nextToken(text, from, end);
  if (start < 0) return jsonErrors.json;
  const c = text.charCodeAt(start);
  if (c === quote) {
    const close = stringEnd(text, start + 1, end);
    if (close < 0) return jsonErrors.string;
    value.type = 'string';
    value.start = start + 1;
    value.end = close;
    value.next = close + 1;
    return undefined;
  }
  value.start = start;
  if (c === 0x7b || c === 0x5b) {
    const close = blockEnd(text, start, end);
    if (close < 0) return c === 0x7b ? jsonErrors.object : jsonErrors.array;
    value.type = c === 0x7b ? 'object' : 'array';
    value.end = close;
    value.next = close;
    return undefined;
  }
  let stop = start;
  while (stop < end && !endsToken(text.charCodeAt(stop))) stop++;
  value.end = stop;
  value.next = stop;
  if ((c >= 0x30 && c <= 0x39) || c === 0x2d) value.type = 'number';
  else if (isWord(text, start, stop, 'true') || isWord(text, start, stop, 'false')) value.type = 'boolean';
  else if (isWord(text, start, stop, 'null')) value.type = 'null';
  else return jsonErrors.type;
  return undefined;
}

const isWord = (text: string, start: number, end: number, word: string): boolean =>
  end - start === word.length && text.startsWith(word, start);

const endsToken = (c: number): boolean =>
  c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/** A string's text with escapes resolved; undefined when an escape is broken (a lone surrogate is). */
export function unescapeJson(raw: string): string | undefined {
  let at = raw.indexOf('\\');
  if (at < 0) return raw;
  let out = '';
  let from = 0;
  while (at >= 0) {
    out += raw.slice(from, at);
    const c = raw.charCodeAt(at + 1);
    if (c === 0x75) {
      const unit = hex4(raw, at + 2);
      if (unit < 0) return undefined;
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const low = hex4(raw, at + 8);
        if (low < 0xdc00) return undefined;
        const point = (((unit - 0xd800) << 10) | (low - 0xdc00)) + 0x10000;
        if (point > 0x10ffff) return undefined;
        out += String.fromCodePoint(point);
        from = at + 12;
      } else {
        out += String.fromCharCode(unit);
        from = at + 6;
      }
    } else {
      const plain = escapes.get(c);
      if (plain === undefined) return undefined;
      out += plain;
      from = at + 2;
    }
    at = raw.indexOf('\\', from);
  }
  return out + raw.slice(from);
}

const escapes = new Map<number, string>(
  [...'"\\/']
    .map((c): [number, string] => [c.charCodeAt(0), c])
    .concat([
      [0x62, '\b'],
      [0x66, '\f'],
      [0x6e, '\n'],
      [0x72, '\r'],
      [0x74, '\t'],
    ]),
);

/** The number of four hex digits, or -1. */
function hex4(text: string, from: number): number {
  let value = 0;
  for (let i = from; i < from + 4; i++) {
    const c = text.charCodeAt(i) | 0x20;
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
    // `| 0x20` folds some controls onto digits: look at the character itself.
    if (digit < 0 || (digit < 10 && text.charCodeAt(i) !== c)) return -1;
    value = value * 16 + digit;
  }
  return value;
}

const replacement = /\uFFFD/g;

/** What a label gets for a value: strings unescaped ('' when broken), null empty, all else as it is written. */
export function jsonLabelValue(text: string, value: JsonValue): string {
  if (value.type === 'null') return '';
  const raw = text.slice(value.start, value.end);
  return value.type === 'number' || value.type === 'boolean' || value.type === 'object'
    ? raw
    : unescapedLabel(raw);
}

/** An unescaped string as a label value. U+FFFD, which marks broken UTF-8, becomes a space. */
export function unescapedLabel(raw: string): string {
  const text = unescapeJson(raw) ?? '';
  return text.includes('\uFFFD') ? text.replace(replacement, ' ') : text;
}
