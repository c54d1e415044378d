// The store in figures, for metrics and the status page.

export interface StoreStats {
  readonly streams: number;
  readonly blocks: number;
  /** Entries and raw line bytes in blocks. */
  readonly blockEntries: number;
  readonly blockRawBytes: number;
  /** Bytes of columns and filters in blocks. */
  readonly blockDataBytes: number;
  readonly blockFilterBytes: number;
  /** Bytes on disk, all together. */
  readonly diskBytes: number;
  /** Bytes of entries that are durable and not yet in blocks, compressed. */
  readonly unsealedBytes: number;
  /** Bytes on disk by what they hold: `entries`, `index`, and what else this kind of store tells apart. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** Times that entries were cut into blocks, since the start. */
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
