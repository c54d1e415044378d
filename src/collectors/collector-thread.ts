// The thread of the collectors as the main thread holds it.
import type { MessagePort, Worker } from 'node:worker_threads';
import { RpcClosedError, RpcPeer } from '../threads/rpc.ts';
import { startThread } from '../threads/start-thread.ts';
import { type VitalThread, watchVitalThread } from '../threads/vital-thread.ts';
import type { CollectorHealth } from './collector.ts';
import type { CollectorWorkerData, CollectorWorkerService } from './collector-worker.ts';

export interface CollectorThreadOptions {
  readonly data: Omit<CollectorWorkerData, 'sinkPort'>;
  /** Into the ingest worker; moves to the thread. */
  readonly sinkPort: MessagePort;
  /** See VitalThreadOptions. */
  readonly hangTimeoutMs: number;
  readonly onHealth: (health: readonly CollectorHealth[]) => void;
  /** It ended by itself. */
  readonly onEnd: (error: Error) => void;
  /** It has not answered for `hangTimeoutMs`. */
  readonly onHung: (error: Error) => void;
}

const healthEveryMs = 1_000;
/** Collectors stop within 2 s; a thread that does not is ended. */
const stopMs = 3_000;

export class CollectorThread {
  readonly #worker: Worker;
  readonly #peer: RpcPeer<CollectorWorkerService>;
  readonly #watch: VitalThread;
  #closing = false;

  constructor({ data, sinkPort, hangTimeoutMs, onHealth, onEnd, onHung }: CollectorThreadOptions) {
    const workerData: CollectorWorkerData = { ...data, sinkPort };
    this.#worker = startThread(import.meta.url, './collector-worker.ts', {
      workerData,
      transferList: [sinkPort],
      name: 'collectors',
    });
    const peer = new RpcPeer<CollectorWorkerService>(this.#worker, {});
    this.#peer = peer;
    let isGone = false;
    void peer.closed.then((error) => {
      isGone = true;
      clearInterval(asking);
      if (!this.#closing) onEnd(error);
    });
    this.#watch = watchVitalThread(peer, 'the thread of the collectors', {
      hangTimeoutMs,
      onLost: (error) => {
        if (!isGone && !this.#closing) onHung(error);
      },
    });
    const ask = (): void => {
      peer.call('health', null).then(onHealth, () => {});
    };
    const asking = setInterval(ask, healthEveryMs);
    asking.unref();
    ask();
  }

  /** Undefined: as far as one knows, well. */
  get problem(): string | undefined {
    return this.#watch.problem;
  }

  /** Resolves when its listeners are open, or never will be. */
  async opened(): Promise<void> {
    // A thread that ends instead is for onEnd.
    await this.#peer.call('opened', null).catch(() => {});
  }

  /** Stops reading and commits what was read. */
  async close(): Promise<void> {
    this.#closing = true;
    let late: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      late = setTimeout(resolve, stopMs);
    });
    await Promise.race([this.#peer.call('stop', null).catch(() => {}), timeout]);
    clearTimeout(late);
    await this.terminate();
  }

  /** Ends it without ceremony. Stays open while it hangs in a call of the system. */
  async terminate(): Promise<void> {
    this.#closing = true;
    this.#peer.close(new RpcClosedError('terminated'));
    await this.#worker.terminate();
  }
}
