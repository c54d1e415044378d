// A literal prepared for search: its bytes and the two of them that are rarest in logs.

/**
 * The kernels look for at most this many bytes of a literal; lines that hold these are then looked at for all of it.
 * Bounds the cost of a literal that almost matches everywhere.
 */
export const searchedBytesMax = 4096;

export interface Needle {
  /** The literal; lower-cased (ASCII) when `ignoreCase`. */
  readonly bytes: Uint8Array;
  /** True: ASCII letters match in either case. Other bytes match exactly, so a caller that folds Unicode verifies. */
  readonly ignoreCase: boolean;
  /**
   * Positions in `bytes` of the two rarest of the bytes searched, `first <= second`; equal only in a literal of one
   * byte.
   */
  readonly first: number;
  readonly second: number;
}

/** Rarer bytes have lower ranks: a rough order for log text, measured over mixed formats. */
const rank = rankTable();

/** Prepares a literal of any length for search; text is taken as UTF-8. */
export function compileNeedle(literal: string | Uint8Array, ignoreCase = false): Needle {
  const bytes = typeof literal === 'string' ? Buffer.from(literal, 'utf8') : Uint8Array.from(literal);
  if (ignoreCase) {
    for (let i = 0; i < bytes.length; i++) bytes[i] = lowerAscii(bytes[i] as number);
  }
  const searched = Math.min(bytes.length, searchedBytesMax);
  let first = 0;
  for (let i = 1; i < searched; i++) if (rankAt(bytes, i) < rankAt(bytes, first)) first = i;
  let second = -1;
  for (let i = 0; i < searched; i++) {
    if (i !== first && (second < 0 || secondRank(bytes, i, first) < secondRank(bytes, second, first)))
      second = i;
  }
  if (second < 0) second = first;
  return { bytes, ignoreCase, first: Math.min(first, second), second: Math.max(first, second) };
}

/** True when the bytes hold the whole needle: exact, without a kernel and slower. */
export function bytesHold(bytes: Uint8Array, needle: Needle): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!needle.ignoreCase) return text.includes(Buffer.from(needle.bytes));
  // latin1 keeps bytes apart. Pieces overlap by the needle, so that none is cut in two.
  const wanted = Buffer.from(needle.bytes).toString('latin1');
  for (let at = 0; at < text.length; at += pieceBytes) {
    const piece = text.toString('latin1', at, Math.min(text.length, at + pieceBytes + wanted.length));
    if (piece.replace(/[A-Z]+/g, (upper) => upper.toLowerCase()).includes(wanted)) return true;
  }
  return false;
}

const pieceBytes = 1024 * 1024;

export const lowerAscii = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

const rankAt = (bytes: Uint8Array, at: number): number => rank[bytes[at] as number] as number;
// The same byte twice says little when lines repeat it ("====="): prefer another one of nearly equal rank.
const secondRank = (bytes: Uint8Array, at: number, first: number): number =>
  rankAt(bytes, at) + (bytes[at] === bytes[first] ? 40 : 0);

function rankTable(): Uint8Array {
  const commonFirst =
    ' e0t1a2io3"n5rs4d6c7:8=9l/p,mu.-fb_ghTvyk\\wNx{}AI[]EO()RSDjLPqzMCGUZHBFWKVJYQX+%&?@;|<>*#\'$!^~`\n\t\r';
  const table = new Uint8Array(256).fill(40);
  for (let i = 0; i < commonFirst.length; i++) table[commonFirst.charCodeAt(i)] = 250 - 2 * i;
  for (let c = 0; c < 0x20; c++) if (c !== 10 && c !== 9 && c !== 13) table[c] = 5;
  return table;
}
