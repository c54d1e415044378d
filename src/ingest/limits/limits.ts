// Limits of ingest: Loki's names (in camel case, unit last) and, where a single server has no reason to differ,
// Loki's defaults.
import { hourMs, mebibyte } from '../../model/units.ts';
import { entryPartBytesMax } from '../../store/store.ts';

/** What one tenant may send. Sizes in bytes, ages in ms. */
export interface IngestLimits {
  /** Line and metadata bytes per second, in units of 2^20; 0 = no bound. 429 above. */
  readonly ingestionRateMb: number;
  readonly ingestionBurstSizeMb: number;
  /** Of one stream, per second; 0 = no bound. */
  readonly perStreamRateLimitBytes: number;
  readonly perStreamRateLimitBurstBytes: number;
  /** Streams with an entry within the store's idle period; 0 = no bound. */
  readonly maxGlobalStreamsPerUser: number;
  /** Of those, what one source of collected entries may bring up within an hour; 0 = no bound. */
  readonly maxStreamsPerSource: number;
  /** 0 = what the store can take, which bounds it in any case: ask {@link lineBytesMax}. */
  readonly maxLineSizeBytes: number;
  /** True: too long lines are cut instead of refused. */
  readonly maxLineSizeTruncate: boolean;
  /** Stands at the end of a cut line, inside the limit. */
  readonly maxLineSizeTruncateIdentifier: string;
  /** service_name, when ingest added it, does not count. */
  readonly maxLabelNamesPerSeries: number;
  readonly maxLabelNameLengthBytes: number;
  readonly maxLabelValueLengthBytes: number;
  readonly rejectOldSamples: boolean;
  readonly rejectOldSamplesMaxAgeMs: number;
  /** How far ahead of the clock an entry may be. */
  readonly creationGracePeriodMs: number;
  readonly allowStructuredMetadata: boolean;
  /** Names and values of one entry; 0 = no bound. */
  readonly maxStructuredMetadataSizeBytes: number;
  readonly maxStructuredMetadataEntriesCount: number;
  readonly incrementDuplicateTimestamp: boolean;
  readonly discoverLogLevels: boolean;
  /** Also of pino's numbers and coloured words, which Loki calls unknown. */
  readonly discoverLoggerLevels: boolean;
  /** Labels tried in order for service_name; empty = off. */
  readonly discoverServiceName: readonly string[];
  /** Labels that every stream must have. */
  readonly enforcedLabels: readonly string[];
  /** Unix ms until which pushes are answered with `blockIngestionStatusCode` and not stored; 0 = not blocked. */
  readonly blockIngestionUntilMs: number;
  readonly blockIngestionStatusCode: number;
  readonly otlpConfig: OtlpConfig;
  /** Label `retention_hours` of the metrics. */
  readonly retentionHours: string;
}

export type OtlpAction = 'index_label' | 'structured_metadata' | 'drop';

/** First match wins; `attributes` are names before normalisation, `matches` is a compiled RE2 test. */
export interface OtlpAttributeRule {
  readonly action: OtlpAction;
  readonly attributes: readonly string[];
  /** RE2 text, anchored at both ends; '' = none. */
  readonly regex: string;
}

export interface OtlpConfig {
  readonly resourceAttributes: {
    readonly ignoreDefaults: boolean;
    readonly attributesConfig: readonly OtlpAttributeRule[];
  };
  /** No index_label here. */
  readonly scopeAttributes: readonly OtlpAttributeRule[];
  readonly logAttributes: readonly OtlpAttributeRule[];
  /** True: severity_text is a label too. */
  readonly severityTextAsLabel: boolean;
}

/** What one request may be, before it is known whose it is. */
export interface BodyLimits {
  readonly maxRecvMsgSizeBytes: number;
  readonly maxDecompressedSizeBytes: number;
}

export const defaultServiceNameLabels: readonly string[] = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];

/** Resource attributes that become labels unless the configuration says otherwise. */
export const defaultOtlpIndexAttributes: readonly string[] = [
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
];

/**
 * Rates are off, unlike the reference's 4 MB/s and 3 MB/s a stream: those keep tenants of a cluster apart, while one
 * server is kept from overload by the bound on bytes in flight.
 */
export const defaultIngestLimits: IngestLimits = {
  ingestionRateMb: 0,
  ingestionBurstSizeMb: 0,
  perStreamRateLimitBytes: 0,
  perStreamRateLimitBurstBytes: 0,
  maxGlobalStreamsPerUser: 5000,
  maxStreamsPerSource: 3000,
  maxLineSizeBytes: 256 * 1024,
  maxLineSizeTruncate: false,
  maxLineSizeTruncateIdentifier: '',
  maxLabelNamesPerSeries: 15,
  maxLabelNameLengthBytes: 1024,
  maxLabelValueLengthBytes: 2048,
  rejectOldSamples: true,
  rejectOldSamplesMaxAgeMs: 7 * 24 * hourMs,
  creationGracePeriodMs: 10 * 60_000,
  allowStructuredMetadata: true,
  maxStructuredMetadataSizeBytes: 64 * 1024,
  maxStructuredMetadataEntriesCount: 128,
  incrementDuplicateTimestamp: false,
  discoverLogLevels: true,
  discoverLoggerLevels: false,
  discoverServiceName: defaultServiceNameLabels,
  enforcedLabels: [],
  blockIngestionUntilMs: 0,
  blockIngestionStatusCode: 260,
  otlpConfig: {
    resourceAttributes: { ignoreDefaults: false, attributesConfig: [] },
    scopeAttributes: [],
    logAttributes: [],
    severityTextAsLabel: false,
  },
  retentionHours: '',
};

/** A small server's: the reference allows 100 MiB and 5000 MiB. */
export const defaultBodyLimits: BodyLimits = {
  maxRecvMsgSizeBytes: 100 * mebibyte,
  maxDecompressedSizeBytes: 128 * mebibyte,
};

/** The longest line that is stored. */
export const lineBytesMax = ({ maxLineSizeBytes }: Pick<IngestLimits, 'maxLineSizeBytes'>): number =>
  maxLineSizeBytes > 0 ? Math.min(maxLineSizeBytes, entryPartBytesMax) : entryPartBytesMax;

/** Limits of everyone, with the overrides of some. Structured-cloneable. */
export interface TenantLimits {
  readonly defaults: IngestLimits;
  readonly overrides: Readonly<Record<string, Partial<IngestLimits>>>;
}

/** A lookup of a tenant's limits; merged once per tenant that has overrides. */
export function limitsOf(limits: TenantLimits): (tenant: string) => IngestLimits {
  const merged = new Map<string, IngestLimits>();
  for (const [tenant, override] of Object.entries(limits.overrides)) {
    merged.set(tenant, { ...limits.defaults, ...override });
  }
  return (tenant) => merged.get(tenant) ?? limits.defaults;
}
