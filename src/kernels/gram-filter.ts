// The 4-gram filter: which literals the lines of a block can hold. A bitmap with one hash; a substring's grams are
// grams of the text, so the filter serves substrings, and since both are lower-cased, any ASCII case.
import type { Needle } from './needle.ts';
import { lowerAscii } from './needle.ts';
import { instantiateKernel, slackBytes } from './wasm.ts';

/** Bits of a filter before folding: 4 KB for up to 256 KB of text, twice as much for each doubling, up to 64 KB. */
const bitsLog2Min = 15;
const bitsLog2Max = 19;
const textBytesAtMin = 256 * 1024 + 16_384;
/** A folded filter is not made smaller than this. */
const filterBytesMin = 16;
/** Halving a filter of fill f gives about 1 - (1 - f)^2: halved while that stays below 0.6. */
const foldBelowFill = 0.3675;

const multiplier = 0x9e3779b1;
const gramBytes = 4;

export const gramScratchBytes = (1 << bitsLog2Max) + (1 << (bitsLog2Max - 3)) + 2 * slackBytes;

/** Builds filters over bytes that lie in `memory`, with {@link gramScratchBytes} of scratch at `scratchAt`. */
export class GramFilterBuilder {
  private readonly kernels: Record<'markGrams' | 'packBits' | 'foldBits', (...args: number[]) => number>;
  private readonly memory: WebAssembly.Memory;
  private readonly mapAt: number;
  private readonly bitsAt: number;

  constructor(memory: WebAssembly.Memory, scratchAt: number) {
    this.memory = memory;
    this.kernels = instantiateKernel('grams', memory, ['markGrams', 'packBits', 'foldBits']);
    this.mapAt = scratchAt;
    this.bitsAt = scratchAt + (1 << bitsLog2Max) + slackBytes;
  }

  /** A view of scratch, valid until the next build: a power of two of bytes, or none when no gram was seen. */
  build(from: number, byteCount: number): Uint8Array {
    const bitsLog2 = gramBitsLog2(byteCount);
    const { markGrams, packBits, foldBits } = this.kernels;
    markGrams(from, from + byteCount, this.mapAt, 32 - bitsLog2);
    let set = packBits(this.mapAt, 1 << bitsLog2, this.bitsAt);
    if (set === 0) return new Uint8Array(0);
    let bytes = 1 << (bitsLog2 - 3);
    while (bytes > filterBytesMin && set < bytes * 8 * foldBelowFill) {
      set = foldBits(this.bitsAt, bytes);
      bytes >>= 1;
    }
    return new Uint8Array(this.memory.buffer, this.bitsAt, bytes);
  }
}

/** Bits, as a power of two, of the filter over a text before folding: 15 for up to 256 KB, one more per doubling. */
export function gramBitsLog2(byteCount: number): number {
  let bitsLog2 = bitsLog2Min;
  for (let limit = textBytesAtMin; byteCount > limit && bitsLog2 < bitsLog2Max; limit *= 2) bitsLog2++;
  return bitsLog2;
}

/** A filter, wherever it lies: `bytes[at, at + byteCount)`, a power of two of bytes or none. */
export interface GramFilter {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly byteCount: number;
  /** The size in bits it was built with, before folding, as a power of two. */
  readonly bitsLog2: number;
}

/**
 * False only when the filter proves that no text it was built over holds all of the literals. Literals shorter than
 * four bytes prove nothing.
 */
export function gramFilterMayContain(filter: GramFilter, required: readonly Needle[]): boolean {
  const { bytes: bits, at, byteCount, bitsLog2 } = filter;
  const mask = byteCount * 8 - 1;
  const shift = 32 - bitsLog2;
  for (const needle of required) {
    if (needle.bytes.length < gramBytes) continue;
    if (byteCount === 0) return false;
    for (const hash of gramHashes(needle)) {
      const bit = (hash >>> shift) & mask;
      if (((bits[at + (bit >>> 3)] as number) & (1 << (bit & 7))) === 0) return false;
    }
  }
  return true;
}

const hashesOf = new WeakMap<Needle, Uint32Array>();

/** Hashes of the grams that any text with the literal holds; a filter's bit is made of the top bits of one. */
export function gramHashes(needle: Needle): Uint32Array {
  let hashes = hashesOf.get(needle);
  if (hashes === undefined) {
    hashes = Uint32Array.from(hashGrams(needle));
    hashesOf.set(needle, hashes);
  }
  return hashes;
}

function* hashGrams({ bytes, ignoreCase }: Needle): Generator<number, void, void> {
  let gram = 0;
  let unsure = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = lowerAscii(bytes[i] as number);
    gram = (gram >>> 8) | (byte << 24);
    // (?i) matches more than ASCII for these: K (U+212A) is a k, ſ (U+017F) an s, and é is not É by its bytes.
    if (ignoreCase && (byte === 0x6b || byte === 0x73 || byte >= 0x80)) unsure = gramBytes;
    else if (unsure > 0) unsure--;
    if (i >= gramBytes - 1 && unsure === 0) yield Math.imul(gram, multiplier);
  }
}
