// Limits: partial acceptance, the grouped text, rates, discard counts.
import { describe, expect, it } from 'vitest';
import type { IngestLimits } from '../../src/ingest/limits/limits.ts';
import { TokenBucket } from '../../src/ingest/limits/rate-limiter.ts';
import { labelValue } from '../../src/model/labels.ts';
import { type Harness, harness, testNowMs } from './push-harness.ts';

const ns = (offsetMs = 0): string => `${BigInt(testNowMs + offsetMs) * 1_000_000n}`;
const push = (stream: object, values: unknown[][]): string =>
  JSON.stringify({ streams: [{ stream, values }] });
const dayMs = 86_400_000;

describe('one entry of two is refused, the other is stored', () => {
  it.each<[string, Partial<IngestLimits>, unknown[], string, string]>([
    [
      'too old',
      { rejectOldSamplesMaxAgeMs: dayMs },
      [ns(-2 * dayMs), 'x'],
      'greater_than_max_sample_age',
      `entry for stream '{a="b", service_name="unknown_service"}' has timestamp too old: 2026-11-22T12:00:00Z, oldest acceptable timestamp is: 2026-11-23T12:00:00Z`,
    ],
    [
      'too new',
      {},
      [ns(dayMs), 'x'],
      'too_far_in_future',
      `entry for stream '{a="b", service_name="unknown_service"}' has timestamp too new: 2026-11-25T12:00:00Z`,
    ],
    [
      'too long',
      { maxLineSizeBytes: 4 },
      [ns(), '12345'],
      'line_too_long',
      `max entry size '4' bytes exceeded for stream '{a="b", service_name="unknown_service"}' while adding an entry with length '5' bytes`,
    ],
    [
      'metadata off',
      { allowStructuredMetadata: false },
      [ns(), 'x', { k: 'v' }],
      'disallowed_structured_metadata',
      `stream '{a="b", service_name="unknown_service"}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it`,
    ],
    [
      'metadata too large',
      { maxStructuredMetadataSizeBytes: 3 },
      [ns(), 'x', { key: 'v' }],
      'structured_metadata_too_large',
      `stream '{a="b", service_name="unknown_service"}' has structured metadata too large: '4' bytes, limit: '3' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it`,
    ],
  ])('%s', (_, limits, refused, reason, message) => {
    const gateway = harness({ limits });
    const bytes = push({ a: 'b' }, [refused, [ns(), 'good']]);
    expect(gateway.push({ bytes })).toEqual({ status: 400, message });
    expect(gateway.stored.map(({ line }) => line)).toEqual(['good']);
    expect(gateway.metrics.take(() => 0, []).discarded).toMatchObject([
      { tenant: 'fake', reason, samples: 1 },
    ]);
  });

  it('messages are grouped and counted', () => {
    const values = [
      [ns(dayMs), 'x'],
      [ns(dayMs), 'y'],
      [ns(2 * dayMs), 'z'],
    ];
    const { message } = harness().push({ bytes: push({ a: 'b' }, values) });
    const text = `entry for stream '{a="b", service_name="unknown_service"}' has timestamp too new: 2026-11`;
    expect(message).toBe(`2 errors like: ${text}-25T12:00:00Z; 1 errors like: ${text}-26T12:00:00Z`);
  });

  it('many distinct messages do not make an answer without end', () => {
    const values = Array.from({ length: 5000 }, (_, i) => [ns(dayMs + i * 1000), 'x']);
    const { message } = harness().push({ bytes: push({ a: 'b' }, values) });
    expect(message.length).toBeLessThan(10_000);
    expect(message).toMatch(/; 4980 errors more$/);
  });

  it('OTLP tells of it as partial success, and of nothing stored as an error', () => {
    const record = (offsetMs: number): object => ({ timeUnixNano: ns(offsetMs), body: { stringValue: 'x' } });
    const otlp = (records: object[]): string =>
      JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });
    const some = harness().push({ format: 'otlp', bytes: otlp([record(0), record(dayMs)]) });
    expect(some.status).toBe(200);
    expect(JSON.parse(Buffer.from(some.body ?? []).toString())).toMatchObject({
      partialSuccess: { rejectedLogRecords: '1', errorMessage: expect.stringContaining('too new') as string },
    });
    const none = harness().push({ format: 'otlp', bytes: otlp([record(dayMs)]) });
    expect([none.status, none.contentType]).toEqual([400, 'application/json']);
  });
});

it('a long line is cut at a character when the tenant wants that', () => {
  const gateway = harness({
    limits: { maxLineSizeBytes: 8, maxLineSizeTruncate: true, maxLineSizeTruncateIdentifier: '…' },
  });
  expect(gateway.push({ bytes: push({ a: 'b' }, [[ns(), 'aaaaéééé']]) }).status).toBe(204);
  expect(gateway.stored.map(({ line }) => line)).toEqual(['aaaa…']);
});

describe('rates', () => {
  it('above the tenant rate nothing is stored, later it is', () => {
    let now = testNowMs;
    const limits = { ingestionRateMb: 0.001, ingestionBurstSizeMb: 0.001 };
    const gateway = harness({ limits, nowMs: () => now });
    const bytes = push({ a: 'b' }, [[ns(), 'x'.repeat(1000)]]);
    expect(gateway.push({ bytes }).status).toBe(204);
    const refused = gateway.push({ bytes });
    expect(refused).toEqual({
      status: 429,
      retryAfterSeconds: 1,
      message:
        "ingestion rate limit exceeded for user fake (limit: 1048 bytes/sec) while attempting to ingest '1' lines totaling '1000' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased",
    });
    now += 1000;
    expect(gateway.push({ bytes }).status).toBe(204);
    expect(gateway.stored).toHaveLength(2);
  });

  it('a stream above its rate is refused, the others of the push are stored', () => {
    const limits = { perStreamRateLimitBytes: 1024, perStreamRateLimitBurstBytes: 1024 };
    const gateway = harness({ limits });
    const streams = [
      { stream: { a: '1' }, values: [[ns(), 'x'.repeat(3000)]] },
      { stream: { a: '2' }, values: [[ns(), 'small']] },
    ];
    const response = gateway.push({ tenant: 't1', bytes: JSON.stringify({ streams }) });
    expect(response.status).toBe(429);
    expect(response.message).toBe(
      `entry with timestamp 2026-11-24 12:00:00 +0000 UTC ignored, reason: 'Per stream rate limit exceeded (limit: 1KB/sec) while attempting to ingest for stream '{a="1", service_name="unknown_service"}' totaling 3000B, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased',\nuser 't1', total ignored: 1 out of 1 for stream: {a="1", service_name="unknown_service"}`,
    );
    expect(gateway.stored.map(({ line }) => line)).toEqual(['small']);
  });

  it('a stream beyond the active ones is refused, a known one is not', () => {
    const gateway = harness({ limits: { maxGlobalStreamsPerUser: 1 } });
    expect(gateway.push({ bytes: push({ a: '1' }, [[ns(), 'x']]) }).status).toBe(204);
    const refused = gateway.push({ bytes: push({ a: '5' }, [[ns(), 'x']]) });
    expect(refused.status).toBe(429);
    expect(refused.message).toMatch(
      /^maximum active stream limit exceeded when trying to create stream \{a="5", /,
    );
    expect(gateway.push({ bytes: push({ a: '1' }, [[ns(), 'y']]) }).status).toBe(204);
  });

  const streamsOf = (names: readonly string[]): string =>
    JSON.stringify({ streams: names.map((a) => ({ stream: { a }, values: [[ns(), 'x']] })) });
  const storedNames = (gateway: Harness): string[] =>
    gateway.stored.map(({ labels }) => labelValue(labels, 'a') ?? '');

  it.each<
    [name: string, max: number, earlier: string[], sent: string[], stored: string[], refused: string[]]
  >([
    ['what fits is stored', 3, [], ['1', '2', '3', '4', '5'], ['1', '2', '3'], ['4', '5']],
    ['known streams pass behind refused ones', 2, ['8', '9'], ['1', '9', '2', '8'], ['9', '8'], ['1', '2']],
    ['a stream named twice counts once', 2, [], ['1', '1', '2', '1', '2'], ['1', '1', '2', '1', '2'], []],
    ['no limit', 0, [], ['1', '2', '3'], ['1', '2', '3'], []],
  ])('new streams within one push: %s', (_name, max, earlier, sent, stored, refused) => {
    const gateway = harness({ limits: { maxGlobalStreamsPerUser: max } });
    if (earlier.length > 0) expect(gateway.push({ bytes: streamsOf(earlier) }).status).toBe(204);
    const { status, message } = gateway.push({ bytes: streamsOf(sent) });
    expect(status).toBe(refused.length > 0 ? 429 : 204);
    expect([...message.matchAll(/create stream \{a="(\d)"/g)].map((match) => match[1])).toEqual(refused);
    expect(storedNames(gateway).slice(earlier.length)).toEqual(stored);
  });

  it('streams far beyond the limit share one place and are all counted as refused', () => {
    const gateway = harness({ limits: { maxGlobalStreamsPerUser: 10 } });
    const names = Array.from({ length: 1000 }, (_, i) => String(i));
    expect(gateway.push({ bytes: streamsOf(names) }).status).toBe(429);
    expect(gateway.columns().targets.length).toBeLessThan(30);
    expect(storedNames(gateway)).toEqual(names.slice(0, 10));
    expect(gateway.metrics.take(() => 0, []).discarded).toMatchObject([
      { reason: 'stream_limit', samples: 990 },
    ]);
    expect(gateway.push({ bytes: streamsOf(names.slice(0, 10)) }).status).toBe(204);
  });

  it('a stream that the store has and this worker has not seen is no new one', () => {
    const gateway = harness({ limits: { maxGlobalStreamsPerUser: 1 }, stored: [{ a: '1' }] });
    expect(gateway.push({ bytes: streamsOf(['1']) }).status).toBe(204);
    expect(gateway.push({ bytes: streamsOf(['2']) }).status).toBe(429);
  });

  it.each<[name: string, sent: [at: number, line: string][], stored: number[]]>([
    [
      'each a nanosecond behind the other',
      [
        [5, 'a'],
        [5, 'b'],
        [5, 'c'],
      ],
      [5, 6, 7],
    ],
    [
      'the same line again is a duplicate',
      [
        [5, 'a'],
        [5, 'a'],
        [5, 'b'],
      ],
      [5, 5, 6],
    ],
    [
      'only the previous entry counts',
      [
        [5, 'a'],
        [4, 'b'],
        [5, 'c'],
      ],
      [5, 4, 5],
    ],
    [
      'over the edge of a second',
      [
        [-1, 'a'],
        [-1, 'b'],
      ],
      [-1, 0],
    ],
  ])('increment_duplicate_timestamp: %s', (_name, sent, stored) => {
    const gateway = harness({ limits: { incrementDuplicateTimestamp: true } });
    const values = sent.map(([at, line]) => [`${BigInt(ns()) + BigInt(at)}`, line]);
    expect(gateway.push({ bytes: push({ a: '1' }, values) }).status).toBe(204);
    expect(gateway.stored.map(({ timestampNs }) => Number(timestampNs - BigInt(ns())))).toEqual(stored);
  });

  it('a token bucket gives no more than its burst and refills with time', () => {
    const bucket = new TokenBucket({ ratePerSecond: 10, burst: 20, nowMs: 0 });
    expect([bucket.take(15, 0), bucket.take(6, 0), bucket.take(5, 0)]).toEqual([true, false, true]);
    expect([bucket.take(11, 1000), bucket.take(10, 1000), bucket.take(21, 60_000)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

it('blocked ingestion answers with the configured status and stores nothing', () => {
  const gateway = harness({ limits: { blockIngestionUntilMs: testNowMs + 1000 } });
  expect(gateway.push({ bytes: push({ a: 'b' }, [[ns(), 'x']]) })).toEqual({
    status: 260,
    message: "ingestion blocked for user 'fake' until '2026-11-24T12:00:01Z' with status code '260'",
  });
  expect(gateway.stored).toEqual([]);
});
