// The units of a plan in scan order. Most are one block each, kept as its number and made when they are asked for; they
// are put in order piece by piece, since a query for the newest lines comes to few of them.
import { lowerBound } from '../../model/lower-bound.ts';
import type { ScanRequest, ScanUnit, UnitList } from '../../store/store.ts';
import type { BlockHeads } from './block-heads.ts';

const roomMin = 64;
/** Units that are sorted together. */
const pieceUnits = 64;

export class PlannedUnits {
  /** Made already: units of several sources. */
  readonly made: ScanUnit[] = [];
  /** Blocks without units: their filters say that nothing in them passes. */
  skipped = 0;
  #blocks = new Uint32Array(roomMin);
  #count = 0;

  /** A unit of this block of the heads alone. */
  addBlock(block: number): void {
    if (this.#count === this.#blocks.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#blocks);
      this.#blocks = grown;
    }
    this.#blocks[this.#count++] = block;
  }

  inOrder(
    direction: ScanRequest['direction'],
    heads: BlockHeads,
    unitOf: (block: number) => ScanUnit,
  ): UnitList<ScanUnit> {
    const parts = { made: this.made, blocks: this.#blocks.subarray(0, this.#count), heads, unitOf };
    switch (direction) {
      case 'any':
        return new Units(parts);
      case 'forward':
        return new SortedUnits(parts, false);
      case 'backward':
        return new SortedUnits(parts, true);
    }
  }
}

interface Parts {
  readonly made: readonly ScanUnit[];
  readonly blocks: Uint32Array;
  readonly heads: BlockHeads;
  readonly unitOf: (block: number) => ScanUnit;
}

/** As planned: what is in segments first, which are not kept for long, then stream by stream. */
class Units implements UnitList<ScanUnit> {
  readonly length: number;
  protected readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
    this.length = parts.made.length + parts.blocks.length;
  }

  at(index: number): ScanUnit | undefined {
    return index < this.length ? this.planned(index) : undefined;
  }

  *[Symbol.iterator](): Generator<ScanUnit, void, void> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as ScanUnit;
  }

  protected planned(place: number): ScanUnit {
    const { made, blocks, unitOf } = this.parts;
    return made[place] ?? unitOf(blocks[place - made.length] as number);
  }
}

/** By time, then by stream: the units of one stream never share one. */
class SortedUnits extends Units {
  readonly #backward: boolean;
  /** Ascends in scan order; exact to some hundred nanoseconds. */
  readonly #keys: Float64Array;
  /** Places of the plan: in order between pieces, and within those that are sorted. */
  readonly #order: Uint32Array;
  readonly #pieceStarts: Uint32Array;
  readonly #isSorted: Uint8Array;

  constructor(parts: Parts, backward: boolean) {
    super(parts);
    this.#backward = backward;
    this.#keys = this.#keysOf();
    const pieces = Math.max(1, Math.ceil(this.length / pieceUnits));
    this.#pieceStarts = new Uint32Array(pieces + 1);
    this.#isSorted = new Uint8Array(pieces);
    this.#order = new Uint32Array(this.length);
    this.#part(pieces);
  }

  override at(index: number): ScanUnit | undefined {
    if (index >= this.length) return undefined;
    const piece = this.#pieceWith(index);
    if (this.#isSorted[piece] === 0) {
      const [from, to] = [this.#pieceStarts[piece] as number, this.#pieceStarts[piece + 1] as number];
      this.#order.subarray(from, to).sort((a, b) => this.#compare(a, b));
      this.#isSorted[piece] = 1;
    }
    return this.planned(this.#order[index] as number);
  }

  #keysOf(): Float64Array {
    const { made, blocks, heads } = this.parts;
    const keys = new Float64Array(this.length);
    for (const [place, { firstNs, lastNs }] of made.entries())
      keys[place] = this.#backward ? -Number(lastNs) : Number(firstNs);
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i] as number;
      keys[made.length + i] = this.#backward ? -heads.aboutT1(block) : heads.aboutT0(block);
    }
    return keys;
  }

  /** Parts the units by equal steps of time. */
  #part(pieces: number): void {
    const keys = this.#keys;
    let least = Number.POSITIVE_INFINITY;
    let largest = Number.NEGATIVE_INFINITY;
    for (const key of keys) {
      if (key < least) least = key;
      if (key > largest) largest = key;
    }
    const scale = largest > least ? (pieces - 1) / (largest - least) : 0;
    const pieceOf = (key: number): number => Math.floor((key - least) * scale);
    const starts = this.#pieceStarts;
    for (const key of keys) (starts[pieceOf(key) + 1] as number)++;
    for (let piece = 0; piece < pieces; piece++) (starts[piece + 1] as number) += starts[piece] as number;
    const next = starts.slice();
    for (let place = 0; place < keys.length; place++) {
      const piece = pieceOf(keys[place] as number);
      this.#order[next[piece] as number] = place;
      (next[piece] as number)++;
    }
  }

  #pieceWith(index: number): number {
    return lowerBound(this.#pieceStarts, index + 1) - 1;
  }

  #compare(a: number, b: number): number {
    const about = (this.#keys[a] as number) - (this.#keys[b] as number);
    if (about !== 0) return about;
    const [nsA, nsB] = [this.#timeOf(a), this.#timeOf(b)];
    if (nsA !== nsB) return nsA < nsB === this.#backward ? 1 : -1;
    return this.#streamOf(a) - this.#streamOf(b);
  }

  #timeOf(place: number): bigint {
    const { made, blocks, heads } = this.parts;
    const unit = made[place];
    if (unit !== undefined) return this.#backward ? unit.lastNs : unit.firstNs;
    const block = blocks[place - made.length] as number;
    return (this.#backward ? heads.t1Ns[block] : heads.t0Ns[block]) as bigint;
  }

  #streamOf(place: number): number {
    const { made, blocks, heads } = this.parts;
    return made[place]?.stream.id ?? heads.streamOf(blocks[place - made.length] as number);
  }
}
