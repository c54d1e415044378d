// The registry and the metrics of the process and of HTTP. Names that Loki's dashboards read mean here what they
// mean there; what is ours alone is named skald_. Other layers add theirs to the same registry.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { boundedLabel, tenantLabelsMax } from './bounded-label.ts';

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];
/** A few of the reference's powers of four, 256 B to 16 MiB: each bound is a line for every route and method. */
const byteBuckets = [256, 4096, 65_536, 1_048_576, 16_777_216];
const queryBuckets = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];

/** prom-client's gauges that carry a counter's suffix, which `promtool check metrics` rejects. */
const misnamedDefaults = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** How often the event loop's delay is sampled: its own wake-ups cost an idle process CPU. */
const eventLoopPrecisionMs = 20;

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry per process; the default metrics measure the whole process and the main thread's event loop. */
export function createMetrics(build: BuildInfo) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });
  for (const name of misnamedDefaults) registry.removeSingleMetric(name);

  new Gauge({
    name: 'loki_build_info',
    help: 'Always 1; the labels name the build.',
    labelNames: ['version', 'revision', 'branch', 'goversion', 'goos', 'goarch', 'tags'],
    registers,
  }).set(
    {
      version: build.version,
      revision: build.revision,
      branch: '',
      goversion: '',
      goos: process.platform,
      goarch: process.arch,
      tags: 'skald',
    },
    1,
  );

  const metrics = {
    registry,
    tenantLabel: boundedLabel(tenantLabelsMax),
    requestDuration: new Histogram({
      name: 'loki_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer; of a tail: its whole life.',
      labelNames: ['method', 'route', 'status_code', 'ws'],
      buckets: durationBuckets,
      registers,
    }),
    requestBytes: new Histogram({
      name: 'loki_request_message_bytes',
      help: 'Body bytes received, as on the wire.',
      labelNames: ['method', 'route'],
      buckets: byteBuckets,
      registers,
    }),
    responseBytes: new Histogram({
      name: 'loki_response_message_bytes',
      help: 'Bytes sent in answer, head included, as on the wire.',
      labelNames: ['method', 'route'],
      buckets: byteBuckets,
      registers,
    }),
    inflightRequests: new Gauge({
      name: 'loki_inflight_requests',
      help: 'Requests being answered.',
      labelNames: ['method', 'route'],
      registers,
    }),
    tcpConnections: new Gauge({
      name: 'loki_tcp_connections',
      help: 'Open sockets.',
      labelNames: ['protocol'],
      registers,
    }),
    connectionsClosed: new Counter({
      name: 'skald_http_connections_closed_total',
      help: 'Connections closed or refused to make room for others: idle ones, and large heads that were not whole.',
      registers,
    }),
    panics: new Counter({
      name: 'loki_panic_total',
      help: 'Exceptions nobody expected, answered with status 500 or ending the process.',
      registers,
    }),
    logLines: new Counter({
      name: 'loki_internal_log_messages_total',
      help: 'Lines of the own log.',
      labelNames: ['level'],
      registers,
    }),
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
    authFailures: new Counter({
      name: 'skald_auth_failures_total',
      help: 'Requests refused for their credentials, scope or tenant header.',
      labelNames: ['reason'],
      registers,
    }),
    deleteRequestsReceived: new Counter({
      name: 'loki_compactor_delete_requests_received_total',
      help: 'Deletions asked for.',
      labelNames: ['user'],
      registers,
    }),
    tlsReloadSuccessful: new Gauge({
      name: 'skald_tls_last_reload_successful',
      help: '1 while the certificate in use is the one on disk; 0 after a reload that failed.',
      registers,
    }),
    pushOverload: new Counter({
      name: 'skald_push_overload_total',
      help: 'Pushes refused because too many bytes were in flight.',
      registers,
    }),
  };
  // Known label values stand at 0 from the start, so that increase() sees the first event.
  for (const cause of ['client', 'timeout', 'shutdown']) metrics.queryCancelled.inc({ cause }, 0);
  for (const level of ['debug', 'info', 'warn', 'error']) metrics.logLines.inc({ level }, 0);
  for (const reason of ['missing', 'invalid', 'credentials', 'forbidden', 'overload'])
    metrics.authFailures.inc({ reason }, 0);
  metrics.tlsReloadSuccessful.set(1);
  metrics.tcpConnections.set({ protocol: 'http' }, 0);
  return metrics;
}
