// A block: the entries of one stream in one span of time, as five independent byte columns. docs/format.md has
// the bytes; this file the shapes, the limits and the error that all of the folder shares.
import type { StreamEntries } from '../../store/commits.ts';

/** Raw line bytes at which a builder should cut a block: the best unit for skipping by gram filter. */
export const blockRawBytesTarget = 256 * 1024;
/** Entries at which a builder should cut a block, so that empty lines cannot make one without end. */
export const blockEntriesTarget = 16_384;

/** Hard limits: encodeBlock throws RangeError above them, decoders call such a block corrupt. */
export const blockRawBytesMax = 16 * 1024 * 1024;
export const blockEntriesMax = 131_072;
export const blockMetadataBytesMax = 16 * 1024 * 1024;
/** 90 days: offsets are float64 nanoseconds, exact up to 104. A builder cuts a block before. */
export const blockSpanNsMax = 90 * 86_400 * 1_000_000_000;

/** Entries to encode, ascending by time (equal times in arrival order). An EntryBatch has this shape. */
export type BlockColumns = StreamEntries;

/** Bits of {@link EncodedBlock.flags}. Other bits are 0. */
export const blockFlags = {
  /** At least one entry has structured metadata; without it `meta` is empty. */
  metadata: 1,
  /** At least one line holds a newline, so '\n' alone does not bound entries. */
  innerNewline: 2,
  /** `counts` has rows; without it they would be as long as the entries and are left out. */
  counts: 4,
} as const;

/** The columns own their bytes: they stay valid. */
export interface EncodedBlock {
  readonly ts: Buffer;
  /** Empty when no entry has metadata. */
  readonly meta: Buffer;
  readonly lines: Buffer;
  /** 4-gram bitmap; see filter.ts. */
  readonly filter: Buffer;
  readonly counts: Buffer;
  /** Entries, at least 1. */
  readonly n: number;
  /** Sum of line lengths in bytes. */
  readonly raw: number;
  /** Sum of encoded structured metadata in bytes. */
  readonly metadataRaw: number;
  /** Times of the first and last entry, both inclusive. */
  readonly t0Ns: bigint;
  readonly t1Ns: bigint;
  readonly flags: number;
}

/** Times, line ranges and levels of a block: views of the decoder's memory. */
export interface DecodedTimes {
  readonly count: number;
  /** The time of the first entry; `offsetsNs[0]` is 0. */
  readonly baseNs: bigint;
  readonly offsetsNs: Float64Array;
  /** Ranges of the bytes that decodeLines gives. */
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly level: Uint8Array;
}

/** Structured metadata of a block; entries with equal metadata may share a range. */
export interface DecodedMetadata {
  readonly metadataBytes: Uint8Array;
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
}

/** The bytes are not a block of a version this program knows, or damaged. */
export class CorruptBlockError extends Error {
  override readonly name = 'CorruptBlockError';
}
