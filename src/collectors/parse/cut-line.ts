// Lines that are too long to be stored whole: the beginning is, and structured metadata says how much it lacks.

/** Name of the structured metadata with the number of bytes that were left out. */
export const truncatedBytesName = 'truncated_bytes';

export interface CutLine {
  readonly text: string;
  /** What the text lacks; where the line was not in UTF-8, as many bytes as that would take in UTF-8. */
  readonly truncatedBytes: number;
}

/** Text of at most `bytesMax` bytes of UTF-8. */
export function cutText(text: string, bytesMax: number): CutLine {
  // Three bytes are the most that a UTF-16 unit can need.
  const textBytes = text.length * 3 <= bytesMax ? 0 : Buffer.byteLength(text);
  if (textBytes <= bytesMax) return { text, truncatedBytes: 0 };
  const cut = wholeBeginning(Buffer.from(text).subarray(0, bytesMax));
  return { text: cut.text, truncatedBytes: textBytes - bytesMax + cut.leftOutBytes };
}

/** The beginning of a line that was cut anywhere, and what was left out to end it after a whole character. */
export function wholeBeginning(bytes: Buffer): { readonly text: string; readonly leftOutBytes: number } {
  const leftOutBytes = openCharacterBytes(bytes.toString('latin1', Math.max(0, bytes.length - 3)));
  return { text: bytes.toString('utf8', 0, bytes.length - leftOutBytes), leftOutBytes };
}

/** Bytes at the end of `latin1` that begin a UTF-8 character and do not complete it: 0 to 3. */
export function openCharacterBytes(latin1: string): number {
  for (let back = 1; back <= 3 && back <= latin1.length; back++) {
    const byte = latin1.charCodeAt(latin1.length - back);
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < needed ? back : 0;
    }
  }
  return 0;
}
