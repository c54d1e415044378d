// What ingest counts, on its way to the registry of the main thread: plain increments in small batches.
import type { LabelCardinality, StreamChanges } from '../../store/store.ts';
import type { LossReason } from '../entries/push-stream.ts';

/** Label `format` of the metrics. */
export type MetricFormat =
  | 'loki'
  | 'otlp'
  | 'jsonline'
  | 'elasticsearch'
  | 'datadog'
  | 'splunk'
  | 'journald'
  | 'collector';

/** Increments since the last delta. Keys of the arrays' elements are label values of the metrics named. */
export interface IngestMetricsDelta {
  /**
   * loki_distributor_bytes_received_total (line + structured metadata bytes),
   * loki_distributor_structured_metadata_bytes_received_total, loki_distributor_lines_received_total.
   */
  readonly received: readonly {
    readonly tenant: string;
    readonly format: MetricFormat;
    readonly retentionHours: string;
    readonly lines: number;
    readonly bytes: number;
    readonly structuredMetadataBytes: number;
  }[];
  /** loki_discarded_samples_total, loki_discarded_bytes_total. */
  readonly discarded: readonly {
    readonly tenant: string;
    readonly reason: LossReason;
    readonly format: MetricFormat;
    readonly retentionHours: string;
    readonly samples: number;
    readonly bytes: number;
  }[];
  /** loki_distributor_push_stats_count. */
  readonly pushes: readonly {
    readonly tenant: string;
    readonly contentType: string;
    readonly contentEncoding: string;
    readonly format: MetricFormat;
    readonly count: number;
  }[];
  /** loki_distributor_lag_ms_total: age of the newest entry, summed over pushes. */
  readonly lag: readonly {
    readonly tenant: string;
    readonly userAgent: string;
    readonly format: MetricFormat;
    readonly ms: number;
  }[];
  /** loki_bytes_per_line: lines per bucket (not cumulative), the last one above every bound; and their bytes. */
  readonly bytesPerLine: { readonly counts: readonly number[]; readonly sumBytes: number };
  /** loki_ingester_memory_streams: the value now, for tenants that pushed or whose streams changed. */
  readonly activeStreams: readonly { readonly tenant: string; readonly streams: number }[];
  /** loki_ingester_streams_created_total, loki_ingester_streams_removed_total. */
  readonly streamChanges: readonly StreamChanges[];
  /** skald_high_cardinality_labels, and the log. */
  readonly labelChanges: readonly LabelCardinality[];
}

/** Upper bounds of `bytesPerLine.counts`. */
export const bytesPerLineBounds: readonly number[] = [1, 8, 64, 512, 4096, 32_768, 262_144, 2_097_152];

/** Distinct label sets kept between two deltas; what is beyond is counted under `other`. */
const keysMax = 500;

interface Group<T> {
  readonly rows: Map<string, T>;
}

export class IngestMetrics {
  readonly #received: Group<Mutable<IngestMetricsDelta['received'][number]>> = { rows: new Map() };
  readonly #discarded: Group<Mutable<IngestMetricsDelta['discarded'][number]>> = { rows: new Map() };
  readonly #pushes: Group<Mutable<IngestMetricsDelta['pushes'][number]>> = { rows: new Map() };
  readonly #lag: Group<Mutable<IngestMetricsDelta['lag'][number]>> = { rows: new Map() };
  readonly #lineCounts = new Float64Array(bytesPerLineBounds.length + 1);
  #lineBytes = 0;
  readonly #tenants = new Set<string>();
  #dirty = false;

  get dirty(): boolean {
    return this.#dirty;
  }

  received(
    labels: { tenant: string; format: MetricFormat; retentionHours: string },
    amounts: { lines: number; lineBytes: number; metadataBytes: number },
  ): void {
    const row = this.#row(this.#received, [labels.tenant, labels.format], (tenant) => ({
      ...labels,
      tenant,
      lines: 0,
      bytes: 0,
      structuredMetadataBytes: 0,
    }));
    row.lines += amounts.lines;
    row.bytes += amounts.lineBytes + amounts.metadataBytes;
    row.structuredMetadataBytes += amounts.metadataBytes;
    if (this.#tenants.size < keysMax) this.#tenants.add(labels.tenant);
  }

  discarded(
    labels: { tenant: string; reason: LossReason; format: MetricFormat; retentionHours: string },
    amounts: { samples: number; bytes: number },
  ): void {
    const row = this.#row(this.#discarded, [labels.tenant, labels.reason, labels.format], (tenant) => ({
      ...labels,
      tenant,
      samples: 0,
      bytes: 0,
    }));
    row.samples += amounts.samples;
    row.bytes += amounts.bytes;
  }

  push(labels: { tenant: string; contentType: string; contentEncoding: string; format: MetricFormat }): void {
    const key = [labels.tenant, labels.contentType, labels.contentEncoding, labels.format];
    this.#row(this.#pushes, key, (tenant) => ({ ...labels, tenant, count: 0 })).count++;
  }

  lag(labels: { tenant: string; userAgent: string; format: MetricFormat }, ms: number): void {
    const key = [labels.tenant, labels.userAgent, labels.format];
    this.#row(this.#lag, key, (tenant) => ({ ...labels, tenant, ms: 0 })).ms += ms;
  }

  /** Counts the lines `[lineStart[i], lineEnd[i])`. */
  lines(lineStart: Uint32Array, lineEnd: Uint32Array, count: number): void {
    const counts = this.#lineCounts;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const length = (lineEnd[i] as number) - (lineStart[i] as number);
      sum += length;
      // Bounds are powers of eight: ceil(log8(length)) without a logarithm.
      const bucket = length <= 1 ? 0 : Math.floor((34 - Math.clz32(length - 1)) / 3);
      const at = bucket < counts.length ? bucket : counts.length - 1;
      counts[at] = (counts[at] as number) + 1;
    }
    this.#lineBytes += sum;
    this.#dirty = true;
  }

  /** Hands over what was counted, with the store's part, and starts over. */
  take(
    activeStreams: (tenant: string) => number,
    streamChanges: readonly StreamChanges[],
    labelChanges: readonly LabelCardinality[] = [],
  ): IngestMetricsDelta {
    for (const { tenant } of streamChanges) this.#tenants.add(tenant);
    const delta: IngestMetricsDelta = {
      received: [...this.#received.rows.values()],
      discarded: [...this.#discarded.rows.values()],
      pushes: [...this.#pushes.rows.values()],
      lag: [...this.#lag.rows.values()],
      bytesPerLine: { counts: [...this.#lineCounts], sumBytes: this.#lineBytes },
      activeStreams: [...this.#tenants].map((tenant) => ({ tenant, streams: activeStreams(tenant) })),
      streamChanges,
      labelChanges,
    };
    for (const group of [this.#received, this.#discarded, this.#pushes, this.#lag]) group.rows.clear();
    this.#lineCounts.fill(0);
    this.#lineBytes = 0;
    this.#tenants.clear();
    this.#dirty = false;
    return delta;
  }

  #row<T>(group: Group<T>, key: readonly string[], make: (tenant: string) => T): T {
    this.#dirty = true;
    const text = key.join('\n');
    const known = group.rows.get(text);
    if (known !== undefined) return known;
    if (group.rows.size >= keysMax && key[0] !== 'other') {
      return this.#row(group, ['other', ...key.slice(1, 2)], () => make('other'));
    }
    const row = make(key[0] as string);
    group.rows.set(text, row);
    return row;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
