// Content encodings: what is read, what is refused, and bombs that must be noticed early.
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { compress as snappy } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { compress as zstd } from 'zstd-napi';
import type { PushFormat } from '../../src/ingest/client/ingest-service.ts';
import { harness } from './push-harness.ts';

const push = JSON.stringify({ streams: [{ stream: { a: 'b' }, values: [['1795500000000000000', 'line']] }] });
const plain = Buffer.from(push);

describe('encodings of JSON', () => {
  it.each([
    ['none', undefined, plain],
    ['gzip', 'gzip', gzipSync(plain)],
    [
      'gzip, two members',
      'gzip',
      Buffer.concat([gzipSync(plain.subarray(0, 10)), gzipSync(plain.subarray(10))]),
    ],
    [
      'gzip, three members and garbage that looks like a fourth',
      'gzip',
      Buffer.concat([
        gzipSync(plain.subarray(0, 10)),
        gzipSync(plain.subarray(10, 20)),
        gzipSync(plain.subarray(20)),
        Buffer.from([0x1f, 1, 2]),
      ]),
    ],
    ['gzip with garbage behind', 'gzip', Buffer.concat([gzipSync(plain), Buffer.from('garbage')])],
    ['raw deflate', 'deflate', deflateRawSync(plain)],
    ['zlib deflate', 'deflate', deflateSync(plain)],
    ['zstd', 'zstd', zstd(plain)],
    ['zstd, two frames', 'zstd', Buffer.concat([zstd(plain.subarray(0, 10)), zstd(plain.subarray(10))])],
  ])('%s is read', (_, contentEncoding, bytes) => {
    const gateway = harness();
    expect(gateway.push({ contentEncoding, bytes })).toEqual({ status: 204, message: '' });
    expect(gateway.stored.map(({ line }) => line)).toEqual(['line']);
  });

  it.each([
    ['no gzip', 'gzip', plain, 'gzip: invalid header'],
    ['empty gzip', 'gzip', Buffer.alloc(0), 'EOF'],
    [
      'gzip whose second member is broken',
      'gzip',
      Buffer.concat([gzipSync(plain), gzipSync(plain).fill(0xff, 10, 20)]),
      'gzip: invalid header',
    ],
    [
      'gzip whose sum is wrong, with garbage behind',
      'gzip',
      Buffer.concat([gzipSync(plain).subarray(0, -8), Buffer.alloc(8, 1), Buffer.from('garbage')]),
      'gzip: invalid header',
    ],
    [
      'gzip of very many members, with garbage behind',
      'gzip',
      Buffer.concat([...Array.from({ length: 1001 }, () => gzipSync('')), Buffer.from([0x1f, 1])]),
      'gzip: invalid header',
    ],
    ['cut gzip', 'gzip', gzipSync(plain).subarray(0, 30), 'unexpected EOF'],
    ['cut deflate', 'deflate', deflateRawSync(plain).subarray(0, 20), 'unexpected EOF'],
    ['cut zstd', 'zstd', zstd(plain).subarray(0, 20), 'zstd: unexpected EOF'],
    ['empty zstd', 'zstd', Buffer.alloc(0), 'zstd: unexpected EOF'],
    ['zstd with garbage behind', 'zstd', Buffer.concat([zstd(plain), Buffer.from('garbage')]), /^zstd: /],
    ['no zstd', 'zstd', plain, /^zstd: /],
    ['br', 'br', plain, 'Content-Encoding "br" not supported'],
    ['identity', 'identity', plain, 'Content-Encoding "identity" not supported'],
  ])('%s is refused', (_, contentEncoding, bytes, message) => {
    const response = harness().push({ contentEncoding, bytes });
    expect(response.status).toBe(400);
    expect(response.message).toMatch(message);
  });
});

describe('encodings of OTLP', () => {
  const records = [{ body: { stringValue: 'line' }, timeUnixNano: '1795500000000000000' }];
  const logs = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] }));
  /** One block that is not compressed. */
  const lz4 = Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, logs.length, 0, 0, 0x80]),
    logs,
    Buffer.alloc(4),
  ]);

  /** Written by python-snappy. */
  const snappyFrames = Buffer.from(
    'ff060000734e61507059006c0000cfa86a4078587b227265736f757263654c6f6773223a5b7b2273636f70190e206c6f675265636f726409' +
      '1dd0626f6479223a7b22737472696e6756616c7565223a226c696e65227d2c2274696d65556e69784e616e6f223a223137393535303030' +
      '1d021c227d5d7d5d7d5d7d',
    'hex',
  );

  it.each([
    ['none', undefined, logs],
    ['gzip', 'gzip', gzipSync(logs)],
    ['zstd', 'zstd', zstd(logs)],
    ['lz4', 'lz4', lz4],
    ['raw deflate', 'deflate', deflateRawSync(logs)],
    ['zlib as deflate', 'deflate', deflateSync(logs)],
    ['zlib', 'zlib', deflateSync(logs)],
    ['a snappy block', 'snappy', snappy(logs)],
    ['framed snappy', 'snappy', snappyFrames],
    ['framed snappy by its other name', 'x-snappy-framed', snappyFrames],
  ])('%s is read', (_, contentEncoding, bytes) => {
    const gateway = harness();
    expect(gateway.push({ format: 'otlp', contentEncoding, bytes }).status).toBe(200);
    expect(gateway.stored.map(({ line }) => line)).toEqual(['line']);
  });

  it.each([
    [
      'br',
      'br',
      'unsupported content encoding br: only deflate, gzip, lz4, snappy, zlib and zstd are supported',
    ],
    ['no lz4', 'lz4', 'lz4: no frame'],
    ['no snappy', 'snappy', 'snappy: corrupt input'],
  ])('%s is refused', (_, contentEncoding, message) => {
    const response = harness().push({ format: 'otlp', contentEncoding, bytes: logs });
    expect(response.status).toBe(400);
    expect(Buffer.from(response.body ?? response.message).toString()).toContain(message);
  });
});

const gigabyte = 2 ** 30;

/** A gigabyte of zeros in about a megabyte, joined from members or blocks of 16 MiB. */
const zeros = Buffer.alloc(16 << 20);
const gzipZeros = Buffer.concat(Array.from({ length: 64 }, () => gzipSync(zeros)));
const zstdZeros = Buffer.concat(Array.from({ length: 64 }, () => zstd(zeros)));

describe('bombs', () => {
  it.each([
    ['gzip', 'gzip', gzipZeros],
    ['deflate', 'deflate', deflateRawSync(Buffer.alloc(256 << 20))],
    ['zstd', 'zstd', zstdZeros],
  ])('a %s bomb is refused before it has grown', (_, contentEncoding, bytes) => {
    expect(bytes.length).toBeLessThan(2 << 20);
    const before = process.memoryUsage().rss;
    const response = harness({ decompressedBytesMax: 8 << 20 }).push({ contentEncoding, bytes });
    expect(response.status).toBe(413);
    expect(response.message).toMatch(
      /^request body too large: decompressed message size too large than max \(/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(gigabyte / 8);
  });

  it.each([
    // A window of 2 GB, and blocks that are nothing.
    ['empty blocks and a window for gigabytes', `28b52ffd a0 0000e07f ${'000000'.repeat(100_000)}`],
    // One block of 98,303 matches of 65,539 bytes each, whose bits are missing.
    ['endless matches', '28b52ffd 0040 4c0000 00 ffffff 54 0000 34 01 01'],
  ])('zstd with %s keeps nobody busy', (_, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(harness().push({ contentEncoding: 'zstd', bytes })).toMatchObject({ status: 400 });
  });

  it('frames of zstd by the thousands are refused', () => {
    const frame = Buffer.from('28b52ffd2000010000', 'hex');
    const bytes = Buffer.alloc(10_001 * frame.length, frame);
    expect(harness().push({ contentEncoding: 'zstd', bytes })).toEqual({
      status: 400,
      message: 'zstd: more than 10000 frames',
    });
  });

  it('a snappy block that announces a gigabyte is refused unread', () => {
    const header = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04]);
    const options = { contentType: 'application/x-protobuf' };
    const liar = harness().push({ ...options, bytes: Buffer.concat([header, Buffer.alloc(64)]) });
    expect([400, 413]).toContain(liar.status);
    const honest = harness({ decompressedBytesMax: 1 << 20 }).push({ ...options, bytes: snappy(zeros) });
    expect(honest.status).toBe(413);
  });

  it('OTLP resource attributes repeated for very many records are refused', () => {
    const attributes = [{ key: 'x', value: { stringValue: 'v'.repeat(1 << 15) } }];
    const logRecords = Array.from({ length: 20_000 }, () => ({ timeUnixNano: '1795500000000000000' }));
    const bytes = JSON.stringify({
      resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }],
    });
    const response = harness().push({ format: 'otlp', bytes });
    expect(response.status).toBe(413);
    expect(response.message).toMatch(/structured metadata of all entries together/);
  });

  const repeated = (pair: readonly number[], count: number): Buffer =>
    Buffer.alloc(count * pair.length, Buffer.from(pair));
  const message = (tag: number, bytes: Uint8Array): Buffer => {
    const length: number[] = [];
    let rest = bytes.length;
    for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
    return Buffer.concat([Buffer.from([tag, ...length, rest]), bytes]);
  };
  const protobuf = 'application/x-protobuf';
  const json = 'application/json';
  const recordsJson = (records: string): string =>
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":${records}}]}]}`;

  it.each<[name: string, format: PushFormat, contentType: string, bytes: () => Uint8Array | string]>([
    ['empty OTLP records', 'otlp', protobuf, () => message(10, message(18, repeated([18, 0], 300_000)))],
    [
      'empty attributes of an OTLP record',
      'otlp',
      protobuf,
      () => message(10, message(18, message(18, repeated([50, 0], 1_100_000)))),
    ],
    ['empty OTLP records in JSON', 'otlp', json, () => recordsJson(`[${'{},'.repeat(600_000)}{}]`)],
    ['OTLP lists nested in JSON', 'otlp', json, () => recordsJson('['.repeat(1_100_000))],
    [
      'empty entries',
      'loki',
      protobuf,
      () =>
        snappy(
          message(
            10,
            Buffer.concat([message(10, Buffer.from('{a="b"}')), repeated([18, 2, 10, 0], 2_200_000)]),
          ),
        ),
    ],
  ])('very many %s are refused before they take memory', (_name, format, contentType, bytes) => {
    const gateway = harness({ limits: { rejectOldSamples: false } });
    const response = gateway.push({ format, contentType, bytes: bytes() });
    expect(response.status).toBe(413);
    expect(response.message).toContain('request body too large: more than');
    expect(gateway.push({ bytes: plain }).status).toBe(204);
  });

  it('braces and commas in OTLP texts do not count', () => {
    const record = { body: { stringValue: '{[,\\"'.repeat(400_000) } };
    expect(
      harness().push({ format: 'otlp', bytes: recordsJson(JSON.stringify([record])) }).message,
    ).toContain('max entry size');
  });

  it('a body above the limit is refused with both sizes', () => {
    const response = harness({ receivedBytesMax: 10 }).push({ bytes: plain });
    expect(response).toEqual({
      status: 413,
      message: `request body too large: message size too large than max (${plain.length} vs 10)`,
    });
  });
});
