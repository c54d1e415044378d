// Sets of code points as sorted ranges, and Unicode's simple case folding.
import type { RuneRanges } from './syntax-tree.ts';

export const runeMax = 0x10ffff;

/** Sorts and joins ranges given in any order. */
export function normalizeRanges(pairs: readonly number[]): number[] {
  const order = Array.from({ length: pairs.length / 2 }, (_, i) => i * 2);
  order.sort((a, b) => (pairs[a] as number) - (pairs[b] as number));
  const out: number[] = [];
  for (const i of order) {
    const lo = pairs[i] as number;
    const hi = pairs[i + 1] as number;
    const lastHi = out[out.length - 1];
    if (lastHi !== undefined && lo <= lastHi + 1) out[out.length - 1] = Math.max(lastHi, hi);
    else out.push(lo, hi);
  }
  return out;
}

/** Every code point not in `ranges` (which must be normalized). */
export function negateRanges(ranges: RuneRanges): number[] {
  const out: number[] = [];
  let from = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const lo = ranges[i] as number;
    if (from < lo) out.push(from, lo - 1);
    from = (ranges[i + 1] as number) + 1;
  }
  if (from <= runeMax) out.push(from, runeMax);
  return out;
}

/** `ranges` (which must be normalized) with every case of every member. */
export function foldRanges(ranges: RuneRanges): number[] {
  const out = [...ranges];
  for (const [rune, others] of foldOrbits())
    if (hasRune(ranges, rune)) for (const other of others) out.push(other, other);
  return normalizeRanges(out);
}

function hasRune(ranges: RuneRanges, rune: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[2 * middle + 1] as number) < rune) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length / 2 && (ranges[2 * low] as number) <= rune;
}

/** All cases of one code point, itself included. */
export function runeCases(rune: number): readonly number[] {
  if (rune >= 0x80) return foldOrbits().get(rune) ?? [rune];
  const lower = rune | 0x20;
  if (lower < 0x61 || lower > 0x7a) return [rune];
  // The Kelvin sign and the long s are the only cases of ASCII letters beyond ASCII.
  const beyond = lower === 0x6b ? [0x212a] : lower === 0x73 ? [0x17f] : [];
  return [lower & ~0x20, lower, ...beyond];
}

let orbits: ReadonlyMap<number, readonly number[]> | undefined;

/** Code points that have other cases → all their cases. Made at first use: some 20 ms. */
function foldOrbits(): ReadonlyMap<number, readonly number[]> {
  orbits ??= buildOrbits();
  return orbits;
}

/** Beyond this no code point has cases. */
const casedMax = 0x1ffff;

function buildOrbits(): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, Set<number>>();
  const join = (a: number, b: number): void => {
    const all = new Set([...(found.get(a) ?? [a]), ...(found.get(b) ?? [b])]);
    for (const rune of all) found.set(rune, all);
  };
  for (let rune = 0; rune <= casedMax; rune++) {
    if (rune >= 0xd800 && rune < 0xe000) continue;
    const char = String.fromCodePoint(rune);
    for (const other of [char.toLowerCase(), char.toUpperCase()]) {
      if (other === char || !isOneRune(other)) continue;
      // Locale-like mappings (dotless i) are no case folding; the `iu` flags of RegExp are exactly simple folding.
      const code = other.codePointAt(0) as number;
      if (new RegExp(`^\\u{${code.toString(16)}}$`, 'iu').test(char)) join(rune, code);
    }
  }
  return new Map([...found].map(([rune, all]) => [rune, [...all]]));
}

const isOneRune = (text: string): boolean =>
  text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff);
