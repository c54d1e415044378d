// Durations, bytes and ends of queries, as metrics.

import { Gauge } from 'prom-client';
import type { QueryEngine } from '../../engine/run/query-engine.ts';
import type { QueryStatistics } from '../../engine/run/query-service.ts';
import { QueryCancelledError, QueryTimeoutError } from '../../scan/query-errors.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { errorAnswer } from '../server/http-error.ts';
import { currentRecord } from '../server/request-record.ts';

/** Gauges of the threads that evaluate queries, and of what waits for them. */
export function queryWorkerMetrics(
  { registry, tenantLabel }: Metrics,
  engine: Pick<QueryEngine, 'workerLoad' | 'load'>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'loki_query_scheduler_queue_length',
    help: 'Queries waiting for their turn.',
    labelNames: ['user'],
    registers,
    collect() {
      this.reset();
      for (const [tenant, queries] of engine.load.waiting) this.inc({ user: tenantLabel(tenant) }, queries);
    },
  });
  new Gauge({
    name: 'skald_query_workers',
    help: 'Living threads that evaluate queries; none when nobody has asked for a while.',
    registers,
    collect() {
      this.set(engine.workerLoad.threads);
    },
  });
  new Gauge({
    name: 'skald_query_workers_busy',
    help: 'Of these, threads at work.',
    registers,
    collect() {
      this.set(engine.workerLoad.busy);
    },
  });
}

export interface QueryKind {
  readonly tenant: string;
  readonly type:
    | 'metric'
    | 'filter'
    | 'limited'
    | 'labels'
    | 'series'
    | 'stats'
    | 'volume'
    | 'detected_fields'
    | 'patterns';
  readonly range: 'range' | 'instant' | '';
}

/** Runs a query and records how it went. Errors pass through. */
export async function measured<T extends object>(
  metrics: Metrics,
  kind: QueryKind,
  run: () => Promise<T>,
): Promise<T> {
  const startMs = performance.now();
  metrics.queriesInProgress.inc();
  let status = 200;
  try {
    const result = await run();
    if ('statistics' in result) {
      const { bytesProcessed, linesProcessed, queueMs } = result.statistics as QueryStatistics;
      metrics.queryQueueDuration.observe(queueMs / 1000);
      const record = currentRecord();
      if (record !== undefined) {
        record.bytesProcessed += bytesProcessed;
        record.linesProcessed += linesProcessed;
      }
      metrics.queryBytesProcessed.inc({ tenant: metrics.tenantLabel(kind.tenant) }, bytesProcessed);
    }
    return result;
  } catch (error) {
    status = errorAnswer(error).status;
    if (error instanceof QueryCancelledError) metrics.queryCancelled.inc({ cause: 'client' });
    if (error instanceof QueryTimeoutError) metrics.queryCancelled.inc({ cause: 'timeout' });
    throw error;
  } finally {
    metrics.queriesInProgress.dec();
    const seconds = (performance.now() - startMs) / 1000;
    const { type, range } = kind;
    metrics.queryLatency.observe({ status_code: String(status), type, range }, seconds);
    metrics.queryDuration.observe({ query_type: range === '' ? type : range }, seconds);
  }
}
