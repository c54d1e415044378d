// What a tenant may do, for Logs Drilldown (JSON) and for people (YAML).
import { stringify } from 'yaml';
import { levelLabels } from '../../formats/level-words.ts';
import { formatPrometheusDuration } from '../../go/prometheus-duration.ts';
import { defaultOtlpIndexAttributes } from '../../ingest/limits/limits.ts';
import { nsPerMs } from '../../model/time.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { answering, type Call, type Gateway, type Route, textType } from '../server/api.ts';
import { lokiVersion } from './buildinfo.ts';

export function drilldownLimitsRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: '/loki/api/v1/drilldown-limits',
      methods: { GET: 'query' },
      tenant: true,
      handle: answering((call) =>
        jsonLine({
          limits: shownLimits(gateway, call),
          pattern_ingester_enabled: true,
          version: lokiVersion,
        }),
      ),
    },
    {
      path: '/config/tenant/v1/limits',
      methods: { GET: 'query' },
      tenant: true,
      handle: answering((call) => ({ contentType: textType, body: stringify(shownLimits(gateway, call)) })),
    },
  ];
}

const durationText = (ms: number): string => formatPrometheusDuration(BigInt(ms) * nsPerMs);

function shownLimits(gateway: Gateway, { tenant, limits }: Call): Record<string, unknown> {
  return {
    log_level_fields: levelLabels,
    otlp_config: {
      resource_attributes: {
        attributes_config: [{ action: 'index_label', attributes: defaultOtlpIndexAttributes }],
      },
    },
    // What is configured takes the place of these.
    ...gateway.shownLimits(tenant),
    max_entries_limit_per_query: limits.maxEntriesLimitPerQuery,
    max_query_bytes_read: `${limits.maxQueryBytesRead}B`,
    max_query_length: durationText(limits.maxQueryLengthMs),
    max_query_lookback: durationText(limits.maxQueryLookbackMs),
    max_query_range: durationText(limits.maxQueryRangeMs),
    max_query_series: limits.maxQuerySeries,
    metric_aggregation_enabled: false,
    pattern_persistence_enabled: false,
    query_timeout: durationText(limits.queryTimeoutMs),
    volume_enabled: limits.volumeEnabled,
    volume_max_series: limits.volumeMaxSeries,
  };
}
