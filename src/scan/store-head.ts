// Scans of a store whose head lies in the memory of this process.
import type { StoreHost } from '../store/host.ts';
import { type Snapshot, UnitGoneError } from '../store/store.ts';
import { QueryTimeoutError } from './query-errors.ts';
import { ScanControl, stopReasons } from './scan-control.ts';

export type StoreHead = Pick<StoreHost, 'snapshot' | 'hold'>;

/** Plans that went stale (blocks moved by compaction or retention) before a query gives up. */
const replansMax = 8;

/**
 * Runs work on a snapshot that is taken now and held meanwhile; again on a new one when its plan went stale. `control`
 * is told to stop when the signal fires.
 */
export async function onSnapshot<T>(
  head: StoreHead,
  signal: AbortSignal,
  work: (snapshot: Snapshot, control: SharedArrayBuffer) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const control = new ScanControl();
    const onAbort = (): void =>
      control.stop(signal.reason instanceof QueryTimeoutError ? stopReasons.timeout : stopReasons.cancelled);
    signal.addEventListener('abort', onAbort, { once: true });
    const snapshot = head.snapshot();
    const release = head.hold(snapshot);
    try {
      return await work(snapshot, control.buffer);
    } catch (error) {
      if (!(error instanceof UnitGoneError) || attempt > replansMax) throw error;
    } finally {
      release();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
