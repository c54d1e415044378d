// Runs pushes through the processor and keeps what it would have stored, readable as entries.
import { CollectorIntake } from '../../src/ingest/collector-intake.ts';
import { IngestMetrics } from '../../src/ingest/ingest-metrics.ts';
import type { PushRequest, PushResponse } from '../../src/ingest/ingest-service.ts';
import { defaultIngestLimits, type IngestLimits } from '../../src/ingest/limits.ts';
import type { PackedEntries } from '../../src/ingest/packed-entries.ts';
import { PushProcessor } from '../../src/ingest/push-processor.ts';
import type { RepairCounts } from '../../src/ingest/repair-kind.ts';
import type { StreamRegistry } from '../../src/ingest/stream-admission.ts';
import { levelName } from '../../src/model/entry.ts';
import { type Labels, labelsFromPairs, labelsKey, labelsToRecord } from '../../src/model/labels.ts';
import { decodeMetadata } from '../../src/model/structured-metadata.ts';
import { joinNs } from '../../src/model/time.ts';

export interface StoredEntry {
  readonly labels: Labels;
  readonly timestampNs: bigint;
  readonly line: string;
  /** With detected_level. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Harness {
  readonly stored: StoredEntry[];
  readonly metrics: IngestMetrics;
  readonly processor: PushProcessor;
  /** Gives a collector's batch to the intake; its answer. `store`: what the store does before it has it. */
  collect(packed: PackedEntries, source?: string, store?: () => Promise<void>): Promise<RepairCounts>;
  push(request: Partial<PushRequest> & { bytes: Uint8Array | string }): PushResponse;
}

/** Limits under which nothing of a test is refused by accident. */
export const roomyLimits: IngestLimits = {
  ...defaultIngestLimits,
  ingestionRateMb: 0,
  perStreamRateLimitBytes: 0,
  rejectOldSamplesMaxAgeMs: 365 * 24 * 3_600_000,
};

export interface HarnessOptions {
  readonly limits?: Partial<IngestLimits>;
  readonly decompressedBytesMax?: number;
  readonly receivedBytesMax?: number;
  readonly nowMs?: () => number;
  /** Streams that the store has as active from the start, as sent with service_name to be added. */
  readonly stored?: readonly Readonly<Record<string, string>>[];
}

export const testNowMs = Date.UTC(2026, 10, 24, 12);

export function harness(options: HarnessOptions = {}): Harness {
  const stored: StoredEntry[] = [];
  const streams: Labels[] = [];
  const ids = new Map<string, number>();
  for (const stream of options.stored ?? []) {
    const labels = labelsFromPairs(Object.entries({ ...stream, service_name: 'unknown_service' }));
    ids.set(`fake${labelsKey(labels)}`, streams.push(labels));
  }
  const metrics = new IngestMetrics();
  const limits = { ...roomyLimits, ...options.limits };
  const registry: StreamRegistry = {
    stream: (tenant, labels) => {
      const key = tenant + labelsKey(labels);
      const id = ids.get(key) ?? streams.push(labels);
      ids.set(key, id);
      return id;
    },
    isActive: (tenant, labels) => ids.has(tenant + labelsKey(labels)),
    activeStreams: () => ids.size,
  };
  const nowMs = options.nowMs ?? (() => testNowMs);
  const processor = new PushProcessor({
    limits: () => limits,
    bodyLimits: {
      maxRecvMsgSizeBytes: options.receivedBytesMax ?? 16 << 20,
      maxDecompressedSizeBytes: options.decompressedBytesMax ?? 64 << 20,
    },
    registry,
    metrics,
    compileRegex: (pattern) => (name) => name === pattern,
    nowMs,
  });
  const push: Harness['push'] = ({ bytes, ...request }) => {
    const body = Buffer.from(typeof bytes === 'string' ? bytes : Uint8Array.from(bytes));
    const { store, response } = processor.process({
      tenant: 'fake',
      format: 'loki',
      contentType: 'application/json',
      contentEncoding: undefined,
      userAgent: 'test/1',
      // Its own memory, as after a transfer.
      body: new Uint8Array(body).buffer,
      ...request,
    });
    if (store) stored.push(...entriesOf(processor, streams));
    return response;
  };
  const collect: Harness['collect'] = (entries, source = 'files', store = async () => {}) => {
    const append = async (): Promise<void> => {
      // As the store does: copied before anything is awaited.
      const copied = entriesOf(processor, streams);
      await store();
      stored.push(...copied);
    };
    const writer = { ...registry, append };
    const intake = new CollectorIntake({ processor, writer, limits: () => limits, metrics, nowMs });
    return intake.write({ tenant: 'fake', source, entries, checkpoints: [] });
  };
  return { stored, metrics, processor, push, collect };
}

function entriesOf({ columns }: PushProcessor, streams: readonly Labels[]): StoredEntry[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const id = columns.streams[columns.stream[i] as number] as number;
    const metadata = decodeMetadata(columns.metadataBytes, columns.metadataStart[i], columns.metadataEnd[i]);
    const level = levelName(columns.level[i] as number);
    const pairs: [string, string][] = metadata.map(([name, value]) => [name, value]);
    if (level !== '') pairs.push(['detected_level', level]);
    return {
      labels: streams[id - 1] as Labels,
      timestampNs: joinNs(columns.seconds[i] as number, columns.nanos[i] as number),
      line: columns.bytes.toString('utf8', columns.lineStart[i], columns.lineEnd[i]),
      metadata: labelsToRecord(labelsFromPairs(pairs)),
    };
  });
}
