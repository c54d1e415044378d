// What writer, builder and host say to each other.
import type { DeleteRequest, NewDeleteRequest } from '../../store/delete-requests.ts';
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

export interface StoreStats {
  readonly streams: number;
  readonly blocks: number;
  /** Entries and raw line bytes in blocks. */
  readonly blockEntries: number;
  readonly blockRawBytes: number;
  /** Bytes of columns and filters in blocks. */
  readonly blockDataBytes: number;
  readonly blockFilterBytes: number;
  /** Size of the database file, unused pages in it, and SQLite's log. */
  readonly fileBytes: number;
  readonly fileFreeBytes: number;
  readonly sqliteLogBytes: number;
  /** Commits not yet cut into blocks: rows and compressed bytes. */
  readonly walCommits: number;
  readonly walBytes: number;
  readonly flushes: number;
  readonly lastFlush: FlushReport | undefined;
  readonly lastRetention: RetentionReport | undefined;
  readonly retention: RetentionStatus;
  readonly compaction: CompactionStatus;
  readonly deletes: DeleteTotals;
  /** Blocks that reading has found damaged and leaves out. */
  readonly damagedBlocks: number;
}

/** Bytes of columns and filters that went since the start, by cause. */
export interface FreedBytes {
  /** Older than their period. */
  age: number;
  /** The store was larger than it may be. */
  size: number;
  /** The disk had too little space left. */
  disk: number;
}

export interface RetentionStatus {
  readonly lastRun: RetentionReport | undefined;
  /** Runs since the start that ended with an error. */
  readonly failures: number;
  /** Unix milliseconds; undefined: off. */
  readonly nextRunMs: number | undefined;
  readonly freedBytes: Readonly<FreedBytes>;
}

export interface CompactionStatus {
  readonly blocksIn: number;
  readonly blocksOut: number;
  readonly savedBytes: number;
}

export interface DeleteTotals {
  readonly freedBytes: number;
  /** Requests that are not processed yet, of all tenants. */
  readonly pending: number;
  /** When the oldest of them was made, Unix milliseconds; undefined: there is none. */
  readonly oldestPendingMs: number | undefined;
  /** Since the start, by tenant; those beyond a bound under `other`. */
  readonly byTenant: readonly TenantDeletes[];
}

export interface TenantDeletes {
  readonly tenant: string;
  processed: number;
  deletedEntries: number;
}

export interface FlushReport {
  /** Unix milliseconds. */
  readonly endedMs: number;
  readonly durationMs: number;
  readonly rawBytes: number;
  readonly blocks: number;
}

export interface RetentionReport {
  readonly endedMs: number;
  readonly durationMs: number;
  /** Deleted in this run. */
  readonly blocks: number;
  readonly streams: number;
}

/** Offered by the host to the builder. */
export interface HostForBuilder {
  /** For the log. */
  warn(warning: StoreWarning): void;
}

export interface StoreWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Offered by the builder to the host. */
export interface BuilderForHost {
  createDelete(request: NewDeleteRequest): Promise<DeleteRequest>;
  listDeletes(tenant: string): Promise<readonly DeleteRequest[]>;
  cancelDelete(params: {
    readonly tenant: string;
    readonly requestId: string;
    readonly force: boolean;
  }): Promise<'cancelled' | 'unknown' | 'too late'>;
  /** Merges and recompresses all that is old enough, now. */
  compact(params: undefined): Promise<void>;
  /** Deletes blocks that others have replaced, also those that running queries may want: these plan again. */
  tidy(params: undefined): Promise<void>;
  flush(params: undefined): Promise<void>;
  retain(params: undefined): Promise<void>;
  stats(params: undefined): StoreStats;
  /** From now on the process is killed when the main thread does not answer for so long. */
  watchMain(params: { readonly hangTimeoutMs: number }): void;
  close(params: undefined): Promise<void>;
}
