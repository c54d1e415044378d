// Limits of tenants, by Loki's names: defaults for all under `limits`, changes for some under `overrides`. A limit is
// added by its field, where it is used, and its line here.

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
  type LoadedSettingType,
  number,
  type SettingType,
  text,
  textList,
  zodType,
} from './setting-types.ts';

const megabytes = number(0, 1_000_000, { fraction: true });
/** 0: as much as the store takes. */
const entryPart = byteSizeUpTo(entryPartBytesMax);
/** True where lines may be deleted. */
const deletionMode: SettingType<boolean> = {
  expected: 'one of disabled, filter-and-delete',
  parse: (value) => (value === 'filter-and-delete' ? true : value === 'disabled' ? false : undefined),
  print: (enabled) => (enabled ? 'filter-and-delete' : 'disabled'),
};

/** Of each field that a tenant's limits fill: Loki's name and how its value is written. The field has the default. */
type LimitsOf<T> = {
  readonly [Field in keyof T]-?: readonly [
    name: string,
    type: SettingType<T[Field]> | LoadedSettingType<T[Field]>,
  ];
};

const ingest: LimitsOf<Omit<IngestLimits, 'retentionHours'>> = {
  ingestionRateMb: ['ingestion_rate_mb', megabytes],
  ingestionBurstSizeMb: ['ingestion_burst_size_mb', megabytes],
  perStreamRateLimitBytes: ['per_stream_rate_limit', byteSize],
  perStreamRateLimitBurstBytes: ['per_stream_rate_limit_burst', byteSize],
  maxGlobalStreamsPerUser: ['max_global_streams_per_user', count],
  maxStreamsPerSource: ['max_streams_per_source', count],
  maxLineSizeBytes: ['max_line_size', entryPart],
  maxLineSizeTruncate: ['max_line_size_truncate', flag],
  maxLineSizeTruncateIdentifier: ['max_line_size_truncate_identifier', text],
  maxLabelNamesPerSeries: ['max_label_names_per_series', count],
  maxLabelNameLengthBytes: ['max_label_name_length', byteSize],
  maxLabelValueLengthBytes: ['max_label_value_length', byteSize],
  rejectOldSamples: ['reject_old_samples', flag],
  rejectOldSamplesMaxAgeMs: ['reject_old_samples_max_age', duration],
  creationGracePeriodMs: ['creation_grace_period', duration],
  allowStructuredMetadata: ['allow_structured_metadata', flag],
  maxStructuredMetadataSizeBytes: ['max_structured_metadata_size', entryPart],
  maxStructuredMetadataEntriesCount: ['max_structured_metadata_entries_count', count],
  incrementDuplicateTimestamp: ['increment_duplicate_timestamp', flag],
  discoverLogLevels: ['discover_log_levels', flag],
  discoverLoggerLevels: ['discover_logger_levels', flag],
  discoverServiceName: ['discover_service_name', textList],
  enforcedLabels: ['enforced_labels', textList],
  blockIngestionUntilMs: ['block_ingestion_until', instant],
  blockIngestionStatusCode: ['block_ingestion_status_code', number(200, 599)],
  otlpConfig: ['otlp_config', otlpConfig],
};

const query: LimitsOf<TenantQueryLimits> = {
  maxEntriesLimitPerQuery: ['max_entries_limit_per_query', count],
  maxQuerySeries: ['max_query_series', count],
  maxQueryLengthMs: ['max_query_length', duration],
  maxQueryLookbackMs: ['max_query_lookback', duration],
  maxQueryRangeMs: ['max_query_range', duration],
  queryTimeoutMs: ['query_timeout', duration],
  maxStreamsMatchersPerQuery: ['max_streams_matchers_per_query', count],
  maxQueryBytesRead: ['max_query_bytes_read', byteSize],
  maxQueryMemoryBytes: ['max_query_memory', byteSize],
  splitInstantMetricQueriesByIntervalMs: ['split_instant_metric_queries_by_interval', duration],
  maxConcurrentTailRequests: ['max_concurrent_tail_requests', count],
  volumeEnabled: ['volume_enabled', flag],
  volumeMaxSeries: ['volume_max_series', count],
  deletesEnabled: ['deletion_mode', deletionMode],
};

const rules: LimitsOf<RuleLimits> = {
  rulesPerGroupMax: ['ruler_max_rules_per_rule_group', count],
  groupsPerTenantMax: ['ruler_max_rule_groups_per_tenant', count],
  remoteWriteDisabled: ['ruler_remote_write_disabled', flag],
};

/** Values by Loki's names. */
export type LimitValues = Readonly<Record<string, unknown>>;
/** What a tenant may have of its own: limits, and how long its entries are kept. */
export type TenantValues = LimitValues & {
  readonly retention_period?: number;
  readonly retention_stream?: readonly RetentionStream[];
};
export type OverrideValues = Readonly<Record<string, TenantValues>>;

interface NamedLimit {
  readonly name: string;
  readonly type: SettingType<unknown>;
  readonly fallback: unknown;
}

function named<T>(limits: LimitsOf<T>, defaults: T): NamedLimit[] {
  const fields = Object.keys(limits) as (keyof T)[];
  return fields.map((field) => {
    const [name, type] = limits[field];
    return { name, type: type as unknown as SettingType<unknown>, fallback: defaults[field] };
  });
}

/** The limits of one kind, of the values by Loki's names that its types have read. */
function limitsFrom<T>(limits: LimitsOf<T>, values: LimitValues): T {
  const fields = Object.keys(limits) as (keyof T)[];
  return Object.fromEntries(fields.map((field) => [field, values[limits[field][0]]])) as T;
}

const all: readonly NamedLimit[] = [
  ...named(ingest, defaultIngestLimits),
  ...named(query, defaultQueryLimits),
  ...named(rules, rulerDefaults.limits),
];

const lookEveryMs = 10_000;

export const limitsSection = section({
  ...Object.fromEntries(all.map(({ name, type, fallback }) => [name, setting(type, fallback)])),
  /** `overrides` for some tenants, read again while the gateway runs. */
  overrides_file: setting(text, ''),
  overrides_period: setting(duration, lookEveryMs),
});

const tenantTypes: readonly (readonly [name: string, type: SettingType<unknown>])[] = [
  ...all.map(({ name, type }) => [name, type] as const),
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
    tenantTypes.filter(([name]) => name in values).map(([name, type]) => [name, type.print(values[name])]),
  );
}

export const ingestLimits = (values: LimitValues, retentionMs: number): IngestLimits => ({
  ...limitsFrom(ingest, values),
  retentionHours: retentionMs === 0 ? '' : String(Math.floor(retentionMs / hourMs)),
});

export const queryLimits = (values: LimitValues): TenantQueryLimits => limitsFrom(query, values);

export const ruleLimits = (values: LimitValues): RuleLimits => limitsFrom(rules, values);
