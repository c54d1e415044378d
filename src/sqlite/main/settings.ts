// What a store and its threads are told. All of it is structured-cloneable, so that worker threads get it as data.

import type { MessagePort } from 'node:worker_threads';
import { hourMs, mebibyte } from '../../model/units.ts';
import type { RetentionRules } from '../../store/retention-policy.ts';
import type { Failpoint } from '../threads/failpoint.ts';

export interface StoreSettings {
  /** The database file; `-wal`, `-shm` and `-lock` stand beside it. */
  readonly path: string;
  /** Entries older than this are hidden at once and deleted block by block. 0n keeps everything. */
  readonly retentionNs: bigint;
  /** Other periods for some streams and tenants. */
  readonly retentionRules: RetentionRules;
  /** Bytes in use in the file above which the oldest blocks go; 0: no limit. SQLite's log, up to 64 MB, comes on top. */
  readonly storeBytesMax: number;
  /** Free bytes of the file system below which the oldest blocks go; 0: no limit. */
  readonly diskFreeBytesMin: number;
  /** Unused bytes in the file above which they are given back to the file system: they are used again at once. */
  readonly freeBytesKept: number;
  /** How often retention looks. */
  readonly retentionCheckMs: number;
  /** Share of one core, 0 to 1, for merging and recompressing blocks; a quarter of it while much is written; 0: off. */
  readonly compactionShare: number;
  /** Time between two looks for blocks to merge. */
  readonly compactionCheckMs: number;
  /** Blocks whose last entry is younger are left to the flushes that still add to them. */
  readonly compactionAgeMs: number;
  /** A deletion waits this long before it removes data, so that it can be taken back; it hides entries at once. */
  readonly deleteDelayMs: number;
  /** Bytes of unsealed entries that start cutting blocks. */
  readonly flushBytes: number;
  /** Unsealed entries this old are cut, if there are at least `flushSmallBytes` of them … */
  readonly flushAgeMs: number;
  readonly flushSmallBytes: number;
  /** … and at this age in any case: their commits are durable, so the only gain is a shorter replay. */
  readonly flushSmallAgeMs: number;
  /** Bytes of unsealed entries above which commits wait for the builder. */
  readonly unsealedBytesMax: number;
  /** Bytes of entries queued for the next commits above which `append` refuses. */
  readonly queuedBytesMax: number;
  /** Size of an ordinary shared segment; a commit that is larger gets one of its own. */
  readonly segmentBytes: number;
  /** A commit waits this long for company, unless `commitBytes` are queued. */
  readonly commitDelayMs: number;
  readonly commitBytes: number;
  /** A stream without entries for this long is not active. */
  readonly streamIdleMs: number;
  /** Values of one label name among a tenant's streams above which the log and the metrics warn; 0: never. */
  readonly labelValuesWarned: number;
  /** A thread of the store that does not answer for so long is given up, and the process ends. */
  readonly hangTimeoutMs: number;
  /** Tests only: where to end the process (failpoint.ts). */
  readonly failpoint?: Failpoint;
}

export const defaultStoreSettings: Omit<StoreSettings, 'path'> = {
  retentionNs: 7n * 24n * 3_600_000_000_000n,
  retentionRules: { rules: [], tenants: {} },
  storeBytesMax: 0,
  diskFreeBytesMin: 0,
  freeBytesKept: 8 * mebibyte,
  retentionCheckMs: 60_000,
  compactionShare: 0.25,
  compactionCheckMs: 30_000,
  compactionAgeMs: 10 * 60_000,
  deleteDelayMs: 10_000,
  flushBytes: 48 * mebibyte,
  flushAgeMs: 5 * 60_000,
  flushSmallBytes: 4 * mebibyte,
  flushSmallAgeMs: hourMs,
  unsealedBytesMax: 96 * mebibyte,
  queuedBytesMax: 64 * mebibyte,
  // A commit of up to 4 MB lies in one segment: the waste at a segment's end stays small beside this.
  segmentBytes: 16 * mebibyte,
  commitDelayMs: 2,
  commitBytes: mebibyte,
  streamIdleMs: hourMs / 2,
  labelValuesWarned: 2000,
  hangTimeoutMs: 60_000,
};

export const storeSettings = (path: string, changes: Partial<StoreSettings> = {}): StoreSettings => ({
  ...defaultStoreSettings,
  ...changes,
  path,
});

/**
 * For the ingest worker: `workerData` of the worker (with `builderPort` in its transfer list), then
 * `openWriter(settings, events)` there.
 */
export interface WriterSettings {
  readonly store: StoreSettings;
  /** Memory of the lock shared with the builder. */
  readonly writeLock: SharedArrayBuffer;
  /** Where the writer tells which times it added entries to (change-times.ts). */
  readonly changeTimes: SharedArrayBuffer;
  /** Leads to the builder worker. */
  readonly builderPort: MessagePort;
  /** Numbers of segments stay unique when a writer follows another in one process. */
  readonly firstSegmentNumber: number;
}

/** For query workers: `workerData`, then `openReader(settings)` there. */
export interface ReaderSettings {
  readonly path: string;
  readonly retentionNs: bigint;
  readonly retentionRules?: RetentionRules;
  /** Name of the broadcast channel on which damaged blocks are told to the builder. */
  readonly damageChannel?: string;
  /** What the readers of a process share (filter-cache.ts). */
  readonly filterMemory?: SharedArrayBuffer;
}

/** Names of the threads in the write lock. */
export const lockHolders = { writer: 1, builder: 2 } as const;
