// Which scope a route needs, in one table: a route that is not in it is for operators.

import { routeLabel } from '../metrics/request-metrics.ts';
import type { Scope } from './credentials.ts';

/** `open`: nobody is asked who they are; the settings may leave `ready` and `metrics` open, too. */
export type Access = Scope | 'any' | 'open' | 'ready' | 'metrics' | 'status' | 'operate';

/** What is asked of a credential. */
export interface Demand {
  readonly scope?: Scope;
  /** What is told or done is about all tenants: a credential that is bound to some of them will not do. */
  readonly allTenants?: true;
}

export const demands: Readonly<Record<Access, Demand>> = {
  push: { scope: 'push' },
  query: { scope: 'query' },
  admin: { scope: 'admin' },
  any: {},
  open: {},
  ready: {},
  metrics: { allTenants: true },
  status: { scope: 'query', allTenants: true },
  operate: { scope: 'admin', allTenants: true },
};

/** Route label → access of all methods, or by method. */
const table: Readonly<Record<string, Access | Readonly<Record<string, Access>>>> = {
  loki_api_v1_push: 'push',
  api_prom_push: 'push',
  otlp_v1_logs: 'push',
  v1_logs: 'push',
  loki_api_v1_otlp_v1_logs: 'push',
  insert_jsonline: 'push',
  elasticsearch: 'push',
  elasticsearch_: 'push',
  elasticsearch__bulk: 'push',
  elasticsearch_index: 'push',
  elasticsearch_index__bulk: 'push',
  elasticsearch__license: 'push',
  elasticsearch__xpack: 'push',
  elasticsearch__cluster_health: 'push',
  elasticsearch__cat_health: 'push',
  elasticsearch__ilm_policy_name: 'push',
  elasticsearch__template_name: 'push',
  elasticsearch__index_template_name: 'push',
  elasticsearch__component_template_name: 'push',
  elasticsearch__ingest_pipeline_name: 'push',
  elasticsearch__data_stream_name: 'push',
  elasticsearch__alias_name: 'push',
  api_v2_logs: 'push',
  api_v1_validate: 'push',
  services_collector: 'push',
  services_collector_event: 'push',
  'services_collector_event_1.0': 'push',
  services_collector_raw: 'push',
  'services_collector_raw_1.0': 'push',
  services_collector_health: 'push',
  'services_collector_health_1.0': 'push',

  loki_api_v1_query: 'query',
  loki_api_v1_query_range: 'query',
  loki_api_v1_labels: 'query',
  loki_api_v1_label: 'query',
  loki_api_v1_label_name_values: 'query',
  loki_api_v1_series: 'query',
  loki_api_v1_index_stats: 'query',
  loki_api_v1_index_volume: 'query',
  loki_api_v1_index_volume_range: 'query',
  loki_api_v1_patterns: 'query',
  loki_api_v1_detected_labels: 'query',
  loki_api_v1_detected_fields: 'query',
  loki_api_v1_detected_field_name_values: 'query',
  loki_api_v1_tail: 'query',
  loki_api_v1_format_query: 'query',
  loki_api_v1_drilldown_limits: 'query',
  config_tenant_v1_limits: 'query',
  loki_api_v1_rules: 'query',
  loki_api_v1_rules_namespace: { GET: 'query', POST: 'admin', DELETE: 'admin' },
  loki_api_v1_rules_namespace_groupname: { GET: 'query', DELETE: 'admin' },
  api_prom_rules: 'query',
  api_prom_rules_namespace: { GET: 'query', POST: 'admin', DELETE: 'admin' },
  api_prom_rules_namespace_groupname: { GET: 'query', DELETE: 'admin' },
  prometheus_api_v1_rules: 'query',
  prometheus_api_v1_alerts: 'query',
  api_prom_query: 'query',
  api_prom_label: 'query',
  api_prom_label_name_values: 'query',
  api_prom_series: 'query',
  api_prom_tail: 'query',
  api_logs: 'query',
  api_logs_source: 'query',
  api_logs_stream: 'query',

  loki_api_v1_delete: { GET: 'query', POST: 'admin', PUT: 'admin', DELETE: 'admin' },
  loki_api_v1_cache_generation_numbers: 'query',
  loki_api_v1_status_buildinfo: 'any',
  'api_openapi.json': 'any',

  root: 'any',
  page_file: 'any',
  api_status: 'status',

  ready: 'ready',
  metrics: 'metrics',
  config: 'operate',
  services: 'operate',
  log_level: 'operate',
  flush: 'operate',
  ring: 'operate',
  distributor_ring: 'operate',
  compactor_ring: 'operate',
  ruler_ring: 'operate',
  memberlist: 'operate',
};

/** Undefined: nobody has decided, see {@link accessOf}. */
export function decidedAccess(path: string, method: string): Access | undefined {
  const row = table[routeLabel(path)];
  return typeof row === 'object' ? row[method] : row;
}

export const accessOf = (path: string, method: string): Access => decidedAccess(path, method) ?? 'operate';
