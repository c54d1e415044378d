// What is far beyond a limit is counted while it is read and not kept: the answer, what was kept, and what became of the
// other entries, for each format. Bodies are large, so what grew faster than they do would not come to an end.
import { describe, expect, it } from 'vitest';
import type { PushFormat } from '../../src/ingest/client/ingest-service.ts';
import { largestPush } from '../../src/ingest/limits/push-bounds.ts';
import { encodePushRequest } from '../push-body.ts';
import { asSnappyLiteral } from '../snappy-literal.ts';
import { harness, testNowMs } from './push-harness.ts';

const timestampNs = BigInt(testNowMs) * 1_000_000n;
const ns = String(timestampNs);
const ts = new Date(testNowMs).toISOString();

interface Sent {
  readonly format?: PushFormat;
  readonly contentType?: string;
  readonly bytes: string | Uint8Array;
}
interface Stream {
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

const setText = (labels: Stream['labels']): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;

/** Streams of one entry each. */
const formats = {
  json: (streams: readonly Stream[]): Sent => ({
    bytes: JSON.stringify({
      streams: streams.map(({ labels, metadata = {} }) => ({
        stream: labels,
        values: [[ns, 'x', metadata]],
      })),
    }),
  }),
  protobuf: (streams: readonly Stream[]): Sent => ({
    contentType: 'application/x-protobuf',
    bytes: asSnappyLiteral(
      Buffer.from(
        encodePushRequest(
          streams.map(({ labels, metadata = {} }) => ({
            labels: setText(labels),
            entries: [{ timestampNs, line: 'x', structuredMetadata: metadata }],
          })),
        ),
      ),
    ),
  }),
  legacy: (streams: readonly Stream[]): Sent => ({
    format: 'loki-legacy',
    bytes: JSON.stringify({
      streams: streams.map(({ labels }) => ({ labels: setText(labels), entries: [{ ts, line: 'x' }] })),
    }),
  }),
} as const;

/** `k0109999`, `k0109998`, …: the order in which sorting by insertion is slowest. */
const falling = (count: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`k${String(count - i).padStart(7, '0')}`, 'v']),
  );
const honest: Stream = { labels: { app: 'honest' }, metadata: { user: 'a' } };

describe('an entry with very many names of metadata is refused, the other is stored', () => {
  it.each(['json', 'protobuf'] as const)('%s', (format) => {
    const gateway = harness();
    const streams = [{ labels: { app: 'z' }, metadata: falling(110_000) }, honest];
    const { status, message } = gateway.push(formats[format](streams));
    expect([status, message]).toEqual([400, expect.stringMatching(/too large: '990000' bytes/)]);
    expect(gateway.stored.map(({ metadata }) => metadata.user)).toEqual(['a']);
    // Only the honest one's was written.
    expect(gateway.columns().metadata.end).toBeLessThan(100);
  });

  it.each([
    ['129 names are too many', falling(129), "too many structured metadata labels: '129', limit: '128'"],
    ['128 names are not', falling(128), ''],
    ['a level does not count', { ...falling(128), detected_level: 'info' }, ''],
    [
      'a level does not count among too many',
      { detected_level: 'info', ...falling(400) },
      "'400', limit: '128'",
    ],
    [
      'names that become one count once',
      { ...falling(128), k0000001: 'w', 'k.1': 'x', 'k-1': 'y', k_1: '' },
      "'129'",
    ],
    ['a large value', { k: 'v'.repeat(70_000) }, "too large: '70001' bytes, limit: '65536' bytes"],
  ])('%s', (_, metadata, message) => {
    const answer = harness().push(formats.json([{ labels: { a: 'b' }, metadata }]));
    expect(answer.message).toEqual(message === '' ? '' : expect.stringContaining(message));
  });

  it('names that are repeated thousands of times count once, the last value is kept', () => {
    const pairs = Array.from({ length: 10_000 }, (_, i) => `"k${i % 100}":"${i}"`).join(',');
    const gateway = harness();
    const bytes = `{"streams":[{"stream":{"a":"b"},"values":[["${ns}","x",{${pairs}}]]}]}`;
    expect(gateway.push({ bytes }).status).toBe(204);
    expect(gateway.stored[0]?.metadata).toMatchObject({ k0: '9900', k99: '9999' });
  });
});

describe('a stream with very many labels is refused, the other is stored', () => {
  it.each(['json', 'protobuf', 'legacy'] as const)('%s', (format) => {
    const gateway = harness();
    const { status, message } = gateway.push(formats[format]([{ labels: falling(100_000) }, honest]));
    expect([status, message]).toEqual([400, expect.stringMatching(/has 100000 label names; limit 15/)]);
    expect(message.length).toBeLessThan(5000);
    expect(gateway.stored.map(({ labels }) => labels)).toEqual([
      [
        ['app', 'honest'],
        ['service_name', 'honest'],
      ],
    ]);
  });
});

describe('a push of very many streams is refused whole', () => {
  it.each(['json', 'protobuf', 'legacy'] as const)('%s', (format) => {
    const gateway = harness({ receivedBytesMax: 32 << 20 });
    const streams = Array.from({ length: largestPush.streamsNamedMax + 1 }, (_, i) => ({
      labels: { a: String(i) },
    }));
    const { status, message } = gateway.push(formats[format](streams));
    expect([status, message]).toEqual([413, expect.stringMatching(/more than 131072 streams in one push/)]);
    expect(gateway.stored).toEqual([]);
  });
});

describe('OTLP', () => {
  type Attributes = readonly { readonly key: string; readonly value: object }[];
  const attributes = (count: number): Attributes =>
    Object.keys(falling(count)).map((key) => ({ key, value: { intValue: '1' } }));
  const record = { timeUnixNano: ns, body: { stringValue: 'x' } };
  const nested = (count: number): Attributes => [
    { key: 'map', value: { kvlistValue: { values: attributes(count) } } },
  ];
  const request = (places: { resource?: Attributes; scope?: Attributes; record?: Attributes }): object => ({
    resource: { attributes: places.resource ?? [] },
    scopeLogs: [
      {
        scope: { attributes: places.scope ?? [] },
        logRecords: [{ ...record, attributes: places.record ?? [] }],
      },
    ],
  });

  it.each([
    ['resource', { resource: attributes(30_000) }],
    ['scope', { scope: attributes(30_000) }],
    ['record', { record: attributes(30_000) }],
    ['a map of a resource', { resource: nested(30_000) }],
    ['a map of a record', { record: nested(30_000) }],
  ])('very many attributes of a %s: its record is refused, the other is stored', (_, places) => {
    const gateway = harness();
    const bytes = JSON.stringify({ resourceLogs: [request(places), request({ record: attributes(3) })] });
    const { status, body } = gateway.push({ format: 'otlp', bytes });
    expect(status).toBe(200);
    expect(Buffer.from(body ?? []).toString()).toMatch(/"rejectedLogRecords":"1".*metadata too large/);
    expect(gateway.stored.map(({ metadata }) => Object.keys(metadata).length)).toEqual([4]);
    expect(gateway.columns().metadata.end).toBeLessThan(200);
  });

  it('very many attributes of a resource are not read again for each of its many records', () => {
    const resource = { attributes: attributes(30_000) };
    const logRecords = Array.from({ length: 30_000 }, () => record);
    const scopeLogs = [{ logRecords }, { logRecords: [record] }];
    const gateway = harness();
    const { status, message } = gateway.push({
      format: 'otlp',
      bytes: JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }),
    });
    expect([status, message]).toEqual([
      400,
      expect.stringMatching(/^30001 errors like: .*metadata too large/),
    ]);
  });

  it('a long name above very many others is not repeated for each', () => {
    const places = { resource: [{ key: 'n'.repeat(4096), value: nested(30_000)[0]?.value ?? {} }] };
    const { status, message } = harness().push({
      format: 'otlp',
      bytes: JSON.stringify({ resourceLogs: [request(places)] }),
    });
    expect([status, message]).toEqual([413, expect.stringMatching(/names of nested attributes together/)]);
  });
});
