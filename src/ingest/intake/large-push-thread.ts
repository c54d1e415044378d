// The thread of large pushes as the ingest worker holds it: there from the first one until some time after the last.
import type { Worker } from 'node:worker_threads';
import { RpcClosedError, RpcPeer } from '../../threads/rpc.ts';
import { startThread } from '../../threads/start-thread.ts';
import { watchForHang } from '../../threads/watchdog.ts';
import type { LargePush, LargePushDecoder, LargePushOutcome } from './large-push.ts';
import type { LargePushWorkerData } from './large-push-worker.ts';

export interface LargePushThreadOptions {
  readonly data: LargePushWorkerData;
  /** A push that takes so long is given up, and the thread with it. */
  readonly hangTimeoutMs: number;
  /** It has died or hangs; the next push starts another one. */
  readonly onLost: (error: Error) => void;
}

/** What it holds is given back soon: the worst push leaves hundreds of megabytes. */
const idleEndMs = 15_000;
/** Twice what the most objects of OTLP need. Beyond it the thread ends, and not the process. */
const heapMbMax = 1024;
/** Questions to it before it is given up. */
const asked = 20;

export class LargePushThread {
  readonly #options: LargePushThreadOptions;
  #worker: Worker | undefined;
  #peer: RpcPeer<LargePushDecoder> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: LargePushThreadOptions) {
    this.#options = options;
  }

  /** Takes the request's body. Rejects with RpcClosedError when the thread is lost meanwhile. */
  async decode(push: LargePush): Promise<LargePushOutcome> {
    clearTimeout(this.#idleTimer);
    const peer = this.#peer ?? this.#start();
    try {
      return await peer.call('decode', push, { transfer: [push.request.body] });
    } finally {
      clearTimeout(this.#idleTimer);
      this.#idleTimer = setTimeout(() => void this.close(), idleEndMs).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#peer?.close();
    this.#peer = undefined;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): RpcPeer<LargePushDecoder> {
    const { data, hangTimeoutMs, onLost } = this.#options;
    const worker = startThread(import.meta.url, './large-push-worker.ts', {
      workerData: data,
      name: 'decoder',
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    const peer = new RpcPeer<LargePushDecoder>(worker, {});
    this.#worker = worker;
    this.#peer = peer;
    void peer.closed.then((error) => {
      if (this.#peer !== peer) return;
      this.#peer = undefined;
      this.#worker = undefined;
      onLost(error);
    });
    watchForHang(peer, {
      everyMs: Math.ceil(hangTimeoutMs / asked),
      missedMax: asked,
      onHung: () => {
        peer.close(new RpcClosedError(`a push was not decoded within ${hangTimeoutMs} ms`));
        void worker.terminate();
      },
    });
    return peer;
  }
}
