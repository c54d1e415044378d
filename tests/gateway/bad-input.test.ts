// Bad input: the contract's status and text, no crash, no growth of memory, earlier data intact.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodePushRequest,
  jsonBody,
  jsonHeaders,
  nowNs,
  protobufBody,
  protobufHeaders,
} from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { memoryOf, push, queryLogs } from './client.ts';

const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs, endNs: timestampNs + 1n };
const entries = [{ timestampNs, line: 'good' }];
const gzip = { ...jsonHeaders, 'content-encoding': 'gzip' };
const goodJson = jsonBody({ app: 'bad' }, entries);

/** A snappy block that declares 2 GiB. */
const hugeSnappy = new Uint8Array([0x80, 0x80, 0x80, 0x80, 0x08, 0x00, 0x61]);

function gigabyteOfZeros(): Uint8Array<ArrayBuffer> {
  const part = gzipSync(Buffer.alloc(1 << 26), { level: 9 });
  // Concatenated gzip members are one gzip stream.
  return new Uint8Array(Buffer.concat(Array.from({ length: 16 }, () => part)));
}

type Body = string | Uint8Array<ArrayBuffer>;
const refused: [
  name: string,
  status: number,
  text: RegExp,
  body: () => Body,
  headers: Record<string, string>,
][] = [
  [
    'truncated gzip',
    400,
    /unexpected EOF|gzip/,
    () => new Uint8Array(gzipSync(goodJson)).slice(0, -12),
    gzip,
  ],
  ['not gzip at all', 400, /gzip/, () => goodJson, gzip],
  ['1 GB of zeros in 1 MB', 413, /message size too large/, gigabyteOfZeros, gzip],
  [
    'corrupt snappy',
    400,
    /snappy/,
    () => protobufBody([{ labels: '{a="b"}', entries }]).slice(0, -3),
    protobufHeaders,
  ],
  ['snappy that declares 2 GiB', 413, /message size too large/, () => hugeSnappy, protobufHeaders],
  [
    'snappy missing',
    400,
    /snappy/,
    () => new Uint8Array(encodePushRequest([{ labels: '{a="b"}', entries }])),
    protobufHeaders,
  ],
  ['not JSON', 400, /./, () => '{"streams":[', jsonHeaders],
  ['empty body', 400, /EOF/, () => '', jsonHeaders],
  ['no streams', 422, /at least one valid stream/, () => '{"streams":[]}', jsonHeaders],
  [
    'numeric timestamp',
    400,
    /streams\[0\]\.values\[0\]/,
    () => '{"streams":[{"stream":{"a":"b"},"values":[[1,"x"]]}]}',
    jsonHeaders,
  ],
  [
    'bad label name',
    400,
    /label/,
    () => '{"streams":[{"stream":{"a-b":"c"},"values":[["1","x"]]}]}',
    jsonHeaders,
  ],
  [
    'bad label text',
    400,
    /couldn't parse labels/,
    () => protobufBody([{ labels: '{a-b="c"}', entries }]),
    protobufHeaders,
  ],
  [
    'unknown encoding',
    400,
    /Content-Encoding "br" not supported/,
    () => goodJson,
    { ...jsonHeaders, 'content-encoding': 'br' },
  ],
  [
    'too old',
    400,
    /timestamp too old/,
    () => jsonBody({ a: 'b' }, [{ timestampNs: 1n, line: 'x' }]),
    jsonHeaders,
  ],
  [
    'too new',
    400,
    /timestamp too new/,
    () => jsonBody({ a: 'b' }, [{ timestampNs: nowNs() * 2n, line: 'x' }]),
    jsonHeaders,
  ],
  [
    'line too long',
    400,
    /max entry size/,
    () => jsonBody({ a: 'b' }, [{ timestampNs, line: 'x'.repeat(300_000) }]),
    jsonHeaders,
  ],
];

/** What one refused body may add to the peak, after a warm-up: room for the decoder's bounded buffers. */
const peakGrowthBytesMax = 160e6;

describe('bad input', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    expect((await push(server.baseUrl, jsonBody({ app: 'early' }, entries), jsonHeaders)).status).toBe(204);
  });
  afterAll(() => server.remove());

  it.each(refused)('%s is refused with %i', async (_name, status, text, body, headers) => {
    const pid = server.process.pid as number;
    const before = await memoryOf(pid);
    const answer = await push(server.baseUrl, body(), headers);
    expect(answer).toEqual({ status, text: expect.stringMatching(text) });
    const after = await memoryOf(pid);
    expect(after.peakBytes - before.peakBytes).toBeLessThan(peakGrowthBytesMax);
  });

  it('keeps the good entries of a push that has bad ones', async () => {
    const mixed = [
      { timestampNs, line: 'kept' },
      { timestampNs: 1n, line: 'too old' },
    ];
    const answer = await push(server.baseUrl, jsonBody({ app: 'mixed' }, mixed), jsonHeaders);
    expect(answer).toEqual({ status: 400, text: expect.stringContaining('has timestamp too old') });
    const streams = await queryLogs(server.baseUrl, '{app="mixed"}', range);
    expect(streams.flatMap((s) => s.values.map(([, line]) => line))).toEqual(['kept']);
  });

  it('keeps the good streams of a push that has bad ones', async () => {
    const streams = [
      { labels: '{app="all-old"}', entries: [{ timestampNs: 1n, line: 'too old' }] },
      { labels: '{app="all-good"}', entries },
    ];
    const answer = await push(server.baseUrl, protobufBody(streams), protobufHeaders);
    expect(answer).toEqual({ status: 400, text: expect.stringContaining('has timestamp too old') });
    expect(await queryLogs(server.baseUrl, '{app=~"all-.*"}', range)).toMatchObject([
      { stream: { app: 'all-good' } },
    ]);
  });

  it('refuses more streams than a tenant may have, keeps running and bounded', async () => {
    const streams = Array.from({ length: 50_000 }, (_, i) => ({ labels: `{app="many", n="${i}"}`, entries }));
    const before = await memoryOf(server.process.pid as number);
    const answer = await push(server.baseUrl, protobufBody(streams), protobufHeaders);
    expect(answer).toEqual({
      status: 429,
      text: expect.stringContaining('maximum active stream limit exceeded'),
    });
    const after = await memoryOf(server.process.pid as number);
    expect(after.peakBytes - before.peakBytes).toBeLessThan(peakGrowthBytesMax);
  });

  it('still has the earlier data and takes more', async () => {
    // A stream that was there before: the tenant may have no new ones now.
    const late = [{ timestampNs, line: 'late' }];
    expect((await push(server.baseUrl, jsonBody({ app: 'early' }, late), jsonHeaders)).status).toBe(204);
    const streams = await queryLogs(server.baseUrl, '{app="early"}', range);
    expect(streams.flatMap((s) => s.values.map(([, line]) => line))).toEqual(['good', 'late']);
    expect(server.process.exitCode).toBeNull();
  });
});
