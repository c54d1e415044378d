// Request durations and sizes by route template.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '../../telemetry/metrics.ts';

/** `/loki/api/v1/label/{name}/values` → `loki_api_v1_label_name_values`: the reference's naming. */
export const routeLabel = (path: string): string =>
  path.replace(/^\//, '').replace(/[{}]/g, '').replace(/[/-]/g, '_') || 'root';

const knownMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD']);

/** Starts the clock of a request and records it when its response closes. */
export function observeRequest(
  metrics: Metrics,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const startMs = performance.now();
  const route = routeLabel(path);
  const method = knownMethods.has(request.method ?? '') ? (request.method as string) : 'other';
  const { socket } = request;
  const writtenBefore = socket.bytesWritten;
  metrics.inflightRequests.inc({ method, route });
  response.on('close', () => {
    metrics.inflightRequests.dec({ method, route });
    // A client that left before the answer is Loki's 499.
    const status = response.writableFinished || response.headersSent ? response.statusCode : 499;
    metrics.requestDuration.observe(
      { method, route, status_code: String(status), ws: 'false' },
      (performance.now() - startMs) / 1000,
    );
    const received = request.headers['content-length'];
    if (received !== undefined) metrics.requestBytes.observe({ method, route }, Number(received));
    metrics.responseBytes.observe({ method, route }, Math.max(0, socket.bytesWritten - writtenBefore));
  });
}
