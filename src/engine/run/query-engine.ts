// The engine as HTTP and others see it: QueryService over a set of query workers. What evaluates queries is loaded by the
// first of them: a gateway that only collects does without.

import os from 'node:os';
import type { LogQuery } from '../../logql/ast.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import { nsPerSecond, type TimeRange } from '../../model/time.ts';
import type { DetectedField, IndexStats, PatternRow } from '../../store/scan-results.ts';
import type { ScanLoad } from '../../store/scan-service.ts';
import type { IndexRequest } from '../../store/scan-task.ts';
import type { ChangeTimes } from '../../store/store.ts';
import { requestKey } from '../cache/request-key.ts';
import { StepCache } from '../cache/step-cache.ts';
import { Admission } from './admission.ts';
import { QueryRun, type RunParts } from './query-run.ts';
import type {
  FieldsRequest,
  LogRequest,
  LogResult,
  MetricRequest,
  MetricResult,
  PatternsRequest,
  QueryContext,
  QueryService,
  VolumeRequest,
  VolumeResult,
} from './query-service.ts';
import { type QueryWorkers, ThreadWorkers, type ThreadWorkersOptions } from './query-workers.ts';
import { SingleFlight } from './single-flight.ts';

export interface QueryEngineOptions {
  readonly workers: QueryWorkers;
  /** Queries that may run at once; the rest wait. */
  readonly runningMax: number;
  /**
   * Loki's split_instant_metric_queries_by_interval: instant queries over longer ranges are answered from pieces of
   * this length, which shows in some answers (instant-split.ts). 0n: never. Default 1 h, as Loki's.
   */
  readonly splitInstantNs?: bigint;
  /** With it finished steps are kept for later queries, and equal running queries are executed once. */
  readonly changes?: ChangeTimes;
  readonly cacheBytesMax?: number;
  /** False: statistics of the store are not used; for tests. */
  readonly useStatistics?: boolean;
}

export const defaultSplitInstantNs = 3600n * nsPerSecond;

/** Worker threads, one for each core. */
export const defaultWorkerCount = (): number => Math.max(1, os.availableParallelism());
/** A few for each worker: while one waits for its merge another scans. */
export const defaultRunningMax = (workerCount: number): number => workerCount * 4;

/** The engine over worker threads that read the store. */
export function openQueryEngine(
  options: Partial<Pick<ThreadWorkersOptions, 'count' | 'hungAfter' | 'idleEndMs'>> &
    Pick<ThreadWorkersOptions, 'head' | 'startThread' | 'reader' | 'onWorkerLost'> &
    Partial<Pick<QueryEngineOptions, 'runningMax' | 'splitInstantNs' | 'changes' | 'cacheBytesMax'>>,
): QueryEngine {
  const count = options.count ?? defaultWorkerCount();
  const { head, startThread, reader, onWorkerLost, hungAfter, idleEndMs, changes, cacheBytesMax } = options;
  return new QueryEngine({
    workers: new ThreadWorkers({
      count,
      head,
      startThread,
      reader,
      onWorkerLost,
      ...(hungAfter && { hungAfter }),
      ...(idleEndMs !== undefined && { idleEndMs }),
    }),
    runningMax: options.runningMax ?? defaultRunningMax(count),
    splitInstantNs: options.splitInstantNs ?? defaultSplitInstantNs,
    ...(changes !== undefined && { changes }),
    ...(cacheBytesMax !== undefined && { cacheBytesMax }),
  });
}

export class QueryEngine implements QueryService {
  readonly #workers: QueryWorkers;
  readonly #admission: Admission;
  readonly #parts: RunParts;
  readonly #changes: ChangeTimes | undefined;
  readonly #shared = new SingleFlight();

  constructor(options: QueryEngineOptions) {
    const { workers, runningMax, changes } = options;
    this.#parts = {
      workers,
      splitInstantNs: options.splitInstantNs ?? defaultSplitInstantNs,
      cache: changes && new StepCache(changes, options.cacheBytesMax),
      useStatistics: options.useStatistics ?? true,
    };
    this.#changes = changes;
    this.#workers = workers;
    this.#admission = new Admission(runningMax);
  }

  /** Queries running, and waiting by tenant, for metrics. */
  get load(): { readonly running: number; readonly waiting: ReadonlyMap<string, number> } {
    return { running: this.#admission.running, waiting: this.#admission.waiting };
  }

  /** Worker threads and those at work, for metrics. */
  get workerLoad(): ScanLoad {
    return this.#workers.load;
  }

  /** Why queries cannot be answered now; undefined when all is well. */
  get problem(): string | undefined {
    return this.#workers.problem;
  }

  logs(request: LogRequest, context: QueryContext): Promise<LogResult> {
    return this.#once('logs', request, context, (own) =>
      this.#run(own, async (run) => (await import('../logs/log-query.ts')).runLogQuery(request, run)),
    );
  }

  metrics(request: MetricRequest, context: QueryContext): Promise<MetricResult> {
    return this.#once('metrics', request, context, (own) =>
      this.#run(own, async (run) =>
        (await import('../metrics/metric-query.ts')).runMetricQuery(request, run),
      ),
    );
  }

  labelNames(
    selector: LogQuery | undefined,
    range: TimeRange,
    context: QueryContext,
  ): Promise<readonly string[]> {
    return this.#run(context, () => this.#workers.labelNames(indexRequest(selector, range, context)));
  }

  labelValues(
    name: string,
    selector: LogQuery | undefined,
    range: TimeRange,
    context: QueryContext,
  ): Promise<readonly string[]> {
    return this.#run(context, () => this.#workers.labelValues(name, indexRequest(selector, range, context)));
  }

  series(
    selectors: readonly LogQuery[],
    range: TimeRange,
    context: QueryContext,
  ): Promise<readonly Labels[]> {
    return this.#run(context, async () => {
      const wanted = selectors.length === 0 ? [undefined] : selectors;
      const found = await Promise.all(
        wanted.map((selector) => this.#workers.series(indexRequest(selector, range, context))),
      );
      return [...new Map(found.flat().map((labels) => [labelsKey(labels), labels])).values()];
    });
  }

  stats(selector: LogQuery, range: TimeRange, context: QueryContext): Promise<IndexStats> {
    return this.#run(context, (run) =>
      this.#workers.stats(indexRequest(selector, range, context), run.signal),
    );
  }

  volume(request: VolumeRequest, context: QueryContext): Promise<VolumeResult> {
    return this.#run(context, async (run) => (await import('../logs/volume.ts')).runVolume(request, run));
  }

  detectedFields(request: FieldsRequest, context: QueryContext): Promise<readonly DetectedField[]> {
    return this.#run(context, async (run) => {
      const { fieldSample } = await import('../logs/field-sample.ts');
      return this.#workers.detectFields(await fieldSample(request, run));
    });
  }

  detectedFieldValues(
    name: string,
    request: FieldsRequest,
    context: QueryContext,
  ): Promise<readonly string[]> {
    return this.#run(context, async (run) => {
      const { fieldSample } = await import('../logs/field-sample.ts');
      const sample = await fieldSample(request, run);
      return this.#workers.detectedValues({ sample, name, valuesMax: request.limit });
    });
  }

  patterns(request: PatternsRequest, context: QueryContext): Promise<readonly PatternRow[]> {
    const { selector, startNs, endNs, stepSeconds } = request;
    const asked = { ...indexRequest(selector, { startNs, endNs }, context), stepSeconds };
    return this.#run(context, (run) => this.#workers.patterns(asked, run.signal));
  }

  close(): Promise<void> {
    return this.#workers.close();
  }

  /** Joins an equal query that is running. */
  #once<T>(
    kind: string,
    request: LogRequest | MetricRequest,
    context: QueryContext,
    execute: (context: QueryContext) => Promise<T>,
  ): Promise<T> {
    if (this.#changes === undefined || context.ignoreCache) return execute(context);
    const { additions } = this.#changes;
    const { signal, ...rest } = context;
    const key = requestKey([kind, request, rest]);
    return this.#shared.run({ key, additions, signal }, (shared) => execute({ ...context, signal: shared }));
  }

  async #run<T>(context: QueryContext, work: (run: QueryRun) => Promise<T>): Promise<T> {
    const run = new QueryRun(context, this.#parts);
    try {
      run.checkStopped();
      return await this.#admission.run(context.turns ?? context.tenant, run.signal, () =>
        run.race(work(run.started())),
      );
    } catch (error) {
      throw run.cause(error);
    } finally {
      run.end();
    }
  }
}

const indexRequest = (
  selector: LogQuery | undefined,
  range: TimeRange,
  { tenant }: QueryContext,
): IndexRequest => ({ tenant, matchers: selector?.matchers ?? [], range });
