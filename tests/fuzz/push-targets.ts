// Bodies of pushes, through the processor as the ingest worker uses it.
import { deflateRawSync, gzipSync } from 'node:zlib';
import { compress as zstd } from 'zstd-napi';
import type { PushFormat } from '../../src/ingest/client/ingest-service.ts';
import { parseLabelSet } from '../../src/ingest/decode/parse-label-set.ts';
import { PushError } from '../../src/ingest/limits/push-error.ts';
import {
  CorruptSnappyError,
  SnappyTooLargeError,
  snappyDecompress,
  snappyDecompressWithoutWasm,
} from '../../src/kernels/snappy.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { decodeMetadata, encodeMetadata } from '../../src/model/structured-metadata.ts';
import { type Harness, type HarnessOptions, harness, harnessOfOneWay } from '../ingest/push-harness.ts';
import { encodePushRequest, protobufBody } from '../push-body.ts';
import { asSnappyLiteral } from '../snappy-literal.ts';
import { type FuzzTarget, must } from './target.ts';

const timestampNs = 1_795_500_000_000_000_000n;
const streams = [
  {
    labels: '{app="web", env="prod\\n"}',
    entries: [
      { timestampNs, line: 'level=info msg="a line"', structuredMetadata: { trace_id: 'abc', user: 'ü' } },
      { timestampNs: timestampNs + 1n, line: '' },
    ],
  },
  { labels: '{b="c"}', entries: [{ timestampNs, line: '{"level":"error"}' }] },
];
const jsonPush = JSON.stringify({
  streams: [
    {
      stream: { a: 'bé', service: 'x' },
      values: [
        [String(timestampNs), 'a line\n\u2028', { k: 'v', 'http.method': 'GET' }],
        [String(timestampNs), ''],
      ],
    },
    { stream: {}, values: [[String(timestampNs), '\ud83d\ude00']] },
  ],
});
const legacyPush =
  '{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"2026-11-24T10:00:00.123+02:00","line":"x"},{"timestamp":"2026-11-24T10:00:00Z","line":"y"}]}]}';
const otlpJson = JSON.stringify({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
      scopeLogs: [
        {
          scope: { name: 'lib', version: '1', attributes: [{ key: 'x', value: { doubleValue: 1.5 } }] },
          logRecords: [
            {
              timeUnixNano: String(timestampNs),
              observedTimeUnixNano: '1',
              severityNumber: 17,
              severityText: 'ERROR',
              body: {
                kvlistValue: {
                  values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: '1' }] } } }],
                },
              },
              attributes: [
                { key: 'b', value: { bytesValue: 'AQI=' } },
                { key: 'c', value: { boolValue: true } },
              ],
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              flags: 1,
            },
          ],
        },
      ],
    },
  ],
});
const otlpProtobuf = [
  'CjcKHQobCgxzZXJ2aWNlLm5hbWUSCwoJb3RlbC1jMzY1EhYSFAkACjlyFOyVGCoJCgdvdGxwIHBi',
  'CkMKFwoVCgxzZXJ2aWNlLm5hbWUSBQoDYXBpEigSJgkACjlyFOyVGBARGgVFUlJPUioECgJoaTIJCgFrEgQKAnZ2OAE=',
].map((text) => Buffer.from(text, 'base64'));

const jsonWords = [
  ...[
    '"streams"',
    '"stream"',
    '"values"',
    '"labels"',
    '"entries"',
    '"ts"',
    '"line"',
    '"__proto__"',
    '"constructor"',
  ],
  ...['{', '}', '[', ']', ',', ':', 'null', 'true', '\\u0000', '\\ud800', '"', '\\', '[['],
];
const otlpWords = [
  ...jsonWords,
  ...['resourceLogs', 'scopeLogs', 'logRecords', 'attributes', 'value', 'key', 'body', 'timeUnixNano'].map(
    (word) => `"${word}"`,
  ),
  ...['stringValue', 'intValue', 'doubleValue', 'boolValue', 'bytesValue', 'arrayValue', 'kvlistValue'].map(
    (word) => `"${word}"`,
  ),
];

const recordWords = [
  ...['"_msg"', '"message"', '"_time"', '"@timestamp"', '"app"', '"2026-11-24T10:00:00Z"', '1795500000.5'],
  ...['{', '}', '[', ']', ',', ':', '\n', 'null', '\\u0000', '\\ud800', '"', '\\', '[[', '{"a":{"b":'],
];
const jsonLines =
  '{"_msg":"a\\n\\u00e9","_time":"2026-11-24T10:00:00Z","app":"web","a":{"b":"c","d":[1,{}]}}\n\n{"x":null,"y":1.5e3}\n';
const elasticBulk = [
  '{"create":{"_index":"logs-a-b"}}',
  '{"@timestamp":1795500000000,"message":"x","service":{"name":"s"},"http":{"status":200}}',
  '{"index":{"_index":"\\u0061","_id":"1"}}',
  '{"log":"y"}',
  '{"delete":{"_id":"1"}}',
  '',
].join('\n');
const datadogRecords =
  '[{"message":"a","status":"warn","timestamp":1795500000000,"hostname":"h","ddtags":"env:prod,a,b:c"},{"message":{"a":1}}]';
const splunkEvents =
  '{"time":1795500000.25,"host":"h","event":"a","fields":{"k":"v"}} {"event":{"a":["b"]},"sourcetype":"s"}';
const journalExport =
  '__REALTIME_TIMESTAMP=1795500000000000\n_HOSTNAME=h\nPRIORITY=3\nMESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n\n__REALTIME_TIMESTAMP=1795500000000000\nMESSAGE=c\nX=y\n\n';

/** Streams are kept by a processor: a new one now and then keeps memory as it is. */
const pushesPerHarness = 500;
const statuses = new Set([200, 202, 204, 400, 413, 422, 429]);

interface Sending {
  readonly format?: PushFormat;
  readonly options?: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly contentEncoding?: string;
}

interface PushRuns {
  readonly run: (bytes: Buffer) => string;
  readonly costRun: (bytes: Buffer) => string;
}

/** A push ends with a status that fits and, where it is refused, a text; it is stored whole or as its text says. */
function pushing(sending: Sending): PushRuns {
  // The comparison of both ways costs more than they do.
  return {
    run: sendingTo(harness, sending),
    costRun: sendingTo((options) => harnessOfOneWay(options, false), sending),
  };
}

function sendingTo(
  start: (options: HarnessOptions) => Harness,
  { format = 'loki', options = {}, contentType, contentEncoding }: Sending,
): (bytes: Buffer) => string {
  let gateway: Harness | undefined;
  let pushes = 0;
  return (bytes) => {
    if (gateway === undefined || pushes++ % pushesPerHarness === 0)
      gateway = start({ decompressedBytesMax: 1 << 20 });
    gateway.stored.length = 0;
    const { status, message, body } = gateway.push({ format, options, contentType, contentEncoding, bytes });
    must(statuses.has(status), `status ${status}`);
    must(status < 400 || message !== '' || body !== undefined, `status ${status} without a text`);
    for (const { timestampNs: ns } of gateway.stored) must(ns > -(2n ** 63n) && ns < 2n ** 63n, `time ${ns}`);
    return `${status} ${message} ${gateway.stored.length > 0 ? 'stored' : ''}`;
  };
}

const plainPush = Buffer.from(encodePushRequest(streams));
const json = 'application/json';
const protobuf = 'application/x-protobuf';

const bodies: readonly FuzzTarget[] = [
  {
    name: 'push-json',
    seeds: [jsonPush],
    dictionary: jsonWords,
    errors: [],
    ...pushing({ contentType: json }),
  },
  {
    name: 'push-legacy-json',
    seeds: [legacyPush],
    dictionary: [...jsonWords, '{a=\\"b\\"}', '2026-11-24T10:00:00Z'],
    errors: [],
    ...pushing({ format: 'loki-legacy', contentType: json }),
  },
  {
    name: 'push-otlp-json',
    seeds: [otlpJson],
    dictionary: otlpWords,
    errors: [],
    ...pushing({ format: 'otlp', contentType: json }),
  },
  {
    name: 'push-otlp-protobuf',
    format: 'protobuf',
    seeds: otlpProtobuf,
    errors: [],
    ...pushing({ format: 'otlp', contentType: protobuf }),
  },
  {
    name: 'push-json-lines',
    seeds: [jsonLines],
    dictionary: recordWords,
    errors: [],
    ...pushing({ format: 'jsonline', options: { _stream_fields: 'app,a.b' }, contentType: json }),
  },
  {
    name: 'push-elasticsearch',
    seeds: [elasticBulk],
    dictionary: [...recordWords, '{"index":{}}\n', '"create"', '"_index"', '"delete"', '"update"'],
    errors: [],
    ...pushing({ format: 'elasticsearch', contentType: json }),
  },
  {
    name: 'push-datadog',
    seeds: [datadogRecords],
    dictionary: [...recordWords, '"ddtags"', '"hostname"', '"status"'],
    errors: [],
    ...pushing({ format: 'datadog', contentType: json }),
  },
  {
    name: 'push-splunk',
    seeds: [splunkEvents],
    dictionary: [...recordWords, '"event"', '"fields"', '"time"'],
    errors: [],
    ...pushing({ format: 'splunk-event', contentType: json }),
  },
  {
    name: 'push-splunk-raw',
    seeds: ['one\r\n\ntwo'],
    errors: [],
    ...pushing({ format: 'splunk-raw', contentType: json }),
  },
  {
    name: 'push-journal',
    seeds: [journalExport],
    dictionary: ['__REALTIME_TIMESTAMP=', '1795500000000000', 'MESSAGE\n', '\n\n', '\0\0\0\0\0\0\0'],
    errors: [],
    ...pushing({ format: 'journal', contentType: 'application/vnd.fdo.journal' }),
  },
  {
    name: 'push-protobuf',
    format: 'protobuf',
    seeds: [plainPush],
    dictionary: ['{a="b"}', '\n\x0b', '\x12\x11'],
    errors: [],
    run: (input) => sendProtobuf.run(asSnappyLiteral(input)),
    costRun: (input) => sendProtobuf.costRun(asSnappyLiteral(input)),
  },
  {
    name: 'push-grpc',
    format: 'protobuf',
    seeds: [plainPush],
    dictionary: ['{a="b"}', '\n\x0b', '\x12\x11'],
    errors: [],
    ...pushing({ format: 'loki-grpc', contentType: protobuf }),
  },
  {
    name: 'push-snappy',
    seeds: [protobufBody(streams)],
    errors: [],
    ...pushing({ contentType: protobuf }),
  },
  {
    name: 'push-gzip',
    seeds: [gzipSync(jsonPush), gzipSync(Buffer.alloc(3000))],
    errors: [],
    ...pushing({ contentType: json, contentEncoding: 'gzip' }),
  },
  {
    name: 'push-deflate',
    seeds: [deflateRawSync(jsonPush), deflateRawSync(Buffer.alloc(3000))],
    errors: [],
    ...pushing({ contentType: json, contentEncoding: 'deflate' }),
  },
  {
    name: 'push-zstd',
    seeds: [zstd(Buffer.from(otlpJson)), zstd(Buffer.alloc(3000))],
    errors: [],
    ...pushing({ format: 'otlp', contentType: json, contentEncoding: 'zstd' }),
  },
  {
    name: 'push-lz4',
    // A block with literals alone, one with a match, and both sums.
    seeds: [
      lz4Frame([0x60, 0x40, 0x82], Buffer.from(otlpJson), 0x80),
      lz4Frame([0x60, 0x40, 0x82], Buffer.from('5f7b7d2020200100ff0050202020207d', 'hex'), 0),
      Buffer.concat([lz4Frame([0x74, 0x40, 0xbd], Buffer.from('{}\0\0\0\0'), 0x80), Buffer.alloc(4)]),
    ],
    errors: [],
    ...pushing({ format: 'otlp', contentType: json, contentEncoding: 'lz4' }),
  },
];
const sendProtobuf = pushing({ contentType: protobuf });

/** The frame's flags, a block (`kind` 0x80: as it is), and the end. */
function lz4Frame(flags: readonly number[], block: Buffer, kind: number): Buffer {
  const size = Buffer.from([block.length & 255, block.length >> 8, 0, kind]);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, ...flags]), size, block, Buffer.alloc(4)]);
}

const snappyBytesMax = 1 << 20;

function decompressed(work: (input: Uint8Array, bytesMax: number) => Buffer, input: Buffer): Buffer | string {
  try {
    return Buffer.from(work(input, snappyBytesMax));
  } catch (error) {
    if (error instanceof CorruptSnappyError || error instanceof SnappyTooLargeError) return error.name;
    throw error;
  }
}

export const pushTargets: readonly FuzzTarget[] = [
  ...bodies,
  {
    name: 'snappy',
    seeds: [protobufBody(streams), asSnappyLiteral(Buffer.from('abc')), Buffer.from('0a0061010a', 'hex')],
    errors: [],
    run(input) {
      const fast = decompressed(snappyDecompress, input);
      const plain = decompressed(snappyDecompressWithoutWasm, input);
      const agree =
        typeof fast === 'string' ? fast === plain : typeof plain !== 'string' && fast.equals(plain);
      must(agree, 'the kernel and the code without it differ');
      return typeof fast === 'string' ? fast : 'whole';
    },
  },
  {
    name: 'label-set',
    seeds: ['{a="b", c=`d`}', '{}', '{a="\\u00e9\\x41\\n", _b_1="",}'],
    dictionary: ['="', '",', '{', '}', '\\x', '\\u', '\\U0010ffff', '`'],
    errors: [PushError],
    run: (input) => parseLabelSet(input.toString(), 100).pairs.length,
  },
  {
    name: 'structured-metadata',
    seeds: [
      encodeMetadata(
        labelsFromPairs([
          ['a', 'b'],
          ['trace_id', 'ü'.repeat(100)],
        ]),
      ),
    ],
    errors: [RangeError],
    run(input) {
      const labels = decodeMetadata(input);
      const bytes = labels.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      must(bytes <= input.length, 'more text than bytes');
      return labels.length;
    },
  },
];
