// Gram filters of blocks in memory that all readers of a process share: a needle asks the filter of every block, and
// reading one from the file takes a hundred times longer than the question.
import type { GramFilter } from '../../kernels/gram-filter.ts';

/** A filter of a block of ordinary size; larger ones are read from the file each time. */
const slotBytesLog2 = 12;
const slotBytes = 1 << slotBytesLog2;
/** 32 MB for all readers together: the filters of about 1.6 GB of lines. Touched only as far as it is filled. */
const slotCount = 8192;
/** Slots one block may be in: those of its set. */
const waysLog2 = 2;
const ways = 1 << waysLog2;
const setMask = (slotCount >> waysLog2) - 1;

/** Words of a slot: version (odd while it is written), block id, bytes, size in bits before folding as a power of two. */
const words = 4;
const dataAt = slotCount * words * 4;
/** Ids are words, 0 in an empty slot: they begin at 1. A store that reaches more blocks does without. */
const idMax = 2 ** 31 - 1;

export const filterCacheMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(dataAt + slotCount * slotBytes);

/**
 * Newer blocks stay: a sweep over more blocks than there is room for would otherwise replace each filter before it is
 * asked again. A block's id is never used again, so there is nothing to invalidate.
 */
export class FilterCache {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, slotCount * words);
    this.#bytes = new Uint8Array(memory);
  }

  /** The answer of `ask` about a block's filter, or undefined when it is not here. */
  ask(block: number, ask: (filter: GramFilter) => boolean): boolean | undefined {
    const first = firstSlot(block);
    for (let slot = first; slot < first + ways; slot++) {
      const at = slot * words;
      const version = Atomics.load(this.#words, at);
      if ((version & 1) === 1 || this.#words[at + 1] !== block) continue;
      const byteCount = this.#words[at + 2] as number;
      const bitsLog2 = this.#words[at + 3] as number;
      const answer = ask({ bytes: this.#bytes, at: slotAt(slot), byteCount, bitsLog2 });
      // Adding nothing is also a barrier: the answer was read before. If the slot was written meanwhile it is worth nothing.
      return Atomics.add(this.#words, at, 0) === version ? answer : undefined;
    }
    return undefined;
  }

  /** Whether {@link keep} would keep a filter of ordinary size of this block. */
  wants(block: number): boolean {
    return this.#slotFor(block) >= 0;
  }

  keep(block: number, { bytes, at, byteCount, bitsLog2 }: GramFilter): void {
    if (byteCount > slotBytes) return;
    const slot = this.#slotFor(block);
    if (slot < 0) return;
    const word = slot * words;
    const version = Atomics.load(this.#words, word);
    // Another reader is at it.
    if ((version & 1) === 1 || Atomics.compareExchange(this.#words, word, version, version + 1) !== version)
      return;
    this.#words[word + 1] = block;
    this.#words[word + 2] = byteCount;
    this.#words[word + 3] = bitsLog2;
    this.#bytes.set(bytes.subarray(at, at + byteCount), slotAt(slot));
    Atomics.store(this.#words, word, (version + 2) | 0);
  }

  /** A slot of the block's set that is free or holds the oldest block there; -1 when it is here, or older than all. */
  #slotFor(block: number): number {
    if (block > idMax) return -1;
    const first = firstSlot(block);
    let found = -1;
    let oldest = block;
    for (let slot = first; slot < first + ways; slot++) {
      const held = this.#words[slot * words + 1] as number;
      if (held === block) return -1;
      if (held >= oldest) continue;
      oldest = held;
      found = slot;
    }
    return found;
  }
}

const firstSlot = (block: number): number => (block & setMask) << waysLog2;
const slotAt = (slot: number): number => dataAt + (slot << slotBytesLog2);
