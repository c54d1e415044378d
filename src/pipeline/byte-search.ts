// Searching literals in ranges of bytes without making strings.

/** A predicate on `bytes[start, end)`. */
export type BytesPredicate = (bytes: Buffer, start: number, end: number) => boolean;

/** Compiles a search for a literal (its UTF-8 bytes). With `ignoreCase`, ASCII letters match in either case. */
export function compileBytesSearch(literal: Uint8Array, ignoreCase = false): BytesPredicate {
  const length = literal.length;
  if (length === 0) return () => true;
  const needle = ignoreCase ? literal.map(lowerAscii) : literal;
  // Horspool: the byte under the needle's last place says how far the needle may move.
  const skip = new Uint16Array(256).fill(Math.min(length, 0xffff));
  for (let i = 0; i < length - 1; i++) {
    const distance = Math.min(length - 1 - i, 0xffff);
    const byte = needle[i] as number;
    skip[byte] = distance;
    if (ignoreCase) skip[upperAscii(byte)] = distance;
  }
  const last = length - 1;
  const lastByte = needle[last] as number;
  const lastOther = ignoreCase ? upperAscii(lastByte) : lastByte;
  return (bytes, start, end) => {
    let at = start + last;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === lastByte || byte === lastOther) {
        const from = at - last;
        let i = 0;
        if (ignoreCase) while (i < last && lowerAscii(bytes[from + i] as number) === needle[i]) i++;
        else while (i < last && bytes[from + i] === needle[i]) i++;
        if (i === last) return true;
      }
      at += skip[byte] as number;
    }
    return false;
  };
}

/** Position of a literal in `bytes[start, end)`, or -1. */
export function indexOfBytes(bytes: Uint8Array, literal: Uint8Array, start: number, end: number): number {
  const length = literal.length;
  if (length === 0) return start;
  const first = literal[0] as number;
  const stop = end - length;
  for (let at = start; at <= stop; at++) {
    if (bytes[at] !== first) continue;
    let i = 1;
    while (i < length && bytes[at + i] === literal[i]) i++;
    if (i === length) return at;
  }
  return -1;
}

const lowerAscii = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
const upperAscii = (byte: number): number => (byte >= 0x61 && byte <= 0x7a ? byte & ~0x20 : byte);
