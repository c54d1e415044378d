// What a store and its threads are told. All of it is structured-cloneable, so that worker threads get it as data.

import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { hourMs, mebibyte } from '../../model/units.ts';
import { defaultStorePolicy, type StorePolicy } from '../../store/policy.ts';
import type { RetentionRules } from '../../store/retention-policy.ts';
import type { Failpoint } from '../threads/failpoint.ts';

/** Where damaged blocks are told of: one channel for each store of the process. */
export const damageChannel = (storePath: string): string => `skald damaged blocks ${storePath}`;

export interface StoreSettings extends StorePolicy {
  /** The database file; `-wal`, `-shm` and `-lock` stand beside it. SQLite's log, up to 64 MB, is not counted in its size. */
  readonly path: string;
  /** Unused bytes in the file above which they are given back to the file system: they are used again at once. */
  readonly freeBytesKept: number;
  /** Time between two looks for blocks to merge. */
  readonly compactionCheckMs: number;
  /** Blocks whose last entry is younger are left to the flushes that still add to them. */
  readonly compactionAgeMs: number;
  /** Bytes of unsealed entries that start cutting blocks. */
  readonly flushBytes: number;
  /** No entry has come for so long: memory goes back, that of unsealed entries if there are at least `flushSmallBytes`. */
  readonly flushRestMs: number;
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
  /** Tests only: where to end the process (failpoint.ts). */
  readonly failpoint?: Failpoint;
}

const defaultStoreSettings: Omit<StoreSettings, 'path'> = {
  ...defaultStorePolicy,
  freeBytesKept: 8 * mebibyte,
  compactionCheckMs: 30_000,
  compactionAgeMs: 10 * 60_000,
  flushBytes: 48 * mebibyte,
  flushRestMs: 10_000,
  flushAgeMs: 5 * 60_000,
  flushSmallBytes: 4 * mebibyte,
  flushSmallAgeMs: hourMs,
  unsealedBytesMax: 96 * mebibyte,
  queuedBytesMax: 64 * mebibyte,
  // A commit of up to 4 MB lies in one segment: the waste at a segment's end stays small beside this.
  segmentBytes: 16 * mebibyte,
  commitDelayMs: 2,
  commitBytes: mebibyte,
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
  /** Whether the reader shares the heads of blocks with others of the process (block-catalog.ts). */
  readonly sharesHeads?: boolean;
  /** Of the memory of all heads; a store with more blocks is asked for them again by each query. */
  readonly headBytesMax?: number;
  /** What the readers of a process share (filter-cache.ts). */
  readonly filterMemory?: SharedArrayBuffer;
}

/** Names of the threads in the write lock. */
export const lockHolders = { writer: 1, builder: 2, ruler: 3 } as const;

/** Where in the data directory the store is: said once, for the gateway and for the commands that open its file. */
export const storePath = (dataDir: string): string => join(dataDir, 'skald.db');

/** What the ruler keeps where entries are in another kind of store. */
export const ruleStorePath = (dataDir: string): string => join(dataDir, 'rules.db');
