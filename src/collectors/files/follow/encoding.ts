// Text encodings of files. Lines travel as latin1, one character a byte, until they are cut.

import { type CutLine, cutText, wholeBeginning } from '../../parse/cut-line.ts';

export type FileEncoding = 'utf8' | 'latin1' | 'utf16le' | 'utf16be';

/** What a file is in that begins with these bytes: a byte order mark tells that it is in UTF-16, where UTF-8 was expected. */
export function encodingOf(beginning: Uint8Array, expected: FileEncoding): FileEncoding {
  if (expected !== 'utf8') return expected;
  if (beginning[0] === 0xff && beginning[1] === 0xfe) return 'utf16le';
  return beginning[0] === 0xfe && beginning[1] === 0xff ? 'utf16be' : 'utf8';
}

/** The newline's bytes in latin1. */
export function newlineOf(encoding: FileEncoding): string {
  if (encoding === 'utf16le') return '\n\0';
  return encoding === 'utf16be' ? '\0\n' : '\n';
}

/**
 * Offset of the newline that ends the line at `lineStart`; -1 when there is none. In UTF-16 its bytes also stand across
 * two characters, where they are no newline.
 */
export function newlineBehind(latin1: string, lineStart: number, newline: string): number {
  let at = latin1.indexOf(newline, lineStart);
  if (newline.length === 2)
    while (at >= 0 && (at - lineStart) % 2 === 1) at = latin1.indexOf(newline, at + 1);
  return at;
}

/** Length of the whole lines at the beginning of `latin1`, their newlines included. */
export function wholeLinesLength(latin1: string, newline: string): number {
  let at = latin1.lastIndexOf(newline);
  if (newline.length === 2) while (at % 2 === 1) at = latin1.lastIndexOf(newline, at - 1);
  return at < 0 ? 0 : at + newline.length;
}

/**
 * A line's text, without carriage return, byte order mark and the NULs it begins with; what is not in the encoding becomes
 * U+FFFD.
 */
export function decodeLine(latin1: string, encoding: FileEncoding): string {
  const text = withoutMark(decode(latin1, encoding));
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function withoutMark(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) === 0) start++;
  if (text.charCodeAt(start) === 0xfeff) start++;
  return start === 0 ? text : text.slice(start);
}

/** A line's text, of at most `bytesMax` bytes of UTF-8. `lostBytes`: how much of the line there was behind `latin1`. */
export function lineBeginning(
  latin1: string,
  encoding: FileEncoding,
  bytesMax: number,
  lostBytes = 0,
): CutLine {
  if (encoding === 'utf8' && latin1.length + lostBytes > bytesMax) {
    const { text, leftOutBytes } = wholeBeginning(Buffer.from(latin1.slice(0, bytesMax), 'latin1'));
    const truncatedBytes = latin1.length + lostBytes - Math.min(latin1.length, bytesMax) + leftOutBytes;
    return { text: withoutMark(text), truncatedBytes };
  }
  const cut = cutText(decodeLine(latin1, encoding), bytesMax);
  return { text: cut.text, truncatedBytes: cut.truncatedBytes + lostBytes };
}

/** What is not in the encoding becomes U+FFFD. */
export function decode(latin1: string, encoding: FileEncoding): string {
  switch (encoding) {
    case 'latin1':
      return latin1;
    case 'utf8':
      // Most log lines are ASCII, and then the text is the same.
      return /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
    case 'utf16le':
      return Buffer.from(latin1, 'latin1').toString('utf16le');
    case 'utf16be': {
      const bytes = Buffer.from(latin1, 'latin1');
      return bytes
        .subarray(0, bytes.length & ~1)
        .swap16()
        .toString('utf16le');
    }
  }
}
