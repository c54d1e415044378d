// Metrics of requests, connections and credentials.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Bounds in seconds of the histograms of times, as Loki's dashboards expect them. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];
/** A few of the reference's powers of four, 256 B to 16 MiB: each bound is a line for every route and method. */
const byteBuckets = [256, 4096, 65_536, 1_048_576, 16_777_216];

export function httpMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
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
    pushOverload: new Counter({
      name: 'skald_push_overload_total',
      help: 'Pushes refused because too many bytes were in flight.',
      registers,
    }),
    authFailures: new Counter({
      name: 'skald_auth_failures_total',
      help: 'Requests refused for their credentials, scope or tenant header.',
      labelNames: ['reason'],
      registers,
    }),
    tlsReloadSuccessful: new Gauge({
      name: 'skald_tls_last_reload_successful',
      help: '1 while the certificate in use is the one on disk; 0 after a reload that failed.',
      registers,
    }),
  };
  for (const reason of ['missing', 'invalid', 'credentials', 'forbidden', 'overload'])
    metrics.authFailures.inc({ reason }, 0);
  metrics.tlsReloadSuccessful.set(1);
  metrics.tcpConnections.set({ protocol: 'http' }, 0);
  return metrics;
}
