// Limits of tenants, by Loki's names: defaults for all under `limits`, changes for some under `overrides`.

import { z } from 'zod';
import { defaultQueryLimits, type TenantQueryLimits } from '../http/server/settings.ts';
import { defaultIngestLimits, type IngestLimits } from '../ingest/limits/limits.ts';
import { hourMs } from '../model/units.ts';
import { type RuleLimits, rulerDefaults } from '../ruler/settings.ts';
import { entryPartBytesMax } from '../store/store.ts';
import { otlpConfig } from './otlp-schema.ts';
import { type RetentionStream, retentionStreams } from './retention-schema.ts';
import { type Nested, section, setting } from './section.ts';
import {
  byteSize,
  byteSizeUpTo,
  count,
  duration,
  flag,
  instant,
  number,
  oneOf,
  type SettingType,
  text,
  textList,
  zodType,
} from './setting-types.ts';

const megabytes = number(0, 1_000_000, { fraction: true });
/** 0: as much as the store takes. */
const entryPart = byteSizeUpTo(entryPartBytesMax);
const ingest = defaultIngestLimits;
const query = defaultQueryLimits;

/**
 * Name → [type, default]. Rates are off by default, unlike Loki's 4 MB/s and 3 MB/s a stream: those keep tenants of
 * a cluster apart, while one server is kept from overload by the bound on bytes in flight.
 */
const table = {
  ingestion_rate_mb: [megabytes, 0],
  ingestion_burst_size_mb: [megabytes, 0],
  per_stream_rate_limit: [byteSize, 0],
  per_stream_rate_limit_burst: [byteSize, 0],
  max_global_streams_per_user: [count, ingest.maxGlobalStreamsPerUser],
  max_line_size: [entryPart, ingest.maxLineSizeBytes],
  max_line_size_truncate: [flag, ingest.maxLineSizeTruncate],
  max_line_size_truncate_identifier: [text, ingest.maxLineSizeTruncateIdentifier],
  max_label_names_per_series: [count, ingest.maxLabelNamesPerSeries],
  max_label_name_length: [byteSize, ingest.maxLabelNameLengthBytes],
  max_label_value_length: [byteSize, ingest.maxLabelValueLengthBytes],
  reject_old_samples: [flag, ingest.rejectOldSamples],
  reject_old_samples_max_age: [duration, ingest.rejectOldSamplesMaxAgeMs],
  creation_grace_period: [duration, ingest.creationGracePeriodMs],
  allow_structured_metadata: [flag, ingest.allowStructuredMetadata],
  max_structured_metadata_size: [entryPart, ingest.maxStructuredMetadataSizeBytes],
  max_structured_metadata_entries_count: [count, ingest.maxStructuredMetadataEntriesCount],
  increment_duplicate_timestamp: [flag, ingest.incrementDuplicateTimestamp],
  discover_log_levels: [flag, ingest.discoverLogLevels],
  discover_service_name: [textList, ingest.discoverServiceName],
  enforced_labels: [textList, ingest.enforcedLabels],
  block_ingestion_until: [instant, ingest.blockIngestionUntilMs],
  block_ingestion_status_code: [number(200, 599), ingest.blockIngestionStatusCode],
  otlp_config: [otlpConfig, ingest.otlpConfig],
  max_entries_limit_per_query: [count, query.maxEntriesLimitPerQuery],
  max_query_series: [count, query.maxQuerySeries],
  max_query_length: [duration, query.maxQueryLengthMs],
  max_query_lookback: [duration, query.maxQueryLookbackMs],
  max_query_range: [duration, query.maxQueryRangeMs],
  query_timeout: [duration, query.queryTimeoutMs],
  max_streams_matchers_per_query: [count, query.maxStreamsMatchersPerQuery],
  max_query_bytes_read: [byteSize, query.maxQueryBytesRead],
  max_query_memory: [byteSize, query.maxQueryMemoryBytes],
  split_instant_metric_queries_by_interval: [duration, query.splitInstantMetricQueriesByIntervalMs],
  max_concurrent_tail_requests: [count, query.maxConcurrentTailRequests],
  volume_enabled: [flag, query.volumeEnabled],
  volume_max_series: [count, query.volumeMaxSeries],
  deletion_mode: [oneOf('disabled', 'filter-and-delete'), 'filter-and-delete'],
  ruler_max_rules_per_rule_group: [count, rulerDefaults.limits.rulesPerGroupMax],
  ruler_max_rule_groups_per_tenant: [count, rulerDefaults.limits.groupsPerTenantMax],
} as const;

type Table = typeof table;
type TypeOf<T> = T extends SettingType<infer V> ? V : never;
export type LimitValues = { readonly [K in keyof Table]: TypeOf<Table[K][0]> };
/** What a tenant may have of its own: limits, and how long its entries are kept. */
export type TenantValues = Partial<LimitValues> & {
  readonly retention_period?: number;
  readonly retention_stream?: readonly RetentionStream[];
};
export type OverrideValues = Readonly<Record<string, TenantValues>>;

type Row = readonly [type: SettingType<unknown>, fallback: unknown];
const entries = Object.entries(table) as unknown as readonly (readonly [name: string, row: Row])[];

export const limitsSection = section(
  Object.fromEntries(entries.map(([name, [type, fallback]]) => [name, setting(type, fallback)])),
);

const tenantTypes: readonly (readonly [name: string, type: SettingType<unknown>])[] = [
  ...entries.map(([name, [type]]) => [name, type] as const),
  ['retention_period', duration as unknown as SettingType<unknown>],
  ['retention_stream', retentionStreams as unknown as SettingType<unknown>],
];

/** The names a tenant's overrides may have. */
export const overrideNames: readonly string[] = tenantTypes.map(([name]) => name);

const overrideShape = z.strictObject(
  Object.fromEntries(tenantTypes.map(([name, type]) => [name, zodType(type).optional()])),
);

export const overrides: Nested<OverrideValues> = {
  kind: 'nested',
  zod: z.record(z.string(), overrideShape).default({}) as unknown as z.ZodType<OverrideValues>,
  print: (tenants) =>
    Object.fromEntries(Object.entries(tenants).map(([tenant, values]) => [tenant, printLimits(values)])),
};

/** Values as one would write them; those absent are left out. */
export function printLimits(values: TenantValues): Record<string, unknown> {
  return Object.fromEntries(
    tenantTypes
      .filter(([name]) => name in values)
      .map(([name, type]) => [name, type.print(values[name as keyof LimitValues])]),
  );
}

export function ingestLimits(values: LimitValues, retentionMs: number): IngestLimits {
  return {
    ...defaultIngestLimits,
    ingestionRateMb: values.ingestion_rate_mb,
    ingestionBurstSizeMb: values.ingestion_burst_size_mb,
    perStreamRateLimitBytes: values.per_stream_rate_limit,
    perStreamRateLimitBurstBytes: values.per_stream_rate_limit_burst,
    maxGlobalStreamsPerUser: values.max_global_streams_per_user,
    maxLineSizeBytes: values.max_line_size,
    maxLineSizeTruncate: values.max_line_size_truncate,
    maxLineSizeTruncateIdentifier: values.max_line_size_truncate_identifier,
    maxLabelNamesPerSeries: values.max_label_names_per_series,
    maxLabelNameLengthBytes: values.max_label_name_length,
    maxLabelValueLengthBytes: values.max_label_value_length,
    rejectOldSamples: values.reject_old_samples,
    rejectOldSamplesMaxAgeMs: values.reject_old_samples_max_age,
    creationGracePeriodMs: values.creation_grace_period,
    allowStructuredMetadata: values.allow_structured_metadata,
    maxStructuredMetadataSizeBytes: values.max_structured_metadata_size,
    maxStructuredMetadataEntriesCount: values.max_structured_metadata_entries_count,
    incrementDuplicateTimestamp: values.increment_duplicate_timestamp,
    discoverLogLevels: values.discover_log_levels,
    discoverServiceName: values.discover_service_name,
    enforcedLabels: values.enforced_labels,
    blockIngestionUntilMs: values.block_ingestion_until,
    blockIngestionStatusCode: values.block_ingestion_status_code,
    otlpConfig: values.otlp_config,
    retentionHours: retentionMs === 0 ? '' : String(Math.floor(retentionMs / hourMs)),
  };
}

export const ruleLimits = (values: LimitValues): RuleLimits => ({
  rulesPerGroupMax: values.ruler_max_rules_per_rule_group,
  groupsPerTenantMax: values.ruler_max_rule_groups_per_tenant,
});

export function queryLimits(values: LimitValues): TenantQueryLimits {
  return {
    maxEntriesLimitPerQuery: values.max_entries_limit_per_query,
    maxQuerySeries: values.max_query_series,
    maxQueryLengthMs: values.max_query_length,
    maxQueryLookbackMs: values.max_query_lookback,
    maxQueryRangeMs: values.max_query_range,
    queryTimeoutMs: values.query_timeout,
    maxStreamsMatchersPerQuery: values.max_streams_matchers_per_query,
    maxQueryBytesRead: values.max_query_bytes_read,
    maxQueryMemoryBytes: values.max_query_memory,
    splitInstantMetricQueriesByIntervalMs: values.split_instant_metric_queries_by_interval,
    maxConcurrentTailRequests: values.max_concurrent_tail_requests,
    volumeEnabled: values.volume_enabled,
    volumeMaxSeries: values.volume_max_series,
    deletesEnabled: values.deletion_mode !== 'disabled',
  };
}
