// GET /api/access: who may do what, and which tenants write, for the page's operators. Hashes are not told.
import type { Metrics } from '../../telemetry/metrics.ts';
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';

interface TenantTotals {
  readonly name: string;
  lines: number;
  bytes: number;
}

export function accessRoutes({ settings, metrics }: Gateway): readonly Route[] {
  const credentials = settings.auth.credentials.map(({ name, kind, scopes, tenants }) => ({
    name,
    kind,
    scopes,
    tenants,
  }));
  const answer = async () => ({
    contentType: jsonType,
    headers: { 'Cache-Control': 'no-store' },
    body: JSON.stringify({ credentials, tenants: await tenantTotals(metrics) }),
  });
  return [{ path: '/api/access', methods: { GET: 'operate' }, tenant: false, handle: answering(answer) }];
}

/** What each has sent since the start, the largest first; those beyond the metrics' bound together as `other`. */
async function tenantTotals({ registry }: Metrics): Promise<readonly TenantTotals[]> {
  const tenants = new Map<string, TenantTotals>();
  for (const [what, metric] of [
    ['lines', 'loki_distributor_lines_received_total'],
    ['bytes', 'loki_distributor_bytes_received_total'],
  ] as const) {
    const found = await registry.getSingleMetric(metric)?.get();
    for (const { labels, value } of found?.values ?? []) {
      const name = String(labels.tenant ?? '');
      const totals = tenants.get(name) ?? { name, lines: 0, bytes: 0 };
      tenants.set(name, totals);
      totals[what] += value;
    }
  }
  return [...tenants.values()].sort((a, b) => b.bytes - a.bytes);
}
