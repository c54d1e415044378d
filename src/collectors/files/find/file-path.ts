// Names of files as text. Linux knows bytes: one that is not part of UTF-8 text becomes a lone surrogate (U+DC80 to U+DCFF), so
// that every name is a text of its own, matches globs and fits into a checkpoint, and leads back to its bytes.

import { isUtf8 } from 'node:buffer';

const escapeBase = 0xdc00;
const replacement = '\ufffd';

/** The text of a name or path that the system gave as bytes. */
export function pathOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!isLossy(text)) return text;
  let path = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes, at);
    path +=
      length === 0
        ? String.fromCharCode(escapeBase + (bytes[at] as number))
        : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return path;
}

/** The texts of a folder's names, given as the system's text; `asBytes` lists it once more when that cannot tell them all. */
export const namesOf = (names: string[], asBytes: () => Buffer[]): string[] =>
  names.some(isLossy) ? asBytes().map(pathOfBytes) : names;

/** Whether a name as the system's text may lack bytes. */
export const isLossy = (name: string): boolean => name.includes(replacement);

/** What the calls of the file system take. */
export const systemPath = (path: string): string | Buffer =>
  isPlain(path) ? path : Buffer.concat([...path].map(bytesOf));

/** For people, and for labels: bytes that are no text as `\xNN`. */
export const shownPath = (path: string): string =>
  isPlain(path)
    ? path
    : [...path].map((char) => (isEscaped(char) ? `\\x${byteOf(char).toString(16)}` : char)).join('');

const isPlain = (path: string): boolean => !/\p{Surrogate}/u.test(path);
const byteOf = (char: string): number => char.charCodeAt(0) - escapeBase;
/** Of a character as iteration gives it: half a pair stands alone. */
const isEscaped = (char: string): boolean =>
  char.length === 1 && byteOf(char) >= 0x80 && byteOf(char) <= 0xff;
const bytesOf = (char: string): Buffer => (isEscaped(char) ? Buffer.of(byteOf(char)) : Buffer.from(char));

/** Length of the UTF-8 character at `at`; 0 when there is none. */
function characterBytes(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const character = bytes.subarray(at, at + length);
  return character.length === length && length > 0 && isUtf8(character) ? length : 0;
}
