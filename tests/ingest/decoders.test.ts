// Properties and fuzz of the decoders: what an independent encoder writes is read back; whatever else comes is answered.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import type { PushFormat } from '../../src/ingest/client/ingest-service.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { type PushStream, protobufBody } from '../push-body.ts';
import { harness, testNowMs } from './push-harness.ts';

const newest = BigInt(testNowMs) * 1_000_000n;
const limits = { discoverLogLevels: false, maxStructuredMetadataSizeBytes: 0 } as const;

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const values = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const entry = fc.record({
  timestampNs: fc.bigInt({ min: newest - 10n ** 15n, max: newest }),
  line: text,
  structuredMetadata: fc.dictionary(name, values, { maxKeys: 4 }),
});
const pushes = fc.array(
  fc.record({
    labels: fc.dictionary(name, values, { minKeys: 1, maxKeys: 5 }),
    entries: fc.array(entry, { minLength: 1, maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 4 },
);
type Push = typeof pushes extends fc.Arbitrary<infer T> ? T : never;

const wellFormed = (value: string): string => Buffer.from(value).toString();

/** What should be stored, as plain data. */
const expected = (streams: Push): unknown[] =>
  streams.flatMap(({ labels, entries }) =>
    entries.map(({ timestampNs, line, structuredMetadata }) => ({
      labels: mapped({ service_name: serviceName(labels), ...labels }),
      timestampNs,
      line: wellFormed(line),
      metadata: mapped(structuredMetadata),
    })),
  );
const mapped = (record: Readonly<Record<string, string>>): Record<string, string> =>
  Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, wellFormed(value)])),
  );
const serviceName = (labels: Readonly<Record<string, string>>): string =>
  labels.name ?? labels.job ?? labels.app ?? 'unknown_service';

function stored(contentType: string, bytes: Uint8Array | string): unknown[] {
  const gateway = harness({ limits });
  expect(gateway.push({ contentType, bytes })).toEqual({ status: 204, message: '' });
  return gateway.stored.map(({ labels, ...rest }) => ({ ...rest, labels: labelsToRecord(labels) }));
}

describe('what an encoder writes is read back', () => {
  it('protobuf', () => {
    fc.assert(
      fc.property(pushes, (streams) => {
        const body = protobufBody(
          streams.map(
            ({ labels, entries }): PushStream => ({
              labels: `{${Object.entries(labels)
                .map(([key, value]) => `${key}=${JSON.stringify(wellFormed(value))}`)
                .join(', ')}}`,
              entries,
            }),
          ),
        );
        expect(stored('application/x-protobuf', body)).toEqual(expected(streams));
      }),
    );
  });

  it('JSON', () => {
    fc.assert(
      fc.property(pushes, (streams) => {
        const body = JSON.stringify({
          streams: streams.map(({ labels, entries }) => ({
            stream: labels,
            values: entries.map((each) => [String(each.timestampNs), each.line, each.structuredMetadata]),
          })),
        });
        expect(stored('application/json', body)).toEqual(expected(streams));
      }),
    );
  });
});

const seeds: readonly (readonly [format: PushFormat, contentType: string, body: Uint8Array])[] = [
  [
    'loki',
    'application/json',
    Buffer.from(
      '{"streams":[{"stream":{"a":"b\\u00e9"},"values":[["1795500000000000000","l\\n",{"k":"v"}]]}]}',
    ),
  ],
  [
    'loki-legacy',
    'application/json',
    Buffer.from(
      '{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"2026-11-24T10:00:00Z","line":"x"}]}]}',
    ),
  ],
  [
    'otlp',
    'application/json',
    Buffer.from(
      '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795500000000000000","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}}]}]}]}',
    ),
  ],
  [
    'otlp',
    'application/x-protobuf',
    Buffer.from('CjcKHQobCgxzZXJ2aWNlLm5hbWUSCwoJb3RlbC1jMzY1EhYSFAkACjlyFOyVGCoJCgdvdGxwIHBi', 'base64'),
  ],
];
const protobufSeed = Buffer.from('CiMKDntwY2FzZT0iYzMwOCJ9EhEKBgih4eDMBhIFbGluZXMaBAoBaxoB', 'base64');

/** Runs for this long; the seed is printed when something fails. */
const fuzzMs = 1500;

function fuzz(body: Uint8Array, send: (bytes: Uint8Array) => { status: number; message: string }): void {
  const mutated = fc
    .array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'delete', 'cut', 'double')), {
      maxLength: 8,
    })
    .map((changes) => {
      let bytes = [...body];
      for (const [place, value, kind] of changes) {
        const at = bytes.length === 0 ? 0 : place % bytes.length;
        if (kind === 'set') bytes[at] = value;
        else if (kind === 'insert') bytes.splice(at, 0, value);
        else if (kind === 'delete') bytes.splice(at, 1 + (value % 4));
        else if (kind === 'cut') bytes = bytes.slice(0, at);
        else bytes.splice(at, 0, ...bytes.slice(at, at + value));
      }
      return Uint8Array.from(bytes);
    });
  const any = fc.oneof({ weight: 4, arbitrary: mutated }, fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(any, (bytes) => {
      const { status, message } = send(bytes);
      expect([200, 204, 400, 413, 422]).toContain(status);
      if (status >= 400) expect(message).not.toBe('');
    }),
    { interruptAfterTimeLimit: fuzzMs, numRuns: 1e6, markInterruptAsFailure: false },
  );
}

describe('whatever comes is answered with a clear error or stored', () => {
  it.each(seeds)('%s %s', (format, contentType, body) => {
    fuzz(body, (bytes) => harness().push({ format, contentType, bytes }));
  });

  it('protobuf inside snappy', () => {
    const contentType = 'application/x-protobuf';
    fuzz(protobufSeed, (bytes) => harness().push({ contentType, bytes: compress(bytes) }));
  });

  it('snappy', () => {
    const contentType = 'application/x-protobuf';
    fuzz(compress(protobufSeed), (bytes) => harness().push({ contentType, bytes }));
  });

  it('gzip', () => {
    const [, contentType, body] = seeds[0] as (typeof seeds)[number];
    fuzz(gzipSync(body), (bytes) => harness().push({ contentType, contentEncoding: 'gzip', bytes }));
  });
});

describe('JSON verdicts say where and what', () => {
  it.each([
    [
      '{"streams":[{"stream":{"a":"b"},"values":[[5,"x"]]}]}',
      'streams[0].values[0]: timestamp must be a string of nanoseconds, got a number',
    ],
    [
      '{"streams":[{"stream":{"a":"b"},"values":[["1","x"],["abc","x"]]}]}',
      'streams[0].values[1]: timestamp must be a string of nanoseconds, got "abc"',
    ],
    [
      '{"streams":[{"stream":{"a":"b"},"values":[["1",null]]}]}',
      'streams[0].values[0]: line must be a string, got null',
    ],
    [
      '{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"k":5}]]}]}',
      "streams[0].values[0]: structured metadata 'k' must be a string, got a number",
    ],
    [
      '{"streams":[{"stream":{"a":"b"},"values":[["1","x",[]]]}]}',
      'streams[0].values[0]: structured metadata must be an object of strings, got an array',
    ],
    ['{"streams":[null]}', 'streams[0]: must be an object, got null'],
    [
      '{"streams":[{"stream":{"a":"b"},"values":[["1","x"]',
      "invalid JSON at byte 51: expected ',' or ']', found the end of the body",
    ],
    ['', 'EOF'],
  ])('%s', (bytes, message) => {
    expect(harness().push({ bytes })).toEqual({ status: 400, message });
  });
});
