// What plans need to know of all visible blocks, as columns in shared memory: some forty bytes a block. Never changed once
// they are made, so that any thread of the process may read them; another state of the store is another object.
import { lowerBound } from '../../model/lower-bound.ts';
import type { HeadRows } from './head-rows.ts';

/** What tells two states of the visible blocks apart. */
export interface HeadsState {
  /** The newest complete flush. */
  readonly flushed: number;
  /** Entries of the log of blocks that were deleted or found damaged. */
  readonly gone: number;
  /** Groups of filters that have become ready. */
  readonly grouped: number;
}

/** A group of filters: the blocks whose filters are in it, in order of their places. */
export interface HeadGroup {
  readonly id: number;
  readonly members: Uint32Array;
}

/** As threads hand them to each other. */
export interface SharedHeads {
  readonly memory: SharedArrayBuffer;
  readonly blocks: number;
  readonly streams: number;
  readonly state: HeadsState;
}

/** Of a block in memory, without its share of the streams. */
export const headBytes = 8 + 8 + 8 + 4 + 4 + 4 + 4 + 2 + 2;
const streamBytes = 8 + 4;
/** Bit of `flags` beside those of the row: the block begins before those in front of it have ended. */
const joinedFlag = 0x8000;
const highWord = 2 ** 32;
const placesMax = 2 ** 16;

/** What makes another state of one. */
export interface HeadChanges {
  readonly removed: ReadonlySet<number>;
  readonly added: HeadRows;
  readonly groups: readonly HeadGroup[];
}

export class BlockHeads {
  readonly shared: SharedHeads;
  readonly count: number;
  readonly ids: Float64Array;
  readonly t0Ns: BigInt64Array;
  readonly t1Ns: BigInt64Array;
  readonly n: Uint32Array;
  readonly raw: Uint32Array;
  readonly metadataRaw: Uint32Array;
  readonly #flags: Uint16Array;
  /** 0: in none. */
  readonly #groups: Uint32Array;
  readonly #places: Uint16Array;
  /** Low and high words of the times: much faster to compare than bigints. */
  readonly #t0Low: Uint32Array;
  readonly #t0High: Int32Array;
  readonly #t1Low: Uint32Array;
  readonly #t1High: Int32Array;
  /** Ascending. */
  readonly #streamIds: Float64Array;
  /** Where each stream's blocks begin, and the end of the last. */
  readonly #streamStarts: Uint32Array;

  constructor(shared: SharedHeads) {
    const { memory, blocks, streams } = shared;
    this.shared = shared;
    this.count = blocks;
    let at = 0;
    const take = (bytes: number): number => {
      const start = at;
      at += bytes;
      return start;
    };
    this.ids = new Float64Array(memory, take(8 * blocks), blocks);
    const t0At = take(8 * blocks);
    const t1At = take(8 * blocks);
    this.t0Ns = new BigInt64Array(memory, t0At, blocks);
    this.t1Ns = new BigInt64Array(memory, t1At, blocks);
    this.#t0Low = new Uint32Array(memory, t0At, 2 * blocks);
    this.#t0High = new Int32Array(memory, t0At, 2 * blocks);
    this.#t1Low = new Uint32Array(memory, t1At, 2 * blocks);
    this.#t1High = new Int32Array(memory, t1At, 2 * blocks);
    this.#streamIds = new Float64Array(memory, take(8 * streams), streams);
    this.n = new Uint32Array(memory, take(4 * blocks), blocks);
    this.raw = new Uint32Array(memory, take(4 * blocks), blocks);
    this.metadataRaw = new Uint32Array(memory, take(4 * blocks), blocks);
    this.#groups = new Uint32Array(memory, take(4 * blocks), blocks);
    this.#streamStarts = new Uint32Array(memory, take(4 * (streams + 1)), streams + 1);
    this.#flags = new Uint16Array(memory, take(2 * blocks), blocks);
    this.#places = new Uint16Array(memory, take(2 * blocks), blocks);
  }

  get state(): HeadsState {
    return this.shared.state;
  }

  /** Bits of blockFlags and of rowFlags. */
  flags(block: number): number {
    return (this.#flags[block] as number) & ~joinedFlag;
  }

  /** The group that holds the block's filter; 0: none. */
  groupOf(block: number): number {
    return this.#groups[block] as number;
  }

  placeInGroup(block: number): number {
    return this.#places[block] as number;
  }

  /** False: its times touch those of a neighbour, and both may hold the same entry. */
  isAlone(block: number): boolean {
    return !this.#isJoined(block) && !this.#isJoined(block + 1);
  }

  /** The blocks of a stream, by first entry and id: from, to (exclusive). */
  ofStream(stream: number): readonly [from: number, to: number] {
    const at = lowerBound(this.#streamIds, stream);
    if (this.#streamIds[at] !== stream) return [0, 0];
    return [this.#streamStarts[at] as number, this.#streamStarts[at + 1] as number];
  }

  /** The stream of a block. */
  streamOf(block: number): number {
    return this.#streamIds[lowerBound(this.#streamStarts, block + 1) - 1] as number;
  }

  /** First and last time to some hundred nanoseconds. */
  aboutT0(block: number): number {
    return (this.#t0High[2 * block + 1] as number) * highWord + (this.#t0Low[2 * block] as number);
  }

  aboutT1(block: number): number {
    return (this.#t1High[2 * block + 1] as number) * highWord + (this.#t1Low[2 * block] as number);
  }

  /** The blocks of [from, to), one stream's, that have entries before `endNs`: the end of them. */
  endBefore(endNs: bigint, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.t0Ns[middle] as bigint) < endNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Of [from, to), one stream's: where the first chain begins that may have entries at `startNs` or later. */
  startFrom(startNs: bigint, from: number, to: number): number {
    let first = this.endBefore(startNs, from, to);
    if (first < to) first = this.#chainStart(first);
    if (first === from) return from;
    const before = this.#chainStart(first - 1);
    for (let block = before; block < first; block++)
      if ((this.t1Ns[block] as bigint) >= startNs) return before;
    return first;
  }

  /** The end of the chain, blocks whose times touch, that begins at `block`. */
  chainEnd(block: number): number {
    let end = block + 1;
    while (this.#isJoined(end)) end++;
    return end;
  }

  /** These, without the removed ones and with the added ones; groups that have become ready, oldest first. */
  followedBy(state: HeadsState, { removed, added, groups }: HeadChanges): BlockHeads {
    const order = added.inOrder();
    let left = this.count;
    if (removed.size > 0) for (const id of this.ids) if (removed.has(id)) left--;
    const streams = new Set(this.#streamIds);
    for (const stream of added.streams) streams.add(stream);
    const blocks = left + added.count;
    const bytes = blocks * headBytes + streams.size * streamBytes + 4;
    const memory = new SharedArrayBuffer(bytes + 8);
    const heads = new BlockHeads({ memory, blocks, streams: streams.size, state });
    heads.#fill(
      [...streams].sort((a, b) => a - b),
      this,
      removed,
      { rows: added, order },
    );
    heads.#place(groups);
    return heads;
  }

  #isJoined(block: number): boolean {
    return block < this.count && ((this.#flags[block] as number) & joinedFlag) !== 0;
  }

  #chainStart(block: number): number {
    let start = block;
    while (this.#isJoined(start)) start--;
    return start;
  }

  #fill(
    streams: readonly number[],
    before: BlockHeads,
    removed: ReadonlySet<number>,
    { rows, order }: { readonly rows: HeadRows; readonly order: Uint32Array },
  ): void {
    let at = 0;
    let next = 0;
    for (const [place, stream] of streams.entries()) {
      this.#streamIds[place] = stream;
      this.#streamStarts[place] = at;
      const [from, to] = before.ofStream(stream);
      for (let old = from; ; ) {
        while (old < to && removed.has(before.ids[old] as number)) old++;
        const row = order[next];
        const isAdded = row !== undefined && rows.streams[row] === stream;
        if (old >= to && !isAdded) break;
        if (
          isAdded &&
          (old >= to || rows.isBefore(row, before.t0Ns[old] as bigint, before.ids[old] as number))
        ) {
          this.#setRow(at++, rows, row);
          next++;
        } else this.#copy(at++, before, old++);
      }
      this.#link(this.#streamStarts[place] as number, at);
    }
    this.#streamStarts[streams.length] = at;
  }

  #setRow(at: number, rows: HeadRows, row: number): void {
    this.ids[at] = rows.ids[row] as number;
    this.#t0High[2 * at + 1] = rows.t0High[row] as number;
    this.#t0Low[2 * at] = rows.t0Low[row] as number;
    this.#t1High[2 * at + 1] = rows.t1High[row] as number;
    this.#t1Low[2 * at] = rows.t1Low[row] as number;
    this.n[at] = rows.n[row] as number;
    this.raw[at] = rows.raw[row] as number;
    this.metadataRaw[at] = rows.metadataRaw[row] as number;
    this.#flags[at] = rows.flags[row] as number;
  }

  #copy(at: number, from: BlockHeads, block: number): void {
    this.ids[at] = from.ids[block] as number;
    this.#t0High[2 * at + 1] = from.#t0High[2 * block + 1] as number;
    this.#t0Low[2 * at] = from.#t0Low[2 * block] as number;
    this.#t1High[2 * at + 1] = from.#t1High[2 * block + 1] as number;
    this.#t1Low[2 * at] = from.#t1Low[2 * block] as number;
    this.n[at] = from.n[block] as number;
    this.raw[at] = from.raw[block] as number;
    this.metadataRaw[at] = from.metadataRaw[block] as number;
    this.#flags[at] = from.flags(block);
    this.#groups[at] = from.#groups[block] as number;
    this.#places[at] = from.#places[block] as number;
  }

  #place(groups: readonly HeadGroup[]): void {
    if (groups.length === 0) return;
    const places = new Map<number, number>();
    for (const [index, { members }] of groups.entries())
      for (const [place, id] of members.entries()) places.set(id, index * placesMax + place);
    for (let block = 0; block < this.count; block++) {
      const found = places.get(this.ids[block] as number);
      if (found === undefined) continue;
      this.#groups[block] = (groups[Math.floor(found / placesMax)] as HeadGroup).id;
      this.#places[block] = found % placesMax;
    }
  }

  /** Marks blocks of one stream that touch. */
  #link(from: number, to: number): void {
    let last = from;
    for (let block = from + 1; block < to; block++) {
      if (!this.#beginsWithin(block, last)) {
        last = block;
        continue;
      }
      (this.#flags[block] as number) |= joinedFlag;
      if (this.#endsBehind(block, last)) last = block;
    }
  }

  /** t0 of `block` <= t1 of `other`. */
  #beginsWithin(block: number, other: number): boolean {
    const high = this.#t0High[2 * block + 1] as number;
    const otherHigh = this.#t1High[2 * other + 1] as number;
    if (high !== otherHigh) return high < otherHigh;
    return (this.#t0Low[2 * block] as number) <= (this.#t1Low[2 * other] as number);
  }

  /** t1 of `block` > t1 of `other`. */
  #endsBehind(block: number, other: number): boolean {
    const high = this.#t1High[2 * block + 1] as number;
    const otherHigh = this.#t1High[2 * other + 1] as number;
    if (high !== otherHigh) return high > otherHigh;
    return (this.#t1Low[2 * block] as number) > (this.#t1Low[2 * other] as number);
  }
}

/** Of a store without blocks. */
export const noHeads = (): BlockHeads =>
  new BlockHeads({
    memory: new SharedArrayBuffer(8),
    blocks: 0,
    streams: 0,
    state: { flushed: -1, gone: -1, grouped: 0 },
  });
