// What writer, builder and host say to each other.
import type { DeleteCalls } from '../../store/delete-requests.ts';
import type { StoreWarning } from '../../store/host.ts';
import type { StoreStats } from '../../store/statistics.ts';
import type { SegmentRef } from './segment.ts';

export interface FlushRequest {
  /** Whole segments, oldest first; the writer appends no more to them. */
  readonly segments: readonly SegmentRef[];
  /** Last commit inside: `flushed_through` after the flush. */
  readonly lastSeq: number;
  readonly rawBytes: number;
}

/** Offered by the builder to the writer. */
export interface BuilderForWriter {
  /** Resolves when the entries are in blocks and the commits deleted. */
  flush(request: FlushRequest): Promise<void>;
  /** SQLite's log has grown by some megabytes. */
  logGrew(params: undefined): void;
}

/** Offered by the writer to the builder. */
export interface WriterForBuilder {
  /** Flushes all that is committed; resolves when it is in blocks. */
  flushAll(params: undefined): Promise<void>;
  /** Of these streams, which nobody uses: the writer forgets them. */
  releaseStreams(ids: readonly number[]): readonly number[];
}

/** Offered by the host to the builder. */
export interface HostForBuilder {
  /** For the log. */
  warn(warning: StoreWarning): void;
}

/** Offered by the builder to the host. */
export interface BuilderForHost extends DeleteCalls {
  /** Merges and recompresses all that is old enough, now. */
  compact(params: undefined): Promise<void>;
  /** Deletes blocks that others have replaced, also those that running queries may want: these plan again. */
  tidy(params: undefined): Promise<void>;
  flush(params: undefined): Promise<void>;
  retain(params: undefined): Promise<void>;
  stats(params: undefined): StoreStats;
  /** From now on the process is killed when the main thread does not answer for this long. */
  watchMain(params: { readonly hangTimeoutMs: number }): void;
  close(params: undefined): Promise<void>;
}
