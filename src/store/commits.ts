// Committed entries as tails get them: a writer tells of each commit, and other threads read what it holds.
import type { StreamId } from './store.ts';

/**
 * What a writer tells of one commit: structured-cloneable and small. What is inside only the {@link CommitReader} of the
 * same kind of store knows.
 */
export type CommittedBatch = unknown;

/** Entries of one stream as columns. Only the first `count` elements of the arrays count. */
export interface StreamEntries {
  readonly count: number;
  /** Entry i has time `baseNs + offsetsNs[i]`: exact integers, may be negative. */
  readonly baseNs: bigint;
  readonly offsetsNs: Float64Array;
  /** Line i is `bytes[lineStarts[i], lineEnds[i])`; ranges may lie in any order and share bytes. */
  readonly bytes: Uint8Array;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  /** LevelCode, 0..15. */
  readonly level: Uint8Array;
  /** Encoded structured metadata of entry i; an empty range is none. */
  readonly metadataBytes: Uint8Array;
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
}

export interface CommitReader {
  /** Number of entries of each stream that occurs in a batch, streams in order of appearance. */
  streams(batch: CommittedBatch): ReadonlyMap<StreamId, number>;
  /**
   * Calls `visit` for runs of entries of one stream, in the order of their arrival; they are valid until it returns.
   * False when the batch was read too late: what was visited since may be garbage and must be thrown away. `visit`
   * returns false to stop.
   */
  read(batch: CommittedBatch, visit: (stream: StreamId, entries: StreamEntries) => boolean): boolean;
}
