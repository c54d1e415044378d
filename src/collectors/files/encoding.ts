// Text encodings of files. Lines travel as latin1, one character a byte, until they are cut.

export type FileEncoding = 'utf8' | 'latin1' | 'utf16le' | 'utf16be';

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

/** A line's text, without carriage return and byte order mark; what is not in the encoding becomes U+FFFD. */
export function decodeLine(latin1: string, encoding: FileEncoding): string {
  const text = decode(latin1, encoding);
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  return text.slice(start, text.endsWith('\r') ? -1 : undefined);
}

function decode(latin1: string, encoding: FileEncoding): string {
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
