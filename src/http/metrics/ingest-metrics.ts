// What ingest counted in its own thread, added to the registry; what of it people should hear of, to the log.
import { Counter, Gauge } from 'prom-client';
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
  const registers = [registry];
  const byTenant = ['tenant', 'retention_hours', 'is_internal_stream', 'policy', 'format'] as const;
  const bytes = new Counter({
    name: 'loki_distributor_bytes_received_total',
    help: 'Line and structured metadata bytes received, uncompressed.',
    labelNames: byTenant,
    registers,
  });
  const metadataBytes = new Counter({
    name: 'loki_distributor_structured_metadata_bytes_received_total',
    help: 'Structured metadata bytes received.',
    labelNames: byTenant,
    registers,
  });
  const lines = new Counter({
    name: 'loki_distributor_lines_received_total',
    help: 'Lines received.',
    labelNames: ['tenant', 'is_internal_stream', 'policy', 'format'],
    registers,
  });
  const discardLabels = ['reason', 'tenant', 'retention_hours', 'policy', 'format'] as const;
  const discardedSamples = new Counter({
    name: 'loki_discarded_samples_total',
    help: 'Entries refused, by reason.',
    labelNames: discardLabels,
    registers,
  });
  const discardedBytes = new Counter({
    name: 'loki_discarded_bytes_total',
    help: 'Line bytes refused, by reason.',
    labelNames: discardLabels,
    registers,
  });
  const pushes = new Counter({
    name: 'loki_distributor_push_stats_count',
    help: 'Pushes by what they are made of.',
    labelNames: ['tenant', 'content_type', 'content_encoding', 'content_version', 'format'],
    registers,
  });
  const lag = new Counter({
    name: 'loki_distributor_lag_ms_total',
    help: 'Age of the newest entry, summed over pushes.',
    labelNames: ['tenant', 'userAgent', 'format'],
    registers,
  });
  const agentLabel = boundedLabel(userAgentsMax);
  const streams = new Gauge({
    name: 'loki_ingester_memory_streams',
    help: 'Streams with an entry within the idle period.',
    labelNames: ['tenant'],
    registers,
  });
  const streamsCreated = new Counter({
    name: 'loki_ingester_streams_created_total',
    help: 'Streams that became active.',
    labelNames: ['tenant'],
    registers,
  });
  const streamsRemoved = new Counter({
    name: 'loki_ingester_streams_removed_total',
    help: 'Streams that ceased to be active.',
    labelNames: ['tenant'],
    registers,
  });
  const highLabels = new Gauge({
    name: 'skald_high_cardinality_labels',
    help: 'Label names with more values among the streams than store.label_values_warned.',
    labelNames: ['tenant'],
    registers,
  });
  const bytesPerLine = new CountedHistogram(
    { name: 'loki_bytes_per_line', help: 'Length of lines received.', bounds: bytesPerLineBounds },
    registry,
  );

  return (delta) => {
    for (const row of delta.received) {
      const labels = {
        tenant: tenantLabel(row.tenant),
        is_internal_stream: 'false',
        policy: '',
        format: row.format,
      };
      lines.inc(labels, row.lines);
      bytes.inc({ ...labels, retention_hours: row.retentionHours }, row.bytes);
      metadataBytes.inc({ ...labels, retention_hours: row.retentionHours }, row.structuredMetadataBytes);
    }
    for (const row of delta.discarded) {
      const labels = {
        reason: row.reason,
        tenant: tenantLabel(row.tenant),
        retention_hours: row.retentionHours,
        policy: '',
        format: row.format,
      };
      discardedSamples.inc(labels, row.samples);
      discardedBytes.inc(labels, row.bytes);
    }
    for (const row of delta.pushes)
      pushes.inc(
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
      lag.inc({ tenant: tenantLabel(row.tenant), userAgent, format: row.format }, row.ms);
    }
    for (const row of delta.activeStreams) streams.set({ tenant: tenantLabel(row.tenant) }, row.streams);
    for (const row of delta.streamChanges) {
      const labels = { tenant: tenantLabel(row.tenant) };
      streamsCreated.inc(labels, row.created);
      streamsRemoved.inc(labels, row.removed);
    }
    for (const change of delta.labelChanges) {
      highLabels.inc({ tenant: tenantLabel(change.tenant) }, change.isHigh ? 1 : -1);
      logLabel(logger, change);
    }
    bytesPerLine.add(delta.bytesPerLine.counts, delta.bytesPerLine.sumBytes);
  };
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
