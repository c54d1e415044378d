// Segments: the unsealed head of the store in shared memory. A segment is a header and slices, appended by the
// writer commit by commit; a slice holds the entries of one stream and one append. The bytes of a commit are the
// same in a segment and, compressed, in the `wal` table.
//
//   header   i32 number (0 while the memory is free)   i32 publishedBytes   i32 holders (segment-hold.ts)
//            padding to 64
//   slice    u32 bytes (8-aligned)   u32 stream   u32 count   u32 flags
//            i64 baseNs (earliest)   i64 lastNs (latest)   u32 lineBytes   u32 metadataBytes
//            f64 offsetsNs[count]   u32 lineOffsets[count + 1]   u32 metadataOffsets[count + 1] (flag)
//            u8 level[count]   lines   metadata   padding
//
// The writer may reuse the memory of a sealed segment: it first sets `number` to 0. A reader copies what it needs
// and then checks that the number is still the one it came for.
import type { BlockColumns } from '../format/block.ts';

/** A segment as it travels between threads. */
export interface SegmentRef {
  readonly buffer: SharedArrayBuffer;
  /** Unique while the process lives, ascending. */
  readonly number: number;
  /** Sequence number of its first commit: the segment is sealed once `flushed_through` reaches it. */
  readonly firstSeq: number;
}

/** What a reader gets to see the head: newest last. The type behind `Snapshot`. */
export interface SegmentSnapshot {
  readonly segments: readonly SegmentRef[];
}

export const segmentHeaderBytes = 64;
const numberIndex = 0;
const publishedIndex = 1;
export const holdersIndex = 2;

export const sliceHeaderBytes = 40;
export const sliceFlags = { sorted: 1, metadata: 2 } as const;
/** Longest span of a slice's times, so that offsets of merged slices stay exact (26 days). */
export const sliceSpanNsMax = 2 ** 51;

export const align8 = (bytes: number): number => (bytes + 7) & ~7;

export function sliceBytesNeeded(options: {
  readonly count: number;
  readonly lineBytes: number;
  readonly metadataBytes: number;
}): number {
  const { count, lineBytes, metadataBytes } = options;
  const metadata = metadataBytes > 0 ? 4 * (count + 1) : 0;
  return align8(
    sliceHeaderBytes + 8 * count + 4 * (count + 1) + metadata + count + lineBytes + metadataBytes,
  );
}

export interface SliceHeader {
  /** Offset in the memory. */
  readonly at: number;
  readonly stream: number;
  readonly count: number;
  readonly baseNs: bigint;
  readonly lastNs: bigint;
  readonly lineBytes: number;
  readonly metadataBytes: number;
}

/** Aligned views of memory that holds slices: a segment, a commit buffer or a decompressed `wal` row. */
export interface SliceMemory {
  readonly bytes: Buffer;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly f64: Float64Array;
}

/** `start` must be 8-aligned in the buffer; slice offsets count from it. */
export function sliceMemory(buffer: ArrayBufferLike, start = 0, end = buffer.byteLength): SliceMemory {
  const bytes = end - start;
  return {
    bytes: Buffer.from(buffer as ArrayBuffer, start, bytes),
    u32: new Uint32Array(buffer, start, bytes >> 2),
    i64: new BigInt64Array(buffer, start, bytes >> 3),
    f64: new Float64Array(buffer, start, bytes >> 3),
  };
}

export function readSliceHeader(memory: SliceMemory, at: number): SliceHeader {
  const { u32, i64 } = memory;
  const word = at >> 2;
  return {
    at,
    stream: u32[word + 1] as number,
    count: u32[word + 2] as number,
    baseNs: i64[(at >> 3) + 2] as bigint,
    lastNs: i64[(at >> 3) + 3] as bigint,
    lineBytes: u32[word + 8] as number,
    metadataBytes: u32[word + 9] as number,
  };
}

export const sliceBytes = (memory: SliceMemory, at: number): number => memory.u32[at >> 2] as number;
export const sliceStream = (memory: SliceMemory, at: number): number => memory.u32[(at >> 2) + 1] as number;

/** Views of one slice's columns, in arrival order: not sorted by time. Nothing is copied. */
export function sliceColumns(memory: SliceMemory, at: number): BlockColumns {
  const { bytes, u32, i64, f64 } = memory;
  const word = at >> 2;
  const count = u32[word + 2] as number;
  const flags = u32[word + 3] as number;
  const lineBytes = u32[word + 8] as number;
  const metadataBytes = u32[word + 9] as number;
  const offsetsAt = at + sliceHeaderBytes;
  const lineOffsetsAt = offsetsAt + 8 * count;
  const metadataOffsetsAt = lineOffsetsAt + 4 * (count + 1);
  const levelAt = metadataOffsetsAt + (flags & sliceFlags.metadata ? 4 * (count + 1) : 0);
  const linesAt = levelAt + count;
  const metadataAt = linesAt + lineBytes;
  const metadataWord = flags & sliceFlags.metadata ? metadataOffsetsAt >> 2 : -1;
  return {
    count,
    baseNs: i64[(at >> 3) + 2] as bigint,
    offsetsNs: f64.subarray(offsetsAt >> 3, (offsetsAt >> 3) + count),
    bytes: bytes.subarray(linesAt, metadataAt),
    lineStarts: u32.subarray(lineOffsetsAt >> 2, (lineOffsetsAt >> 2) + count),
    lineEnds: u32.subarray((lineOffsetsAt >> 2) + 1, (lineOffsetsAt >> 2) + 1 + count),
    level: bytes.subarray(levelAt, linesAt),
    metadataBytes: bytes.subarray(metadataAt, metadataAt + metadataBytes),
    metadataStarts: metadataWord < 0 ? zeros(count) : u32.subarray(metadataWord, metadataWord + count),
    metadataEnds: metadataWord < 0 ? zeros(count) : u32.subarray(metadataWord + 1, metadataWord + 1 + count),
  };
}

let zeroRanges = new Uint32Array(0);
/** A shared view of zeros: the ranges of entries without metadata. Never written. */
export function zeros(count: number): Uint32Array {
  if (zeroRanges.length < count) zeroRanges = new Uint32Array(Math.max(1024, count * 2));
  return zeroRanges.subarray(0, count);
}

/** Writer side of one segment. */
export class SegmentWriter {
  readonly ref: SegmentRef;
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  #used = segmentHeaderBytes;

  /** Takes fresh or reused memory. */
  constructor(ref: SegmentRef) {
    this.ref = ref;
    this.#control = segmentControl(ref.buffer);
    this.#bytes = new Uint8Array(ref.buffer);
    Atomics.store(this.#control, publishedIndex, segmentHeaderBytes);
    Atomics.store(this.#control, numberIndex, ref.number);
  }

  get usedBytes(): number {
    return this.#used - segmentHeaderBytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#bytes.length;
  }

  /** Appends whole slices and makes them visible. Returns where they start. */
  publish(slices: Uint8Array): number {
    const at = this.#used;
    this.#bytes.set(slices, at);
    this.#used += slices.length;
    Atomics.store(this.#control, publishedIndex, this.#used);
    return at;
  }
}

/** Marks the memory as free: readers that come or came for the old segment notice. */
export function freeSegment(buffer: SharedArrayBuffer): void {
  Atomics.store(segmentControl(buffer), numberIndex, 0);
}

/** End of the published slices, or -1 when the segment's memory was freed or reused. */
export function publishedBytes(control: Int32Array, number: number): number {
  const published = Atomics.load(control, publishedIndex);
  return Atomics.load(control, numberIndex) === number ? published : -1;
}

export const segmentControl = (buffer: SharedArrayBuffer): Int32Array => new Int32Array(buffer, 0, 3);
