// What ingest counted in its own thread, added to the registry; what of it people should hear of, to the log.
import { Counter, Gauge, type Registry } from 'prom-client';
import { bytesPerLineBounds, type IngestMetricsDelta } from '../../ingest/client/ingest-metrics.ts';
import type { LabelCardinality } from '../../store/store.ts';
import { boundedLabel } from '../../telemetry/bounded-label.ts';
import { CountedHistogram } from '../../telemetry/counted-histogram.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Agents with a label of their own; the others share "other". */
const userAgentsMax = 20;

/** Registers ingest's metrics and returns what adds a delta. */
export function ingestMetrics(
  { registry, tenantLabel }: Metrics,
  logger: Pick<Logger, 'info' | 'warn'>,
): (delta: IngestMetricsDelta) => void {
  const metrics = register(registry);
  const agentLabel = boundedLabel(userAgentsMax);
  return (delta) => {
    addPushes(metrics, delta, { tenantLabel, agentLabel });
    addStreams(metrics, delta, tenantLabel);
    for (const change of delta.labelChanges) logLabel(logger, change);
    metrics.bytesPerLine.add(delta.bytesPerLine.counts, delta.bytesPerLine.sumBytes);
  };
}

function register(registry: Registry) {
  const registers = [registry];
  const byTenant = ['tenant', 'retention_hours', 'is_internal_stream', 'policy', 'format'] as const;
  const discardLabels = ['reason', 'tenant', 'retention_hours', 'policy', 'format'] as const;
  return {
    bytes: new Counter({
      name: 'loki_distributor_bytes_received_total',
      help: 'Line and structured metadata bytes received, uncompressed.',
      labelNames: byTenant,
      registers,
    }),
    metadataBytes: new Counter({
      name: 'loki_distributor_structured_metadata_bytes_received_total',
      help: 'Structured metadata bytes received.',
      labelNames: byTenant,
      registers,
    }),
    lines: new Counter({
      name: 'loki_distributor_lines_received_total',
      help: 'Lines received.',
      labelNames: ['tenant', 'is_internal_stream', 'policy', 'format'],
      registers,
    }),
    discardedSamples: new Counter({
      name: 'loki_discarded_samples_total',
      help: 'Entries refused, by reason.',
      labelNames: discardLabels,
      registers,
    }),
    discardedBytes: new Counter({
      name: 'loki_discarded_bytes_total',
      help: 'Line bytes refused, by reason.',
      labelNames: discardLabels,
      registers,
    }),
    pushes: new Counter({
      name: 'loki_distributor_push_stats_count',
      help: 'Pushes by what they are made of.',
      labelNames: ['tenant', 'content_type', 'content_encoding', 'content_version', 'format'],
      registers,
    }),
    lag: new Counter({
      name: 'loki_distributor_lag_ms_total',
      help: 'Age of the newest entry, summed over pushes.',
      labelNames: ['tenant', 'userAgent', 'format'],
      registers,
    }),
    streams: new Gauge({
      name: 'loki_ingester_memory_streams',
      help: 'Streams with an entry within the idle period.',
      labelNames: ['tenant'],
      registers,
    }),
    streamsCreated: new Counter({
      name: 'loki_ingester_streams_created_total',
      help: 'Streams that became active.',
      labelNames: ['tenant'],
      registers,
    }),
    streamsRemoved: new Counter({
      name: 'loki_ingester_streams_removed_total',
      help: 'Streams that ceased to be active.',
      labelNames: ['tenant'],
      registers,
    }),
    highLabels: new Gauge({
      name: 'skald_high_cardinality_labels',
      help: 'Label names with more values among the streams than store.label_values_warned.',
      labelNames: ['tenant'],
      registers,
    }),
    bytesPerLine: new CountedHistogram(
      { name: 'loki_bytes_per_line', help: 'Length of lines received.', bounds: bytesPerLineBounds },
      registry,
    ),
  };
}

type IngestMetrics = ReturnType<typeof register>;
type LabelOf = (value: string) => string;

function addPushes(
  metrics: IngestMetrics,
  delta: IngestMetricsDelta,
  { tenantLabel, agentLabel }: { readonly tenantLabel: LabelOf; readonly agentLabel: LabelOf },
): void {
  for (const row of delta.received) {
    const labels = {
      tenant: tenantLabel(row.tenant),
      is_internal_stream: 'false',
      policy: '',
      format: row.format,
    };
    metrics.lines.inc(labels, row.lines);
    metrics.bytes.inc({ ...labels, retention_hours: row.retentionHours }, row.bytes);
    metrics.metadataBytes.inc(
      { ...labels, retention_hours: row.retentionHours },
      row.structuredMetadataBytes,
    );
  }
  for (const row of delta.discarded) {
    const labels = {
      reason: row.reason,
      tenant: tenantLabel(row.tenant),
      retention_hours: row.retentionHours,
      policy: '',
      format: row.format,
    };
    metrics.discardedSamples.inc(labels, row.samples);
    metrics.discardedBytes.inc(labels, row.bytes);
  }
  for (const row of delta.pushes)
    metrics.pushes.inc(
      {
        tenant: tenantLabel(row.tenant),
        content_type: row.contentType,
        content_encoding: row.contentEncoding,
        content_version: '',
        format: row.format,
      },
      row.count,
    );
  for (const row of delta.lag) {
    const userAgent = agentLabel(row.userAgent);
    metrics.lag.inc({ tenant: tenantLabel(row.tenant), userAgent, format: row.format }, row.ms);
  }
}

function addStreams(metrics: IngestMetrics, delta: IngestMetricsDelta, tenantLabel: LabelOf): void {
  for (const row of delta.activeStreams)
    metrics.streams.set({ tenant: tenantLabel(row.tenant) }, row.streams);
  for (const row of delta.streamChanges) {
    const labels = { tenant: tenantLabel(row.tenant) };
    metrics.streamsCreated.inc(labels, row.created);
    metrics.streamsRemoved.inc(labels, row.removed);
  }
  for (const { tenant, isHigh } of delta.labelChanges)
    metrics.highLabels.inc({ tenant: tenantLabel(tenant) }, isHigh ? 1 : -1);
}

function logLabel(logger: Pick<Logger, 'info' | 'warn'>, { isHigh, name, ...rest }: LabelCardinality): void {
  const fields = { ...rest, label: name };
  if (isHigh)
    logger.warn(
      fields,
      'a label has so many values that streams are many and small: keep its values in the lines or in structured metadata',
    );
  else logger.info(fields, 'a label no longer has too many values');
}
