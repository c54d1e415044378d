// Metrics of queries, tails and deletions.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { durationBuckets } from './http-metrics.ts';

const queryBuckets = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];

export function queryMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    queryLatency: new Histogram({
      name: 'loki_logql_querystats_latency_seconds',
      help: 'Time of queries that were evaluated, waiting included.',
      labelNames: ['status_code', 'type', 'range'],
      buckets: queryBuckets,
      registers,
    }),
    queryDuration: new Histogram({
      name: 'logql_query_duration_seconds',
      help: 'Time of queries by kind of request.',
      labelNames: ['query_type'],
      buckets: durationBuckets,
      registers,
    }),
    queryBytesProcessed: new Counter({
      name: 'loki_logql_querystats_bytes_processed_total',
      help: 'Line and structured metadata bytes looked at by queries.',
      labelNames: ['tenant'],
      registers,
    }),
    queryQueueDuration: new Histogram({
      name: 'loki_query_scheduler_queue_duration_seconds',
      help: 'Time that queries waited for their turn.',
      buckets: durationBuckets,
      registers,
    }),
    queriesInProgress: new Gauge({
      name: 'loki_query_frontend_queries_in_progress',
      help: 'Queries waiting or running.',
      registers,
    }),
    queryCancelled: new Counter({
      name: 'skald_query_cancelled_total',
      help: 'Queries that ended early.',
      labelNames: ['cause'],
      registers,
    }),
    tailActive: new Gauge({ name: 'loki_querier_tail_active', help: 'Open tails.', registers }),
    tailBytes: new Counter({
      name: 'loki_querier_tail_bytes_total',
      help: 'Bytes of frames sent to tails.',
      registers,
    }),
    tailDroppedEntries: new Counter({
      name: 'skald_tail_dropped_entries_total',
      help: 'Entries not sent because a tail client was too slow.',
      labelNames: ['tenant'],
      registers,
    }),
    deleteRequestsReceived: new Counter({
      name: 'loki_compactor_delete_requests_received_total',
      help: 'Deletions asked for.',
      labelNames: ['user'],
      registers,
    }),
  };
  for (const cause of ['client', 'timeout', 'shutdown']) metrics.queryCancelled.inc({ cause }, 0);
  return metrics;
}
