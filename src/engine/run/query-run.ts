// One query from admission to answer: its deadline, its caller's signal, its scans and their counters.

import { setMaxListeners } from 'node:events';
import { QueryCancelledError, QueryTimeoutError, QueryWorkerLostError } from '../../scan/query-errors.ts';
import { MemoryShare } from '../../scan/query-memory.ts';
import type { ByteBudget } from '../../store/scan-service.ts';
import type { ScanCounts, ScanPart, ScanTask } from '../../store/scan-task.ts';
import { RpcClosedError } from '../../threads/rpc.ts';
import type { StepCache } from '../cache/step-cache.ts';
import type { QueryContext, QueryStatistics } from './query-service.ts';
import type { QueryWorkers } from './query-workers.ts';

/** Loki's words; Grafana looks for them. */
export const cancelledText = 'the request was cancelled by the client';
export const timeoutText =
  'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A scan as a query asks for it; the run adds tenant and limits. */
export type RunScan = Without<ScanTask, 'tenant' | 'scanBytesMax'>;

/** What all queries of an engine share. */
export interface RunParts {
  readonly workers: QueryWorkers;
  /** See QueryEngineOptions. */
  readonly splitInstantNs: bigint;
  readonly cache: StepCache | undefined;
  /** Answer from block statistics where they are exact. */
  readonly useStatistics: boolean;
}

const damageWarning =
  'some blocks of this range are damaged and were left out: entries are missing; the log and `skald verify` name them';

/** Whether the part lacks entries of damaged blocks. */
const hasDamage = ({ blocksDamaged = 0, view }: ScanCounts): boolean =>
  blocksDamaged > 0 || (view?.damagedBlocks ?? 0) > 0;

export class QueryRun {
  readonly context: QueryContext;
  /** See QueryEngineOptions. */
  readonly splitInstantNs: bigint;
  /** Undefined: nothing is kept. */
  readonly cache: StepCache | undefined;
  readonly useStatistics: boolean;
  readonly #workers: QueryWorkers;
  readonly #budget: ByteBudget;
  /** What the main thread holds for the query; each scan's parts are to be taken off it when they are used up. */
  readonly memory: MemoryShare;
  readonly #deadline = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #askedMs = performance.now();
  /** Fires when the caller goes away or the deadline passes. */
  readonly signal: AbortSignal;
  #startedMs = this.#askedMs;
  /** Damaged blocks were left out. */
  #damaged = false;
  #counts = { bytes: 0, lines: 0, metadataBytes: 0, linesAfterFilter: 0, blocksRead: 0, blocksSkipped: 0 };

  constructor(context: QueryContext, parts: RunParts) {
    const { workers, splitInstantNs, cache, useStatistics } = parts;
    this.context = context;
    this.splitInstantNs = context.splitInstantNs ?? splitInstantNs;
    this.cache = cache;
    this.useStatistics = useStatistics;
    this.#workers = workers;
    this.#budget = workers.budget(context.limits.memoryBytesMax);
    this.memory = new MemoryShare(this.#budget);
    const onDeadline = (): void => this.#deadline.abort(new QueryTimeoutError(timeoutText));
    this.#timer = setTimeout(onDeadline, context.limits.timeoutMs);
    this.#timer.unref();
    this.signal = AbortSignal.any([context.signal, this.#deadline.signal]);
    // One a scan, of which a query may have many at once.
    setMaxListeners(Number.POSITIVE_INFINITY, this.signal);
  }

  /** Admission let the query in. */
  started(): this {
    this.#startedMs = performance.now();
    return this;
  }

  /** For a holder that lets go of everything at once. */
  memoryShare(): MemoryShare {
    return new MemoryShare(this.#budget);
  }

  checkStopped(): void {
    if (this.signal.aborted) throw this.#stopError();
  }

  async scan(scan: RunScan): Promise<readonly ScanPart[]> {
    const { tenant, limits } = this.context;
    const task = { ...scan, tenant, scanBytesMax: limits.scanBytesMax } as ScanTask;
    const parts = await this.#workers.scan(task, { signal: this.signal, memory: this.#budget });
    for (const part of parts) this.#add(part);
    return parts;
  }

  /** The work's outcome, or a rejection as soon as the signal fires: the workers stop by themselves. */
  race<T>(work: Promise<T>): Promise<T> {
    if (this.signal.aborted) {
      // Nobody waits for the work any more, so neither must its failure go unhandled.
      work.catch(() => {});
      return Promise.reject(this.#stopError());
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(this.#stopError());
      this.signal.addEventListener('abort', onAbort, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener('abort', onAbort));
    });
  }

  /** The error the caller should see. */
  cause(error: unknown): unknown {
    if (this.signal.aborted) return this.#stopError();
    if (error instanceof RpcClosedError) {
      return new QueryWorkerLostError(
        `a query worker stopped while it worked on this query: ${error.message}`,
        {
          cause: error,
        },
      );
    }
    return error;
  }

  end(): void {
    clearTimeout(this.#timer);
    // What still scans, when another part has failed, is in vain.
    this.#deadline.abort(new QueryCancelledError(cancelledText));
  }

  statistics(entriesReturned: number): QueryStatistics {
    const { bytes, lines, metadataBytes, linesAfterFilter, blocksRead, blocksSkipped } = this.#counts;
    return {
      bytesProcessed: bytes,
      linesProcessed: lines,
      structuredMetadataBytesProcessed: metadataBytes,
      linesAfterFilter,
      entriesReturned,
      blocksRead,
      blocksSkipped,
      queueMs: this.#startedMs - this.#askedMs,
      executionMs: performance.now() - this.#startedMs,
    };
  }

  /** What the caller should know of the answer besides. */
  get warnings(): readonly string[] {
    return this.#damaged ? [damageWarning] : [];
  }

  #add({ counts }: ScanPart): void {
    this.#damaged ||= hasDamage(counts);
    const sum = this.#counts;
    sum.bytes += counts.bytes;
    sum.lines += counts.lines;
    sum.metadataBytes += counts.metadataBytes;
    sum.linesAfterFilter += counts.linesAfterFilter;
    sum.blocksRead += counts.blocksRead;
    sum.blocksSkipped += counts.blocksSkipped;
  }

  #stopError(): Error {
    if (this.context.signal.aborted) return new QueryCancelledError(cancelledText);
    return new QueryTimeoutError(timeoutText);
  }
}
