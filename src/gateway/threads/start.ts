// The threads that need the store: which kind of store that is, their entries in this folder say, and nobody else.
import { type StartThread, startThread } from '../../threads/start-thread.ts';

/** Accepts entries. */
export const startIngestThread: StartThread = (options) =>
  startThread(import.meta.url, './ingest-worker.ts', options);

/** Scans for queries. */
export const startScanThread: StartThread = (options) =>
  startThread(import.meta.url, './scan-worker.ts', options);

/** Looks at commits for tails. */
export const startTailThread: StartThread = (options) =>
  startThread(import.meta.url, './tail-worker.ts', options);

/** Evaluates rules. */
export const startRulerThread: StartThread = (options) =>
  startThread(import.meta.url, './ruler-worker.ts', options);

/** The threads of one kind of store. */
export interface StoreThreads {
  readonly ingest: StartThread;
  readonly scan: StartThread;
  readonly tail: StartThread;
}

export const sqliteThreads: StoreThreads = {
  ingest: startIngestThread,
  scan: startScanThread,
  tail: startTailThread,
};

export const clickHouseThreads: StoreThreads = {
  ingest: (options) => startThread(import.meta.url, './clickhouse-ingest-worker.ts', options),
  scan: (options) => startThread(import.meta.url, './clickhouse-scan-worker.ts', options),
  tail: (options) => startThread(import.meta.url, './clickhouse-tail-worker.ts', options),
};
