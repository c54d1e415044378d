// A memory with lines in it, as the kernels want them: line bytes, their ranges, and the places for times, levels
// and search results. Everything lies at a fixed address.
import { bytesHold, type Needle, searchedBytesMax } from './needle.ts';
import { fixedMemory, instantiateKernel, slackBytes } from './wasm.ts';

/** Entries one memory holds. */
export const lineCountMax = 131_072;
/** Line bytes one memory holds, with one separator for each line. */
export const lineBytesMax = 16 * 1024 * 1024 + lineCountMax;

const kib = 1024;
const align = (address: number): number => Math.ceil(address / (64 * kib)) * 64 * kib;
const after = (address: number, bytes: number): number => align(address + bytes + slackBytes);

// The first 64 KB belong to the kernels' own data.
const needleAt = 64 * kib;
const masksAt = after(needleAt, searchedBytesMax + 8);
const offsetsAt = after(masksAt, searchedBytesMax + 8);
const startsAt = after(offsetsAt, lineCountMax * 8);
const endsAt = after(startsAt, lineCountMax * 4);
const levelAt = after(endsAt, lineCountMax * 4);
const foundAt = after(levelAt, lineCountMax);
/** For looking for fields in the lines (field-walker.ts). */
const fieldsBytes = 16 * kib;
const fieldsAt = after(foundAt, lineCountMax * 4);
const bytesAt = after(fieldsAt, fieldsBytes);
const endAt = after(bytesAt, lineBytesMax);

/** Where the regions lie, for other kernels on the same memory; they may add their own from `end`. */
export const lineRegions = {
  offsets: offsetsAt,
  starts: startsAt,
  ends: endsAt,
  level: levelAt,
  fields: fieldsAt,
  fieldsBytes,
  bytes: bytesAt,
  end: endAt,
} as const;

const memories = new WeakMap<ArrayBufferLike, LineMemory>();

/** The line memory with this buffer, if it is one's. */
export const lineMemoryOf = (buffer: ArrayBufferLike): LineMemory | undefined => memories.get(buffer);

export class LineMemory {
  readonly memory: WebAssembly.Memory;
  readonly offsets: Float64Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly level: Uint8Array;
  /** The region of line bytes; ranges count from its start. */
  readonly bytes: Buffer;
  private readonly found: Uint32Array;
  private readonly kernels: Record<'find' | 'searchAscending' | 'searchEach', (...args: number[]) => number>;
  private loaded: Needle | undefined;

  /** `extraBytes`: room after {@link lineRegions}.end for the owner. */
  constructor(extraBytes = 0) {
    this.memory = fixedMemory(endAt + extraBytes);
    const { buffer } = this.memory;
    this.offsets = new Float64Array(buffer, offsetsAt, lineCountMax);
    this.starts = new Uint32Array(buffer, startsAt, lineCountMax);
    this.ends = new Uint32Array(buffer, endsAt, lineCountMax);
    this.level = new Uint8Array(buffer, levelAt, lineCountMax);
    this.found = new Uint32Array(buffer, foundAt, lineCountMax);
    this.bytes = Buffer.from(buffer, bytesAt, lineBytesMax);
    memories.set(buffer, this);
    this.kernels = instantiateKernel('search', this.memory, ['find', 'searchAscending', 'searchEach']);
  }

  /**
   * False only when the first `byteCount` line bytes do not hold the needle, wherever lines end; exact for a needle of
   * at most {@link searchedBytesMax} bytes.
   */
  contains(needle: Needle, byteCount: number): boolean {
    if (needle.bytes.length === 0) return true;
    const length = this.load(needle);
    return (
      this.kernels.find(
        bytesAt,
        bytesAt + byteCount,
        needleAt,
        masksAt,
        length,
        needle.first,
        needle.second,
      ) !== 0
    );
  }

  /**
   * Indices, ascending, of the first `count` lines that contain the needle. `ascending`: the ranges ascend and do
   * not overlap, so that the bytes are searched in one sweep; else line by line. Valid until the next search.
   */
  search(needle: Needle, count: number, ascending: boolean): Uint32Array {
    if (count === 0) return this.found.subarray(0, 0);
    if (needle.bytes.length === 0) {
      for (let i = 0; i < count; i++) this.found[i] = i;
      return this.found.subarray(0, count);
    }
    const length = this.load(needle);
    const { first, second } = needle;
    const k = this.kernels;
    const end = bytesAt + (this.ends[count - 1] as number);
    const found = ascending
      ? k.searchAscending(
          bytesAt,
          end,
          startsAt,
          endsAt,
          count,
          needleAt,
          masksAt,
          length,
          first,
          second,
          foundAt,
        )
      : k.searchEach(bytesAt, startsAt, endsAt, count, needleAt, masksAt, length, first, second, foundAt);
    return this.found.subarray(0, length === needle.bytes.length ? found : this.verify(needle, found));
  }

  /** Keeps of the first `found` results those that hold the whole of a long needle. */
  private verify(needle: Needle, found: number): number {
    let kept = 0;
    for (let i = 0; i < found; i++) {
      const line = this.found[i] as number;
      if (bytesHold(this.bytes.subarray(this.starts[line], this.ends[line]), needle))
        this.found[kept++] = line;
    }
    return kept;
  }

  /**
   * Copies the needle and its case masks into the memory, padded with 0xff to whole words. Returns the bytes to search
   * for.
   */
  private load(needle: Needle): number {
    const { ignoreCase } = needle;
    const bytes = needle.bytes.subarray(0, searchedBytesMax);
    if (this.loaded === needle) return bytes.length;
    const text = new Uint8Array(this.memory.buffer, needleAt, bytes.length + 8);
    const masks = new Uint8Array(this.memory.buffer, masksAt, bytes.length + 8);
    text.fill(0xff);
    masks.fill(0xff);
    text.set(bytes);
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      masks[i] = ignoreCase && byte >= 0x61 && byte <= 0x7a ? 0x20 : 0;
    }
    this.loaded = needle;
    return bytes.length;
  }
}
