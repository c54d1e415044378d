// Texts cut to a length in bytes.
import { createHash } from 'node:crypto';

const hashLength = 8;

/** As much of the text as fits `bytesMax` bytes of UTF-8, cut between characters. */
export function cutText(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const bytes = Buffer.from(text);
  let end = Math.max(0, bytesMax);
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/**
 * The text's beginning, `mark` and a hash of the whole, so that different texts stay different; where `bytesMax` has no
 * room for that, as much of the hash as fits.
 */
export function shortenedText(text: string, bytesMax: number, mark: string): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const tail = mark + createHash('sha256').update(text).digest('hex').slice(0, hashLength);
  return tail.length >= bytesMax ? tail.slice(0, bytesMax) : cutText(text, bytesMax - tail.length) + tail;
}
