// The page of metrics: it does not grow with what strangers send, and counts by the names that dashboards read.
import { afterEach, expect, it, vi } from 'vitest';
import { ingestMetrics } from '../../src/http/metrics/ingest-metrics.ts';
import { queryWorkerMetrics } from '../../src/http/metrics/query-metrics.ts';
import { deletionMetrics } from '../../src/http/metrics/store-metrics.ts';
import { IngestMetrics } from '../../src/ingest/client/ingest-metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await gateway?.close();
  gateway = undefined;
});

const fresh = () => createMetrics({ version: 'test', revision: 'abc' });
const seriesOf = (page: string, name: string): string[] =>
  page.split('\n').filter((line) => line.startsWith(name));

it('does not grow with paths, methods, label names and tenants', async () => {
  const started = await startFakeGateway({ settings: { authEnabled: true } });
  gateway = started;
  const round = async (n: number): Promise<void> => {
    for (const [method, path] of [
      ['GET', `/nothing/${n}`],
      ['DELETE', `/loki/api/v1/labels?x=${n}`],
      ['PUT', '/loki/api/v1/query'],
      ['PROPFIND', '/ready'],
      ['GET', `/loki/api/v1/label/name${n}/values`],
      ['GET', `/api/logs/${n}`],
    ]) {
      const headers = { 'X-Scope-OrgID': 'tenant' };
      await (await fetch(`${started.url}${path}`, { ...(method && { method }), headers })).text();
    }
  };
  const names = async (): Promise<string[]> =>
    seriesOf(await started.metricsText(), 'loki_').map((line) => line.replace(/ \S+$/, ''));
  // The last request of a round is counted when its connection is through with it: in the next round at the latest.
  for (let n = 0; n < 2; n++) await round(n);
  const before = await names();
  expect(before.length).toBeGreaterThan(20);
  for (let n = 2; n < 20; n++) await round(n);
  expect(await names()).toEqual(before);
});

it('counts pushes and their lag, of a bounded number of agents', async () => {
  const metrics = fresh();
  const show = ingestMetrics(metrics, { info: () => {}, warn: () => {} });
  const counted = new IngestMetrics();
  const labels = {
    tenant: 'a',
    contentType: 'application/json',
    contentEncoding: 'gzip',
    format: 'loki',
  } as const;
  counted.push(labels);
  counted.push(labels);
  for (let n = 0; n < 50; n++) counted.lag({ tenant: 'a', userAgent: `agent${n}`, format: 'loki' }, 10);
  show(counted.take(() => 0, []));
  const page = await metrics.registry.metrics();
  expect(seriesOf(page, 'loki_distributor_push_stats_count{')).toEqual([
    'loki_distributor_push_stats_count{tenant="a",content_type="application/json",content_encoding="gzip",content_version="",format="loki"} 2',
  ]);
  const lag = seriesOf(page, 'loki_distributor_lag_ms_total{');
  expect(lag).toHaveLength(21);
  expect(lag).toContain('loki_distributor_lag_ms_total{tenant="a",userAgent="agent0",format="loki"} 10');
  expect(lag).toContain('loki_distributor_lag_ms_total{tenant="a",userAgent="other",format="loki"} 300');
});

it('shows deletions, and counts only what is new in totals', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const metrics = fresh();
  const show = deletionMetrics(metrics);
  const byTenant = [{ tenant: 'a', processed: 2, deletedEntries: 7 }];
  const totals = { freedBytes: 0, pending: 1, oldestPendingMs: Date.now() - 60_000, byTenant };
  show(totals);
  show(totals);
  const page = await metrics.registry.metrics();
  expect(page).toContain('loki_compactor_pending_delete_requests_count 1\n');
  expect(page).toContain('loki_compactor_delete_requests_processed_total{user="a"} 2\n');
  expect(page).toContain('loki_compactor_deleted_lines{user="a"} 7\n');
  expect(page).toContain('loki_compactor_oldest_pending_delete_request_age_seconds 60\n');
  show({ ...totals, pending: 0, oldestPendingMs: undefined });
  expect(await metrics.registry.metrics()).toContain(
    'loki_compactor_oldest_pending_delete_request_age_seconds 0\n',
  );
});

it('shows queries that wait, and not those that waited', async () => {
  const metrics = fresh();
  const waiting = new Map([['a', 3]]);
  queryWorkerMetrics(metrics, { workerLoad: { threads: 2, busy: 1 }, load: { running: 2, waiting } });
  expect(await metrics.registry.metrics()).toContain('loki_query_scheduler_queue_length{user="a"} 3\n');
  waiting.clear();
  expect(await metrics.registry.metrics()).not.toContain('loki_query_scheduler_queue_length{');
});
