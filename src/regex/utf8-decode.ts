// One character of UTF-8 after another, without strings. Bytes that are no UTF-8 read as U+FFFD, in the same pieces
// as TextDecoder and Buffer.toString read them.

const replacement = 0xfffd;

/**
 * The character at `at` (a byte of 0x80 or more) as `code point << 3 | its bytes`. A sequence that breaks off is one
 * U+FFFD of the bytes that could have begun a character.
 */
export function decodeRune(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] as number;
  if (lead < 0xc2 || lead > 0xf4) return (replacement << 3) | 1;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let rune = lead & (0xff >> (size + 1));
  // The second byte is bounded more narrowly by some first ones: no surrogates, nothing overlong, no end beyond 10FFFF.
  let lo = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let hi = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < size; i++) {
    const byte = at + i < end ? (bytes[at + i] as number) : 0;
    if (byte < lo || byte > hi) return (replacement << 3) | i;
    rune = (rune << 6) | (byte & 0x3f);
    lo = 0x80;
    hi = 0xbf;
  }
  return (rune << 3) | size;
}
