// Live tails as the main thread holds them. The worker behind them is started by the first subscription, and ends some
// time after the last one.
import type { MessagePort, Worker } from 'node:worker_threads';
import type { LogQuery } from '../logql/ast.ts';
import { ParseError } from '../logql/parse-error.ts';
import { RpcClosedError, RpcPeer } from '../threads/rpc.ts';
import type { StartThread } from '../threads/start-thread.ts';
import { hungAfter, type WatchdogOptions, watchForHang } from '../threads/watchdog.ts';
import type { MainForTail, TailForMain, TailFrame } from './tail-protocol.ts';

export interface TailOptions {
  readonly tenant: string;
  readonly query: LogQuery;
  readonly categorizeLabels: boolean;
  readonly delayMs: number;
}

export interface TailFrames {
  /** One frame: JSON text, ready to send. Its memory is the receiver's, to be given back as soon as it is sent. */
  readonly onFrame: (frame: Uint8Array) => void;
  /** The tail cannot go on; the text is for the client. */
  readonly onEnd: (reason: string) => void;
}

/** A subscription; after `close` nothing comes any more. */
export interface TailHandle {
  /** While paused no frames come; the worker keeps a bounded number of entries and drops the oldest. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface TailHubOptions {
  /** Starts the worker: see serveTails. */
  readonly startThread: StartThread;
  /** A fresh port of the ingest worker. */
  readonly ingestPort: () => MessagePort;
  /** Entries that clients will not get: of a batch that was read too late, all of a tenant with tails. */
  readonly onDropped: (tenant: string, entries: number) => void;
  /** The worker died or hung; its tails have ended, the next one starts another worker. */
  readonly onWorkerLost: (error: Error) => void;
  /** When the worker counts as hung. Default: a minute. */
  readonly hungAfter?: WatchdogOptions;
  /** The worker ends this long after its last tail. Default: two minutes. */
  readonly idleEndMs?: number;
}

/** Whoever looks at tails opens the next one soon. */
const defaultIdleEndMs = 2 * 60_000;

interface Subscriber {
  readonly frames: TailFrames;
  paused: boolean;
  /** Frames that came while paused: at most as many as may be under way. */
  held: Uint8Array[];
}

type TailPeer = RpcPeer<TailForMain, MainForTail>;

export class TailHub {
  readonly #options: TailHubOptions;
  readonly #subscribers = new Map<number, Subscriber>();
  #worker: Worker | undefined;
  #tail: TailPeer | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 1;

  constructor(options: TailHubOptions) {
    this.#options = options;
  }

  /** Resolves once every entry committed from now on will be looked at. Rejects with ParseError. */
  async subscribe(options: TailOptions, frames: TailFrames): Promise<TailHandle> {
    clearTimeout(this.#idleTimer);
    const id = this.#nextId++;
    const tail = this.#peer();
    const subscriber: Subscriber = { frames, paused: false, held: [] };
    this.#subscribers.set(id, subscriber);
    try {
      await tail.call('subscribe', { id, ...options });
    } catch (error) {
      this.#forget(id);
      throw error;
    }
    return {
      pause: () => {
        subscriber.paused = true;
      },
      resume: () => {
        subscriber.paused = false;
        const { held } = subscriber;
        subscriber.held = [];
        this.#deliver(
          tail,
          held.map((frame) => ({ id, frame })),
        );
      },
      close: () => {
        if (this.#forget(id)) tail.notify('unsubscribe', { id });
      },
    };
  }

  /** Whether its worker is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
    clearTimeout(this.#idleTimer);
    const [tail, worker] = [this.#tail, this.#worker];
    this.#tail = undefined;
    this.#worker = undefined;
    tail?.close();
    await worker?.terminate();
  }

  #peer(): TailPeer {
    if (this.#tail !== undefined) return this.#tail;
    const worker = this.#options.startThread({ name: 'tail' });
    const tail: TailPeer = new RpcPeer<TailForMain, MainForTail>(
      worker,
      {
        frames: ({ frames }) => this.#deliver(tail, frames),
        ended: ({ id, reason }) => {
          const subscriber = this.#subscribers.get(id);
          this.#forget(id);
          subscriber?.frames.onEnd(reason);
        },
        dropped: ({ tenant, entries }) => this.#options.onDropped(tenant, entries),
      },
      { errors: [ParseError] },
    );
    this.#worker = worker;
    this.#tail = tail;
    void tail.closed.then((error) => this.#failed(tail, error));
    watchForHang(tail, {
      ...(this.#options.hungAfter ?? hungAfter),
      onHung: () => {
        tail.close(new RpcClosedError('it did not answer'));
        void worker.terminate();
      },
    });
    const port = this.#options.ingestPort();
    tail.notify('connectIngest', { port }, [port]);
    return tail;
  }

  /** False when it was not there. The worker ends when nobody subscribes for a while. */
  #forget(id: number): boolean {
    const was = this.#subscribers.delete(id);
    if (was && this.#subscribers.size === 0) {
      clearTimeout(this.#idleTimer);
      const endMs = this.#options.idleEndMs ?? defaultIdleEndMs;
      this.#idleTimer = setTimeout(() => void this.close(), endMs).unref();
    }
    return was;
  }

  #deliver(tail: TailPeer, frames: readonly TailFrame[]): void {
    const ids: number[] = [];
    for (const { id, frame } of frames) {
      const subscriber = this.#subscribers.get(id);
      if (subscriber?.paused) subscriber.held.push(frame);
      else if (subscriber !== undefined) {
        ids.push(id);
        subscriber.frames.onFrame(frame);
      }
    }
    if (ids.length > 0) tail.notify('taken', { ids });
  }

  /** The worker is gone: its tails end, the next subscription starts another one. */
  #failed(tail: TailPeer, error: Error): void {
    if (this.#tail !== tail) return;
    this.#tail = undefined;
    this.#worker = undefined;
    const subscribers = [...this.#subscribers.values()];
    this.#subscribers.clear();
    for (const { frames } of subscribers) frames.onEnd(error.message);
    this.#options.onWorkerLost(error);
  }
}
