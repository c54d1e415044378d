// The store as the main thread holds it: nothing of its data goes through here, all that it does is asked for.
import type { Transferable } from 'node:worker_threads';
import type { StoreDeletes } from './delete-requests.ts';
import type { StoreStats } from './statistics.ts';
import type { ChangeTimes, Snapshot } from './store.ts';

/** Something for the log that fails nothing: a damaged block, maintenance that did not succeed. */
export interface StoreWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** What the ruler needs of a store that keeps its rules. */
export interface RuleHost {
  /** For the one thread of the ruler: its workerData, which its OpenRuleStore gets. */
  ruleStoreSettings(): unknown;
  /** Whether there are rule groups, so that the ruler is to start. */
  hasRuleGroups(): boolean;
  /** The ruler's thread is gone, perhaps in the midst of a write. */
  ruleStoreGone(): void;
}

export interface StoreHost {
  /** Why the store is of no use now; undefined when it is well. */
  readonly problem: string | undefined;
  /** Which times changed, so that answers can be used again. */
  readonly changes: ChangeTimes;
  readonly deletes: StoreDeletes;
  /** For the one thread that accepts entries, once: `settings` is workerData of the thread, where its OpenWriter gets it. */
  writerSettings(): { readonly settings: unknown; readonly transfer: readonly Transferable[] };
  /** For each thread that reads: its workerData, which its OpenReader gets. Hold it while the thread lives. */
  readerSettings(): unknown;
  /** What the writer's `onHead` tells. */
  useHead(head: Snapshot): void;
  /** The head as of the newest `useHead`: cheap, and the same object until it changes. */
  snapshot(): Snapshot;
  /** Keeps what a snapshot shows readable until the returned function is called, once. */
  hold(snapshot: Snapshot): () => void;
  /** Brings everything committed so far into its lasting form. */
  flush(): Promise<void>;
  stats(): Promise<StoreStats>;
  /** From now on the process is killed when this thread hangs. */
  watchThisThread(): void;
  /** Close writer and readers first. */
  close(): Promise<void>;
}
