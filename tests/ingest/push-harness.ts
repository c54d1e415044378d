// Runs pushes through the processor and keeps what it would have stored, readable as entries. Each push goes both ways:
// in one turn if it is small enough for that, and as one that is decoded apart; both must come to the same.
import { expect } from 'vitest';
import { IngestMetrics } from '../../src/ingest/client/ingest-metrics.ts';
import type { PushRequest, PushResponse } from '../../src/ingest/client/ingest-service.ts';
import { PushDecoder } from '../../src/ingest/decode/push-decoder.ts';
import { doorOf } from '../../src/ingest/doors/doors.ts';
import type { PushColumns } from '../../src/ingest/entries/push-columns.ts';
import { packPush, unpackPush } from '../../src/ingest/intake/large-push.ts';
import { type ProcessedPush, PushProcessor } from '../../src/ingest/intake/push-processor.ts';
import { defaultIngestLimits, type IngestLimits } from '../../src/ingest/limits/limits.ts';
import { largestPushApart, pushOfOneTurn } from '../../src/ingest/limits/push-bounds.ts';
import { PushError } from '../../src/ingest/limits/push-error.ts';
import type { StreamRegistry } from '../../src/ingest/limits/stream-admission.ts';
import { CollectorIntake } from '../../src/ingest/repair/collector-intake.ts';
import type { RepairCounts } from '../../src/ingest/repair/repair-kind.ts';
import type { PackedEntries } from '../../src/ingest/sink/packed-entries.ts';
import { levelName } from '../../src/model/entry.ts';
import { type Labels, labelsFromPairs, labelsKey, labelsToRecord } from '../../src/model/labels.ts';
import { decodeMetadata } from '../../src/model/structured-metadata.ts';
import { joinNs } from '../../src/model/time.ts';
import type { EntryColumns } from '../../src/store/store.ts';

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
  /** Gives a collector's batch to the intake; its answer. `store`: what the store does before it has it. */
  collect(packed: PackedEntries, source?: string, store?: () => Promise<void>): Promise<RepairCounts>;
  /** Of the push before. */
  columns(): PushColumns;
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
  const [usual, apart] = [harnessOfOneWay(options, false), harnessOfOneWay(options, true)];
  const push: Harness['push'] = (request) => {
    const [before, beforeApart] = [usual.stored.length, apart.stored.length];
    const response = usual.push(request);
    expect(apart.push(request)).toEqual(response);
    expect(apart.stored.slice(beforeApart)).toEqual(usual.stored.slice(before));
    return response;
  };
  return { ...usual, push };
}

/** Without the comparison: pushes go in one turn, or apart. */
export function harnessOfOneWay(options: HarnessOptions, isApart: boolean): Harness {
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
  const decoderOptions = {
    bodyLimits: {
      maxRecvMsgSizeBytes: options.receivedBytesMax ?? 16 << 20,
      maxDecompressedSizeBytes: options.decompressedBytesMax ?? 64 << 20,
    },
    compileRegex: (pattern: string) => (name: string) => name === pattern,
  };
  const decoder = new PushDecoder({ ...decoderOptions, bounds: pushOfOneTurn });
  const decoderApart = new PushDecoder({ ...decoderOptions, bounds: largestPushApart });
  const nowMs = options.nowMs ?? (() => testNowMs);
  const processor = new PushProcessor({
    decoder,
    limits: () => limits,
    registry,
    metrics,
    nowMs,
  });
  /** As LargePushes has it done, with no thread and no waiting. */
  const processApart = (request: PushRequest): ProcessedPush => {
    try {
      const decoded = decoderApart.decode(request, doorOf(request).kindOf(request), limits, nowMs());
      const packed = structuredClone(packPush(decoderApart, decoded).push);
      const unpacked = toEnd(unpackPush(packed, request.tenant, decoder.streams));
      columns = unpacked.columns;
      return toEnd(processor.admit(request, unpacked.decoded, columns));
    } catch (error) {
      if (!(error instanceof PushError)) throw error;
      return {
        store: false,
        isWhole: false,
        response: processor.refused(request, error, request.body.byteLength),
      };
    }
  };
  let { columns } = decoder;
  const push: Harness['push'] = ({ bytes, ...changes }) => {
    const body = Buffer.from(typeof bytes === 'string' ? bytes : Uint8Array.from(bytes));
    const request: PushRequest = {
      tenant: 'fake',
      sender: '',
      format: 'loki',
      contentType: 'application/json',
      contentEncoding: undefined,
      userAgent: 'test/1',
      idempotencyKey: undefined,
      options: {},
      // Its own memory, as after a transfer.
      body: new Uint8Array(body).buffer,
      ...changes,
    };
    columns = decoder.columns;
    const { store, response } = (isApart ? undefined : processor.process(request)) ?? processApart(request);
    if (store) for (const entry of entriesOf(columns, streams)) stored.push(entry);
    return response;
  };
  let storing = async (): Promise<void> => {};
  const append = async (columns: EntryColumns): Promise<void> => {
    // As the store does: copied before anything is awaited.
    const copied = entriesOf(columns, streams);
    await storing();
    stored.push(...copied);
  };
  const intake = new CollectorIntake({
    streams: decoder.streams,
    writer: { ...registry, append },
    limits: () => limits,
    metrics,
    nowMs,
  });
  const collect: Harness['collect'] = (entries, source = 'files', store = async () => {}) => {
    storing = store;
    return intake.write({ tenant: 'fake', source, entries, checkpoints: [] });
  };
  return { stored, metrics, columns: () => columns, push, collect };
}

function toEnd<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function entriesOf(columns: EntryColumns, streams: readonly Labels[]): StoredEntry[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const id = columns.streams[columns.stream[i] as number] as number;
    const metadata = decodeMetadata(columns.metadataBytes, columns.metadataStart[i], columns.metadataEnd[i]);
    const level = levelName(columns.level[i] as number);
    const pairs: [string, string][] = metadata.map(([name, value]) => [name, value]);
    if (level !== '') pairs.push(['detected_level', level]);
    return {
      labels: streams[id - 1] as Labels,
      timestampNs: joinNs(columns.seconds[i] as number, columns.nanos[i] as number),
      line: Buffer.from(columns.bytes.subarray(columns.lineStart[i], columns.lineEnd[i])).toString(),
      metadata: labelsToRecord(labelsFromPairs(pairs)),
    };
  });
}
