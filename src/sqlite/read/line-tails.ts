// The last lines of blocks, unpacked: queries for the newest lines ask for a few of each stream, again and again, and
// unpacking all of a block for them is most of their cost.
import { LRUCache } from 'lru-cache';

/** Of one reader. */
const heldBytesMax = 4 * 1024 * 1024;
/** Longer tails are unpacked each time. */
const tailBytesMax = 32 * 1024;
/** Kept at least, so that a query for a little more finds it as well. */
const tailBytesMin = 4 * 1024;
/** Of an entry beside its bytes. */
const entryBytes = 300;

export interface LineTail {
  /** Offset in the block's lines. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class LineTails {
  readonly #tails = new LRUCache<number, LineTail>({
    maxSize: heldBytesMax,
    sizeCalculation: ({ bytes }) => bytes.length + entryBytes,
  });

  /** The end of a block's lines from `at` or before; undefined when it is not here. A block's id is never used again. */
  find(block: number, at: number): LineTail | undefined {
    const tail = this.#tails.get(block);
    return tail !== undefined && tail.at <= at ? tail : undefined;
  }

  /** `lines` are all of the block's; copies those from `at` on. */
  keep(block: number, lines: Uint8Array, at: number): void {
    if (lines.length - at > tailBytesMax) return;
    const from = Math.max(0, Math.min(at, lines.length - tailBytesMin));
    this.#tails.set(block, { at: from, bytes: Uint8Array.prototype.slice.call(lines, from) });
  }
}
