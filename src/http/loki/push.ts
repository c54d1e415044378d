// POST /loki/api/v1/push and /otlp/v1/logs.
import type { PushFormat } from '../../ingest/client/ingest-service.ts';
import { type PushParts, receivePush } from '../doors/receive-push.ts';
import type { Gateway, Route } from '../server/api.ts';

const paths: readonly (readonly [path: string, format: PushFormat])[] = [
  ['/loki/api/v1/push', 'loki'],
  ['/api/prom/push', 'loki-legacy'],
  ['/otlp/v1/logs', 'otlp'],
  // The specification's own path, for OTEL_EXPORTER_OTLP_ENDPOINT=http://host:3100.
  ['/v1/logs', 'otlp'],
  ['/loki/api/v1/otlp/v1/logs', 'otlp'],
];

export function pushRoutes(gateway: Gateway, parts: PushParts): readonly Route[] {
  return paths.map(([path, format]) => ({
    path,
    methods: { POST: 'push' },
    absentMethods: ['GET', 'DELETE'],
    tenant: true,
    severalTenants: false,
    handle: receivePush(gateway, parts, { format }),
  }));
}
