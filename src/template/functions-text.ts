// String functions: Go's strings package by its own names, sprig's lower-case ones, encodings, regexes.
import { isGoSpace, trimGoSpace } from '../go/space.ts';
import { type FunctionTable, fixed, type TemplateFunction, variadic } from './function-table.ts';
import { outputLengthMax } from './limits.ts';
import { countMatches, replaceAllMatches, replaceAllMatchesLiteral } from './regex.ts';
import { FunctionError } from './template-error.ts';
import { isTrue, type Value } from './value.ts';

type Text = (...args: string[]) => Value;
const texts = (count: number, call: Text): TemplateFunction => fixed(Array(count).fill('string'), call);

function trimLeft(text: string, cutset: string): string {
  const characters = [...text];
  let start = 0;
  while (start < characters.length && cutset.includes(characters[start] as string)) start++;
  return characters.slice(start).join('');
}
function trimRight(text: string, cutset: string): string {
  const characters = [...text];
  let end = characters.length;
  while (end > 0 && cutset.includes(characters[end - 1] as string)) end--;
  return characters.slice(0, end).join('');
}
const trimBoth = (text: string, cutset: string): string => trimRight(trimLeft(text, cutset), cutset);
const trimPrefix = (text: string, prefix: string): string =>
  prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length) : text;
const trimSuffix = (text: string, suffix: string): string =>
  suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;

/** strings.Replace: at most `count` replacements, all when negative; an empty `from` matches around each character. */
function replaceCount(text: string, from: string, to: string, count: bigint): string {
  const limit = count < 0n ? Number.POSITIVE_INFINITY : Number(count);
  const pieces = from === '' ? ['', ...text, ''] : text.split(from);
  const cuts = Math.min(pieces.length - 1, limit);
  bounded(text.length + cuts * to.length);
  if (from === '') {
    const characters = [...text];
    return (
      characters.map((c, i) => (i < limit ? to + c : c)).join('') + (characters.length < limit ? to : '')
    );
  }
  return [...pieces.slice(0, cuts), pieces.slice(cuts).join(from)].join(to);
}

function bounded(length: number): void {
  if (length > outputLengthMax)
    throw new FunctionError(`result too long: more than ${outputLengthMax} characters`);
}

function repeat(count: bigint, text: string): string {
  if (count < 0n) throw new FunctionError('strings: negative Repeat count');
  bounded(Number(count) * text.length);
  return text.repeat(Number(count));
}

function indent(spaces: bigint, text: string): string {
  const padding = repeat(spaces, ' ');
  bounded(text.length + (text.split('\n').length + 1) * padding.length);
  return padding + text.replaceAll('\n', `\n${padding}`);
}

/** Text of bytes as Go's JSON encoder shows it: each byte that is not UTF-8 becomes one U+FFFD. */
export function textOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    out += length === 0 ? '\ufffd' : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return out;
}

/** Bytes of the valid UTF-8 sequence at a position; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const text = bytes.toString('utf8', at, at + length);
  return Buffer.byteLength(text) === length && (text !== '\ufffd' || first === 0xef) && [...text].length === 1
    ? length
    : 0;
}

/** Cuts by bytes, as Go slices strings. */
export function sliceBytes(text: string, start: number, end: number): string {
  return textOfBytes(Buffer.from(text).subarray(start, end));
}

function trunc(count: bigint, text: string): string {
  const length = Buffer.byteLength(text);
  const n = Number(count);
  if (n < 0 && length + n > 0) return sliceBytes(text, length + n, length);
  return n >= 0 && length > n ? sliceBytes(text, 0, n) : text;
}

function substr(from: bigint, to: bigint, text: string): string {
  const length = Buffer.byteLength(text);
  const [start, end] = [Number(from), Number(to)];
  if (start < 0) {
    if (end < 0 || end > length) throw outOfRange(end, length);
    return sliceBytes(text, 0, end);
  }
  if (end < 0 || end > length) {
    if (start > length) throw outOfRange(start, length);
    return sliceBytes(text, start, length);
  }
  if (start > end) throw new FunctionError(`runtime error: slice bounds out of range [${start}:${end}]`);
  return sliceBytes(text, start, end);
}

const outOfRange = (index: number, length: number): FunctionError =>
  new FunctionError(`runtime error: slice bounds out of range [:${index}] with length ${length}`);

/** strings.Title: the first letter of each word, a word being letters, digits and underscores. */
function title(text: string): string {
  let previous = ' ';
  let out = '';
  for (const c of text) {
    const inWord = /[\p{L}\p{Nd}_]/u.test(previous) || (previous > '\x7f' && !isGoSpace(previous));
    out += inWord ? c : c.toUpperCase();
    previous = c;
  }
  return out;
}

function align(count: bigint, text: string, left: boolean): string {
  const n = Number(count);
  if (n < 0) return text;
  bounded(n);
  const characters = [...text];
  if (characters.length >= n)
    return (left ? characters.slice(0, n) : characters.slice(characters.length - n)).join('');
  const padding = ' '.repeat(n - characters.length);
  return left ? text + padding : padding + text;
}

const queryUnreserved = /[A-Za-z0-9_.~-]/;

/** url.QueryEscape. */
export function queryEscape(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) {
    const c = String.fromCharCode(byte);
    if (byte < 0x80 && queryUnreserved.test(c)) out += c;
    else out += c === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** url.QueryUnescape. */
function queryUnescape(text: string): string {
  const bytes: Buffer[] = [];
  for (let at = 0; at < text.length; ) {
    const special = /[%+]/g;
    special.lastIndex = at;
    const found = special.exec(text);
    if (found === null) {
      bytes.push(Buffer.from(text.slice(at)));
      break;
    }
    bytes.push(Buffer.from(text.slice(at, found.index)));
    if (found[0] === '+') {
      bytes.push(Buffer.from(' '));
      at = found.index + 1;
      continue;
    }
    const escaped = text.slice(found.index, found.index + 3);
    if (!/^%[0-9a-fA-F]{2}$/.test(escaped))
      throw new FunctionError(`invalid URL escape ${JSON.stringify(escaped)}`);
    bytes.push(Buffer.from(escaped.slice(1), 'hex'));
    at = found.index + 3;
  }
  return textOfBytes(Buffer.concat(bytes));
}

/** Standard alphabet, padding optional; what is wrong comes back as text, as sprig does it. */
function base64Decode(text: string): string {
  const clean = text.replace(/[\r\n]/g, '');
  const valid = /^[A-Za-z0-9+/]*/.exec(clean)?.[0].length ?? 0;
  const padding = clean.slice(valid);
  const complete =
    valid % 4 !== 1 && (padding === '' || (/^={1,2}$/.test(padding) && (valid + padding.length) % 4 === 0));
  if (!complete) return `illegal base64 data at input byte ${valid}`;
  return textOfBytes(Buffer.from(clean, 'base64'));
}

function isEmpty(value: Value): boolean {
  return !isTrue(value);
}

export const textFunctions: FunctionTable = {
  ToLower: texts(1, (s = '') => s.toLowerCase()),
  ToUpper: texts(1, (s = '') => s.toUpperCase()),
  Replace: fixed(['string', 'string', 'string', 'int'], replaceCount as (...args: never[]) => Value),
  Trim: texts(2, (s = '', cutset = '') => trimBoth(s, cutset)),
  TrimLeft: texts(2, (s = '', cutset = '') => trimLeft(s, cutset)),
  TrimRight: texts(2, (s = '', cutset = '') => trimRight(s, cutset)),
  TrimPrefix: texts(2, (s = '', prefix = '') => trimPrefix(s, prefix)),
  TrimSuffix: texts(2, (s = '', suffix = '') => trimSuffix(s, suffix)),
  TrimSpace: texts(1, (s = '') => trimGoSpace(s)),

  lower: texts(1, (s = '') => s.toLowerCase()),
  upper: texts(1, (s = '') => s.toUpperCase()),
  title: texts(1, (s = '') => title(s)),
  trunc: fixed(['int', 'string'], trunc as (...args: never[]) => Value),
  substr: fixed(['int', 'int', 'string'], substr as (...args: never[]) => Value),
  contains: texts(2, (part = '', s = '') => s.includes(part)),
  hasPrefix: texts(2, (prefix = '', s = '') => s.startsWith(prefix)),
  hasSuffix: texts(2, (suffix = '', s = '') => s.endsWith(suffix)),
  indent: fixed(['int', 'string'], indent as (...args: never[]) => Value),
  nindent: fixed(
    ['int', 'string'],
    ((n: bigint, s: string) => `\n${indent(n, s)}`) as (...args: never[]) => Value,
  ),
  replace: texts(3, (from = '', to = '', s = '') => replaceCount(s, from, to, -1n)),
  repeat: fixed(['int', 'string'], repeat as (...args: never[]) => Value),
  trim: texts(1, (s = '') => trimGoSpace(s)),
  trimAll: texts(2, (cutset = '', s = '') => trimBoth(s, cutset)),
  trimPrefix: texts(2, (prefix = '', s = '') => trimPrefix(s, prefix)),
  trimSuffix: texts(2, (suffix = '', s = '') => trimSuffix(s, suffix)),
  alignLeft: fixed(['int', 'string'], ((n: bigint, s: string) => align(n, s, true)) as (
    ...args: never[]
  ) => Value),
  alignRight: fixed(['int', 'string'], ((n: bigint, s: string) => align(n, s, false)) as (
    ...args: never[]
  ) => Value),
  default: variadic(['any'], 'any', ([fallback, given]) => (isEmpty(given) ? fallback : given)),

  b64enc: texts(1, (s = '') => Buffer.from(s).toString('base64')),
  b64dec: texts(1, (s = '') => base64Decode(s)),
  urlencode: texts(1, (s = '') => queryEscape(s)),
  urldecode: texts(1, (s = '') => queryUnescape(s)),

  regexReplaceAll: texts(3, (pattern = '', s = '', to = '') => replaceAllMatches(pattern, s, to)),
  regexReplaceAllLiteral: texts(3, (pattern = '', s = '', to = '') =>
    replaceAllMatchesLiteral(pattern, s, to),
  ),
  count: texts(2, (pattern = '', s = '') => BigInt(countMatches(pattern, s))),
};
