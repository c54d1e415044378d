// Values of fields as text. Status codes, levels and methods repeat from line to line: the same text is used again, which
// is quicker than making it again, and quicker to look up.
import { decodeLine } from './stage.ts';

/** Texts remembered in a thread, and the longest: 1,024 of up to 24 characters. */
const textsMax = 1024;
const textBytesMax = 24;
const texts: string[] = new Array(textsMax).fill('');

/** As decodeLine. */
export function fieldText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > textBytesMax) return decodeLine(bytes, start, end);
  let hash = length;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return decodeLine(bytes, start, end);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const place = hash & (textsMax - 1);
  const held = texts[place] as string;
  if (held.length === length && isText(held, bytes, start)) return held;
  const text = bytes.toString('latin1', start, end);
  texts[place] = text;
  return text;
}

function isText(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
