// Where scans run: worker threads that start with the first query and end when none has come for a while.

import type { Worker } from 'node:worker_threads';
import type { Labels } from '../../model/labels.ts';
import type { FieldSample } from '../../scan/fields/detected-fields.ts';
import { QueryCancelledError, QueryTimeoutError } from '../../scan/query-errors.ts';
import { ScanControl, stopReasons } from '../../scan/scan-control.ts';
import type { OnSnapshot, SharedPlan, WorkerTask } from '../../scan/scan-executor.ts';
import { SharedBudget } from '../../scan/shared-budget.ts';
import { onSnapshot, type StoreHead } from '../../scan/store-head.ts';
import {
  type QueryMainCalls,
  type QueryWorkerCalls,
  sharedErrors,
  type ValuesOfField,
} from '../../scan/worker-protocol.ts';
import type { DetectedField, IndexStats, PatternRow } from '../../store/scan-results.ts';
import type { ByteBudget, ScanBounds, ScanLoad, ScanService } from '../../store/scan-service.ts';
import type { IndexRequest, PatternsTask, ScanPart, ScanTask } from '../../store/scan-task.ts';
import { RpcClosedError, type RpcParams, RpcPeer, type RpcResult } from '../../threads/rpc.ts';
import type { StartThread } from '../../threads/start-thread.ts';
import { hungAfter, type WatchdogOptions, watchForHang } from '../../threads/watchdog.ts';

/** Looks for fields in lines that a query found: work for threads, which needs no store. */
export interface FieldDetection {
  detectFields(sample: FieldSample): Promise<readonly DetectedField[]>;
  detectedValues(params: ValuesOfField): Promise<readonly string[]>;
}

export type QueryWorkers = ScanService & FieldDetection;

/** A worker that dies is replaced, but one that dies again this soon is not: it would only spin. */
const respawnDelayMs = 1_000;
/**
 * Idle threads are kept this long: longer than dashboards wait between two refreshes. With their modules, statements and
 * index they take some 20 MB each and are up again in a fifth of a second.
 */
const idleEndMs = 2 * 60_000;

export interface ThreadWorkersOptions {
  readonly count: number;
  /** The store's, as of now. */
  readonly head: StoreHead;
  /** Starts a worker: see serveScans. */
  readonly startThread: StartThread;
  /** Asked when threads start: what it gives is their workerData, and let go with them. */
  readonly reader: () => unknown;
  /** A worker died or hung; its queries have failed and it is being replaced. */
  readonly onWorkerLost: (error: Error) => void;
  /** When a worker counts as hung. Default: a minute. */
  readonly hungAfter?: WatchdogOptions;
  /** Threads that nobody asked anything for this long end. Default: two minutes. */
  readonly idleEndMs?: number;
}

export class ThreadWorkers implements QueryWorkers {
  readonly #options: ThreadWorkersOptions;
  /** All of them, or none. */
  #slots: readonly WorkerSlot[] = [];
  #inUse = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #closing = false;
  #nextScan = 1;

  constructor(options: ThreadWorkersOptions) {
    this.#options = options;
  }

  get load(): ScanLoad {
    const living = this.#slots.filter(({ alive }) => alive);
    return { threads: living.length, busy: living.filter(({ peer }) => peer.inFlight > 0).length };
  }

  get problem(): string | undefined {
    return this.#slots.length > 0 && this.load.threads === 0 ? 'no query worker is running' : undefined;
  }

  budget(bytesMax: number): ByteBudget {
    return SharedBudget.create(bytesMax);
  }

  async scan(task: ScanTask, { signal, memory }: ScanBounds): Promise<readonly ScanPart[]> {
    if (!(memory instanceof SharedBudget)) throw new TypeError('the budget is of another service');
    return await this.#use(() =>
      onSnapshot(this.#options.head, signal, (snapshot, control) =>
        this.#scan({ ...task, snapshot, control, memory: memory.counter }),
      ),
    );
  }

  async #scan(task: WorkerTask): Promise<readonly ScanPart[]> {
    const first = this.#leastBusy();
    const id = this.#nextScan++;
    const helpers: Promise<ScanPart>[] = [];
    first.onShare.set(id, (plan) => {
      for (const slot of this.#slots) {
        if (slot !== first) helpers.push(slot.peer.call('help', { task, plan }));
      }
      // They are awaited below; until then a failure must not count as unhandled.
      for (const helper of helpers) helper.catch(() => {});
    });
    try {
      const part = await first.peer.call('run', { id, task });
      return [part, ...(await Promise.all(helpers))];
    } catch (error) {
      new ScanControl(task.control).stop(stopReasons.failed);
      // The helpers' own error may be the cause; the first worker then only says that it was stopped.
      const others = await Promise.allSettled(helpers);
      const causes = others.flatMap((other) => (other.status === 'rejected' ? [other.reason] : []));
      throw [error, ...causes].find((cause) => !isStop(cause)) ?? error;
    } finally {
      first.onShare.delete(id);
    }
  }

  labelNames(request: IndexRequest): Promise<readonly string[]> {
    return this.#ask('labelNames', this.#onHead(request));
  }
  labelValues(name: string, request: IndexRequest): Promise<readonly string[]> {
    return this.#ask('labelValues', { name, request: this.#onHead(request) });
  }
  series(request: IndexRequest): Promise<readonly Labels[]> {
    return this.#ask('series', this.#onHead(request));
  }
  stats(request: IndexRequest, signal: AbortSignal): Promise<IndexStats> {
    return onSnapshot(this.#options.head, signal, (snapshot, control) =>
      this.#ask('stats', { request: { ...request, snapshot }, control }),
    );
  }
  patterns(task: PatternsTask, signal: AbortSignal): Promise<readonly PatternRow[]> {
    return onSnapshot(this.#options.head, signal, (snapshot, control) =>
      this.#ask('patterns', { request: { ...task, snapshot }, control }),
    );
  }
  detectFields(sample: FieldSample): Promise<readonly DetectedField[]> {
    return this.#ask('detectFields', sample);
  }
  detectedValues(params: ValuesOfField): Promise<readonly string[]> {
    return this.#ask('detectedValues', params);
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#idleTimer);
    await this.#end();
  }

  #onHead(request: IndexRequest): OnSnapshot<IndexRequest> {
    return { ...request, snapshot: this.#options.head.snapshot() };
  }

  #ask<K extends keyof QueryWorkerCalls>(
    method: K,
    params: RpcParams<QueryWorkerCalls, K>,
  ): Promise<RpcResult<QueryWorkerCalls, K>> {
    return this.#use(() => this.#leastBusy().peer.call(method, params));
  }

  /** Runs work that needs the threads: they are there until it has ended. */
  async #use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new RpcClosedError('no query workers');
    clearTimeout(this.#idleTimer);
    this.#inUse++;
    try {
      if (this.#slots.length === 0) this.#start();
      return await work();
    } finally {
      if (--this.#inUse === 0 && !this.#closing)
        this.#idleTimer = setTimeout(() => void this.#end(), this.#options.idleEndMs ?? idleEndMs).unref();
    }
  }

  #start(): void {
    const reader = this.#options.reader();
    this.#slots = Array.from({ length: this.#options.count }, () => this.#spawn(reader));
  }

  async #end(): Promise<void> {
    const slots = this.#slots;
    this.#slots = [];
    await Promise.all(
      slots.map(async ({ peer, worker }) => {
        peer.close();
        await worker.terminate();
      }),
    );
  }

  #leastBusy(): WorkerSlot {
    const living = this.#slots.filter(({ alive }) => alive);
    const [first, ...rest] = living.length > 0 ? living : this.#slots;
    if (first === undefined) throw new RpcClosedError('no query workers');
    return rest.reduce((best, slot) => (slot.peer.inFlight < best.peer.inFlight ? slot : best), first);
  }

  #spawn(reader: unknown): WorkerSlot {
    const worker = this.#options.startThread({ workerData: reader, name: 'query' });
    const onShare: WorkerSlot['onShare'] = new Map();
    const peer = new RpcPeer<QueryWorkerCalls, QueryMainCalls>(
      worker,
      { share: ({ id, plan }) => onShare.get(id)?.(plan) },
      { errors: sharedErrors },
    );
    const slot: WorkerSlot = { worker, peer, onShare, alive: true };
    const startedMs = performance.now();
    watchForHang(peer, {
      ...(this.#options.hungAfter ?? hungAfter),
      onHung: () => {
        peer.close(new RpcClosedError('it did not answer'));
        void worker.terminate();
      },
    });
    void peer.closed.then((reason) => {
      slot.alive = false;
      if (!this.#slots.includes(slot)) return;
      this.#options.onWorkerLost(reason);
      const wait = performance.now() - startedMs < respawnDelayMs ? respawnDelayMs : 0;
      setTimeout(() => this.#replace(slot, reader), wait).unref();
    });
    return slot;
  }

  #replace(slot: WorkerSlot, reader: unknown): void {
    if (!this.#slots.includes(slot)) return;
    this.#slots = this.#slots.map((one) => (one === slot ? this.#spawn(reader) : one));
  }
}

interface WorkerSlot {
  readonly worker: Worker;
  readonly peer: RpcPeer<QueryWorkerCalls, QueryMainCalls>;
  readonly onShare: Map<number, (plan: SharedPlan) => void>;
  alive: boolean;
}

const isStop = (error: unknown): boolean =>
  error instanceof QueryCancelledError || error instanceof QueryTimeoutError;
