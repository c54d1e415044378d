// What a push would be refused for is repaired in collected entries: one row for each reason, and nothing is lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiscardReason } from '../../src/ingest/entries/push-stream.ts';
import { defaultIngestLimits, type IngestLimits } from '../../src/ingest/limits/limits.ts';
import { EntryBatch } from '../../src/ingest/sink/entry-batch.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { type LabelPair, labelsFromPairs, labelsToRecord } from '../../src/model/labels.ts';
import { type Harness, type HarnessOptions, harness, type StoredEntry, testNowMs } from './push-harness.ts';

const nowNs = BigInt(testNowMs) * 1_000_000n;
const dayNs = 86_400n * 1_000_000_000n;

interface Given {
  readonly labels?: Readonly<Record<string, string>>;
  readonly timestampNs?: bigint;
  readonly line?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const entryOf = ({
  labels = { job: 'files' },
  timestampNs = nowNs,
  line = 'text',
  metadata = {},
}: Given) => ({
  labels: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
  timestampNs,
  line,
  structuredMetadata: labelsFromPairs(Object.entries(metadata)),
});

function packedOf(entries: readonly CollectedEntry[]) {
  const batch = new EntryBatch();
  for (const entry of entries) batch.add(entry);
  return batch.packed();
}

interface Case extends Given {
  readonly limits?: Partial<IngestLimits>;
  readonly stored?: HarnessOptions['stored'];
  /** What is stored; without what the case does not speak of. */
  readonly becomes: (entry: StoredEntry) => void;
}

const longText = 'é'.repeat(3_000);

/** `wait`: nothing is stored, and the source keeps what it has. `never`: what a collector's entries are spared. */
const cases: Readonly<Record<DiscardReason, readonly Case[] | 'wait' | 'never'>> = {
  missing_labels: [
    {
      labels: {},
      limits: { discoverServiceName: [] },
      becomes: ({ labels }) => expect(labelsToRecord(labels)).toEqual({ job: 'files' }),
    },
  ],
  missing_enforced_labels: [
    {
      limits: { enforcedLabels: ['team'] },
      becomes: ({ labels }) =>
        expect(labelsToRecord(labels)).toMatchObject({ job: 'files', team: 'unknown' }),
    },
  ],
  max_label_names_per_series: [
    {
      labels: { a: '1', b: '2', job: 'files', z: '3' },
      metadata: { b: 'own' },
      limits: { maxLabelNamesPerSeries: 2 },
      becomes: ({ labels, metadata }) => {
        expect(labelsToRecord(labels)).toMatchObject({ job: 'files', a: '1' });
        expect(metadata).toMatchObject({ b: 'own', label_b: '2', z: '3' });
      },
    },
    {
      labels: { a: '1', team: 'web', z: '3' },
      limits: { maxLabelNamesPerSeries: 1, enforcedLabels: ['team'] },
      becomes: ({ labels, metadata }) => {
        expect(labelsToRecord(labels)).toMatchObject({ team: 'web' });
        expect(metadata).toMatchObject({ a: '1', z: '3' });
      },
    },
  ],
  label_name_too_long: [
    {
      labels: { job: 'files', ['n'.repeat(2_000)]: 'v' },
      becomes: ({ labels }) => {
        const [name, value] = labels.find(([one]) => one.startsWith('nn')) ?? expect.unreachable();
        expect(value).toBe('v');
        expect(name).toMatch(/^n{1015}_[0-9a-f]{8}$/);
      },
    },
  ],
  label_value_too_long: [
    {
      labels: { job: 'files', path: longText },
      becomes: ({ labels }) => {
        const value = labelsToRecord(labels).path ?? '';
        expect(value).toMatch(/^é{1019}~[0-9a-f]{8}$/);
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(2_048);
      },
    },
    {
      labels: { job: 'files', path: longText },
      limits: { maxLabelValueLengthBytes: 5 },
      becomes: ({ labels }) => expect(labelsToRecord(labels).path).toMatch(/^~[0-9a-f]{4}$/),
    },
  ],
  duplicate_label_names: 'never',
  invalid_labels: [
    {
      labels: { job: 'files', 'com.docker/name': 'v', '1st': 'w' },
      becomes: ({ labels }) =>
        expect(labelsToRecord(labels)).toMatchObject({ com_docker_name: 'v', key_1st: 'w' }),
    },
  ],
  stream_limit: [
    {
      labels: { job: 'nginx', host: 'h', app: 'new' },
      metadata: { host: 'own' },
      limits: { maxGlobalStreamsPerUser: 1 },
      stored: [{ app: 'there' }],
      becomes: ({ labels, metadata }) => {
        expect(labelsToRecord(labels)).toMatchObject({ job: 'files' });
        expect(metadata).toMatchObject({ job: 'nginx', app: 'new', host: 'own', label_host: 'h' });
      },
    },
  ],
  greater_than_max_sample_age: [
    {
      timestampNs: nowNs - 400n * dayNs,
      becomes: ({ timestampNs, metadata }) => {
        expect(timestampNs).toBe(nowNs);
        expect(metadata.original_timestamp).toBe('2025-10-20T12:00:00Z');
      },
    },
    {
      timestampNs: -(2n ** 63n) * 3n,
      limits: { rejectOldSamples: false },
      becomes: ({ timestampNs }) => expect(timestampNs).toBe(nowNs),
    },
  ],
  too_far_in_future: [
    {
      timestampNs: nowNs + dayNs + 120_000_000n,
      limits: { creationGracePeriodMs: 0 },
      becomes: ({ timestampNs, metadata }) => {
        expect(timestampNs).toBe(nowNs);
        expect(metadata.original_timestamp).toBe('2026-11-25T12:00:00.12Z');
      },
    },
  ],
  line_too_long: [
    {
      line: `x${longText}`,
      limits: { maxLineSizeBytes: 1_000 },
      becomes: ({ line, metadata }) => {
        expect(line).toBe(`x${'é'.repeat(499)}`);
        expect(metadata.truncated_bytes).toBe('5002');
      },
    },
    {
      line: longText,
      limits: { maxLineSizeBytes: 100, maxLineSizeTruncate: true, maxLineSizeTruncateIdentifier: '…cut' },
      becomes: ({ line, metadata }) => {
        expect(line).toBe(`${'é'.repeat(47)}…cut`);
        expect(metadata.truncated_bytes).toBe(String(6_000 - Buffer.byteLength(line)));
      },
    },
    {
      line: 'x'.repeat(9 * 2 ** 20),
      limits: { maxLineSizeBytes: 0 },
      becomes: ({ line, metadata }) => {
        expect(line).toHaveLength(8 * 2 ** 20);
        expect(metadata.truncated_bytes).toBe(String(2 ** 20));
      },
    },
  ],
  disallowed_structured_metadata: [
    {
      line: 'level=warn text',
      metadata: { user: 'a' },
      limits: { allowStructuredMetadata: false },
      becomes: ({ line, metadata }) => {
        expect(line).toBe('level=warn text');
        expect(metadata).toEqual({ detected_level: 'warn' });
      },
    },
  ],
  structured_metadata_too_large: [
    {
      metadata: { a: longText, b: longText, short: 'whole' },
      limits: { maxStructuredMetadataSizeBytes: 207 },
      becomes: ({ metadata }) =>
        expect(metadata).toMatchObject({ a: 'é'.repeat(48), b: 'é'.repeat(48), short: 'whole' }),
    },
    {
      metadata: { a: '1', ['n'.repeat(300)]: 'v' },
      limits: { maxStructuredMetadataSizeBytes: 50 },
      becomes: ({ metadata }) => expect(metadata).toEqual({ a: '1', detected_level: 'unknown' }),
    },
    {
      metadata: { a: 'x'.repeat(9 * 2 ** 20), b: '2', c: 'y'.repeat(4 * 2 ** 20) },
      limits: { maxStructuredMetadataSizeBytes: 0, maxLineSizeBytes: 0 },
      becomes: ({ metadata }) => {
        expect(metadata.a).toMatch(/^x+$/);
        expect(metadata.a?.length).toBeGreaterThan(4 * 2 ** 20 - 100);
        expect(metadata.c?.length).toBeGreaterThan(4 * 2 ** 20 - 100);
        expect(metadata.b).toBe('2');
      },
    },
  ],
  structured_metadata_too_many: [
    {
      metadata: { a: '1', b: 'longest', c: '3' },
      limits: { maxStructuredMetadataEntriesCount: 2 },
      becomes: ({ metadata }) => expect(metadata).toEqual({ a: '1', c: '3', detected_level: 'unknown' }),
    },
  ],
  rate_limited: 'never',
  per_stream_rate_limit: 'never',
  request_body_too_large: 'never',
  blocked_ingestion: 'wait',
};

async function collected(given: Case): Promise<{ stored: readonly StoredEntry[]; repaired: object }> {
  const limits = { rejectOldSamplesMaxAgeMs: 7 * 86_400_000, ...given.limits };
  const made = harness({ limits, ...(given.stored && { stored: given.stored }) });
  const plain = entryOf({ line: 'beside', labels: { job: 'files' } });
  const repaired = await made.collect(packedOf([entryOf(given), plain]));
  return { stored: made.stored, repaired };
}

describe('a collected entry that a push would be refused for is stored', () => {
  for (const [reason, rows] of Object.entries(cases)) {
    if (rows === 'wait' || rows === 'never') continue;
    for (const [place, row] of rows.entries())
      it(`${reason}, ${place + 1}`, async () => {
        const { stored, repaired } = await collected(row);
        expect(stored).toHaveLength(2);
        expect(repaired).toMatchObject({ [reason]: expect.any(Number) });
        row.becomes(stored[0] ?? expect.unreachable());
        expect(stored[1]?.line).toBe('beside');
      });
  }

  it('is told by number and reason, and of entries that fit nothing is told', async () => {
    const made = harness({ limits: { maxLineSizeBytes: 10 } });
    const lines = ['a'.repeat(11), 'short', 'b'.repeat(12)].map((line) => entryOf({ line }));
    expect(await made.collect(packedOf(lines))).toEqual({ line_too_long: 2 });
    expect(await made.collect(packedOf([entryOf({})]))).toEqual({});
  });

  it('with equal lines and no usable time: they stay apart and in order', async () => {
    const made = harness();
    const lines = ['same', 'same', 'same'].map((line) => entryOf({ line, timestampNs: 0n }));
    await made.collect(packedOf(lines));
    expect(made.stored.map(({ timestampNs }) => timestampNs - nowNs)).toEqual([0n, 1n, 2n]);
  });

  it('waits while ingestion is blocked: nothing is stored, and the write is refused', async () => {
    const made = harness({ limits: { blockIngestionUntilMs: testNowMs + 1_000 } });
    await expect(made.collect(packedOf([entryOf({})]))).rejects.toThrow(/blocked until 2026-11-24T12:00:01Z/);
    expect(made.stored).toEqual([]);
  });

  it('is spared the rates of pushes', async () => {
    const limits = {
      ...{ ingestionRateMb: 0.001, ingestionBurstSizeMb: 0.001 },
      ...{ perStreamRateLimitBytes: 10, perStreamRateLimitBurstBytes: 10 },
    };
    const made = harness({ limits });
    await made.collect(packedOf(Array.from({ length: 50 }, () => entryOf({ line: 'x'.repeat(1_000) }))));
    expect(made.stored).toHaveLength(50);
  });

  it('is not let go where the limits contradict each other: the write is refused', async () => {
    const made = harness({ limits: { maxLabelNamesPerSeries: 1, enforcedLabels: ['a', 'b'] } });
    await expect(made.collect(packedOf([entryOf({})]))).rejects.toThrow(/contradict/);
    expect(made.stored).toEqual([]);
  });

  it('leaves a share of the streams to pushes', async () => {
    const made = harness({ limits: { maxGlobalStreamsPerUser: 10 } });
    const noisy = Array.from({ length: 30 }, (_, n) => entryOf({ labels: { job: 'syslog', app: `a${n}` } }));
    expect(await made.collect(packedOf(noisy), 'syslog')).toEqual({ stream_limit: 22 });
    expect(new Set(made.stored.map(({ labels }) => labels)).size).toBe(9);
    const pushed = { streams: [{ stream: { job: 'push' }, values: [[String(nowNs), 'x']] }] };
    expect(made.push({ bytes: JSON.stringify(pushed) }).status).toBe(204);
  });

  it('leaves a share of the streams to other sources, and says where the surplus is', async () => {
    const made = harness({ limits: { maxStreamsPerSource: 3 } });
    const files = (from: number, to: number) =>
      packedOf(
        Array.from({ length: to - from }, (_, n) =>
          entryOf({ labels: { job: 'web', filename: `/log/${from + n}` }, line: String(from + n) }),
        ),
      );
    expect(await made.collect(files(0, 3))).toEqual({});
    expect(await made.collect(files(0, 5))).toEqual({ stream_limit: 2 });
    const surplus = made.stored.filter(({ line }) => line === '4');
    expect(surplus.map(({ labels }) => labelsToRecord(labels))).toEqual([
      expect.objectContaining({ job: 'files' }),
    ]);
    expect(surplus[0]?.metadata).toMatchObject({ job: 'web', filename: '/log/4' });
    const syslog = packedOf([entryOf({ labels: { job: 'syslog', app: 'a' } })]);
    expect(await made.collect(syslog, 'syslog')).toEqual({});
  });

  it('with a batch of metadata beyond all bounds: memory stays bounded and every line is stored', async () => {
    const labels = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`l${n}`, 'v'.repeat(2_000)]));
    const made = harness({ limits: { maxLabelNamesPerSeries: 1 } });
    const batch = new EntryBatch();
    for (let n = 0; n < 30_000; n++) batch.add(entryOf({ labels, line: String(n) }));
    const repaired = await made.collect(batch.packed());
    expect(repaired).toMatchObject({
      max_label_names_per_series: 30_000,
      request_body_too_large: expect.any(Number),
    });
    expect(made.stored.map(({ line }) => Number(line))).toEqual(Array.from({ length: 30_000 }, (_, n) => n));
  });
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.nat(4_000).map((length) => 'é'.repeat(length)),
);
const pairs = fc
  .dictionary(fc.string({ maxLength: 40 }), text, { maxKeys: 25 })
  .map((record) => labelsFromPairs(Object.entries(record).map(([name, value]): LabelPair => [name, value])));
const someEntry: fc.Arbitrary<CollectedEntry> = fc.record({
  labels: pairs,
  timestampNs: fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  line: text,
  structuredMetadata: pairs,
});
const someLimits: fc.Arbitrary<Partial<IngestLimits>> = fc.record({
  maxLineSizeBytes: fc.nat(3_000),
  maxLabelNamesPerSeries: fc.integer({ min: 2, max: 20 }),
  maxLabelNameLengthBytes: fc.integer({ min: 12, max: 100 }),
  maxLabelValueLengthBytes: fc.integer({ min: 15, max: 3_000 }),
  maxStructuredMetadataSizeBytes: fc.nat(4_000),
  maxStructuredMetadataEntriesCount: fc.nat(20),
  allowStructuredMetadata: fc.boolean(),
  rejectOldSamples: fc.boolean(),
  creationGracePeriodMs: fc.nat(10_000),
  enforcedLabels: fc.subarray(['team', 'job']),
  maxGlobalStreamsPerUser: fc.nat(5),
  maxStreamsPerSource: fc.nat(5),
});

it('whatever entries and limits there are, every line is stored, in order, and within the limits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someEntry, { maxLength: 12 }), someLimits, async (entries, changed) => {
      const limits = { ...defaultIngestLimits, ...changed };
      const made: Harness = harness({ limits });
      await made.collect(packedOf(entries));
      expect(made.stored).toHaveLength(entries.length);
      const max = limits.maxLineSizeBytes || 2 ** 23;
      for (const [n, { line, labels, timestampNs }] of made.stored.entries()) {
        const whole = Buffer.from(entries[n]?.line ?? '').toString();
        expect(whole.startsWith(line)).toBe(true);
        if (Buffer.byteLength(whole) <= max) expect(line).toBe(whole);
        else expect(Buffer.byteLength(line)).toBeGreaterThan(max - 4);
        expect(labels.length).toBeLessThanOrEqual(limits.maxLabelNamesPerSeries + 1);
        expect(timestampNs).toBeLessThanOrEqual(
          nowNs + BigInt(limits.creationGracePeriodMs + 1_000) * 1_000_000n,
        );
      }
    }),
  );
});
