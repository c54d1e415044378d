// Every metric that the reference's dashboards read: there, or on the list of those left out, which gives the reason.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';

const tenants = 10;
const pageBytesMax = 200_000;

let server: Server;
let page: string;
let types: ReadonlyMap<string, string>;
beforeAll(async () => {
  server = await startServer({ environment: { SKALD_AUTH_ENABLED: 'true' } });
  const { baseUrl } = server;
  for (let n = 0; n < tenants; n++) {
    const headers = { 'X-Scope-OrgID': `tenant-${n}` };
    const body = jsonBody({ app: 'web' }, [{ timestampNs: nowNs(), line: 'level=info x' }]);
    expect((await push(baseUrl, body, { ...jsonHeaders, ...headers })).status).toBe(204);
    const selector = encodeURIComponent('{app="web"}');
    for (const path of [
      `query_range?query=${selector}`,
      `query?query=count_over_time(${selector}[5m])`,
      'labels',
      `series?match[]=${selector}`,
      `index/stats?query=${selector}`,
      `index/volume?query=${selector}`,
      `patterns?query=${selector}`,
      'nothing',
    ])
      await (await fetch(`${baseUrl}/loki/api/v1/${path}`, { headers })).text();
  }
  page = await (await fetch(`${baseUrl}/metrics`)).text();
  types = new Map(
    [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type] as never),
  );
});
afterAll(() => server.remove());

const logs: readonly (readonly [name: string, type: string])[] = [
  ['build_info', 'gauge'],
  ['request_duration_seconds', 'histogram'],
  ['request_message_bytes', 'histogram'],
  ['response_message_bytes', 'histogram'],
  ['inflight_requests', 'gauge'],
  ['tcp_connections', 'gauge'],
  ['panic_total', 'counter'],
  ['distributor_bytes_received_total', 'counter'],
  ['distributor_structured_metadata_bytes_received_total', 'counter'],
  ['distributor_lines_received_total', 'counter'],
  ['distributor_push_stats_count', 'counter'],
  ['distributor_lag_ms_total', 'counter'],
  ['discarded_samples_total', 'counter'],
  ['discarded_bytes_total', 'counter'],
  ['bytes_per_line', 'histogram'],
  ['ingester_memory_streams', 'gauge'],
  ['ingester_streams_created_total', 'counter'],
  ['ingester_streams_removed_total', 'counter'],
  ['logql_querystats_latency_seconds', 'histogram'],
  ['logql_querystats_bytes_processed_total', 'counter'],
  ['querier_tail_active', 'gauge'],
  ['querier_tail_active_streams', 'absent'],
  ['querier_tail_bytes_total', 'counter'],
  ['query_frontend_queries_in_progress', 'gauge'],
  ['query_scheduler_queue_length', 'gauge'],
  ['query_scheduler_queue_duration_seconds', 'histogram'],
  ['compactor_apply_retention_last_successful_run_timestamp_seconds', 'gauge'],
  ['compactor_apply_retention_operation_duration_seconds', 'gauge'],
  ['compactor_apply_retention_operation_total', 'counter'],
  ['boltdb_shipper_compactor_running', 'gauge'],
  ['boltdb_shipper_compact_tables_operation_total', 'absent'],
  ['boltdb_shipper_compact_tables_operation_duration_seconds', 'absent'],
  ['boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds', 'gauge'],
  ['compactor_pending_delete_requests_count', 'gauge'],
  ['compactor_oldest_pending_delete_request_age_seconds', 'gauge'],
  ['compactor_delete_requests_received_total', 'counter'],
  ['compactor_delete_requests_processed_total', 'counter'],
  ['compactor_deleted_lines', 'counter'],
  ['prometheus_rule_group_rules', 'gauge'],
  ['prometheus_rule_group_last_evaluation_timestamp_seconds', 'gauge'],
  ['prometheus_rule_group_last_duration_seconds', 'gauge'],
  ['prometheus_rule_group_interval_seconds', 'gauge'],
  ['prometheus_rule_evaluations_total', 'counter'],
  ['prometheus_rule_evaluation_failures_total', 'counter'],
  ['ingester_wal_disk_full_failures_total', 'absent'],
  ['ingester_wal_disk_usage_percent', 'absent'],
  ['internal_log_messages_total', 'counter'],
  ['write_failures_logged_total', 'absent'],
  ['write_failures_discarded_total', 'absent'],
  ['ingester_chunk_size_bytes', 'absent'],
  ['ingester_chunks_flushed_total', 'absent'],
  ['ingester_memory_chunks', 'absent'],
  ['ingester_flush_queue_length', 'absent'],
];
const others: readonly (readonly [name: string, type: string])[] = [
  ['logql_query_duration_seconds', 'histogram'],
  ['process_cpu_seconds_total', 'counter'],
  ['process_resident_memory_bytes', 'gauge'],
  ['process_open_fds', 'gauge'],
  ['process_start_time_seconds', 'gauge'],
  ['nodejs_eventloop_lag_p99_seconds', 'gauge'],
  ['nodejs_gc_duration_seconds', 'histogram'],
];

const documented = /^\| (`loki_.*`) +\| (.+?) +\|$/gm;
const absent = new Set(
  [
    ...readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8').matchAll(documented),
  ].flatMap(([, names = '']) => names.split(', ').map((name) => name.replaceAll('`', ''))),
);

it.each([...logs.map(([name, type]) => [`loki_${name}`, type] as const), ...others])(
  '%s: %s',
  (name, type) => {
    expect([types.get(name) ?? 'absent', absent.has(name)]).toEqual([type, type === 'absent']);
  },
);

it('the list of those left out names no other', () => {
  const known = new Set(logs.map(([name]) => `loki_${name}`));
  expect([...absent].filter((name) => !known.has(name))).toEqual([]);
});

it(`with ${tenants} tenants the page is below ${pageBytesMax} bytes`, () => {
  for (let n = 0; n < tenants; n++) expect(page).toContain(`tenant="tenant-${n}"`);
  expect(Buffer.byteLength(page)).toBeLessThan(pageBytesMax);
});
