// What a store is told of how long it keeps entries and how much it may do for that: the same for every kind of store.
import { hourMs } from '../model/units.ts';
import type { RetentionRules } from './retention-policy.ts';

export interface StorePolicy {
  /** Entries older than this are hidden at once and deleted in the background. 0n keeps everything. */
  readonly retentionNs: bigint;
  /** Other periods for some streams and tenants. */
  readonly retentionRules: RetentionRules;
  /** Bytes stored above which the oldest entries go; 0: no limit. */
  readonly storeBytesMax: number;
  /** Free bytes of the file system below which the oldest entries go; 0: no limit. */
  readonly diskFreeBytesMin: number;
  /** How often retention looks. */
  readonly retentionCheckMs: number;
  /** Share of one core, 0 to 1, for merging and recompressing; a quarter of it while much is written; 0: off. */
  readonly compactionShare: number;
  /** A deletion waits this long before it removes data, so that it can be taken back; it hides entries at once. */
  readonly deleteDelayMs: number;
  /** A stream without entries for this long is not active. */
  readonly streamIdleMs: number;
  /** Values of one label name among a tenant's streams above which the log and the metrics warn; 0: never. */
  readonly labelValuesWarned: number;
  /** A thread of the store that does not answer for this long is given up, and the process ends. */
  readonly hangTimeoutMs: number;
}

export const defaultStorePolicy: StorePolicy = {
  retentionNs: 7n * 24n * 3_600_000_000_000n,
  retentionRules: { rules: [], tenants: {} },
  storeBytesMax: 0,
  diskFreeBytesMin: 0,
  retentionCheckMs: 60_000,
  compactionShare: 0.25,
  deleteDelayMs: 10_000,
  streamIdleMs: hourMs / 2,
  labelValuesWarned: 2000,
  hangTimeoutMs: 60_000,
};
