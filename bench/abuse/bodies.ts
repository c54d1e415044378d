// Push bodies that are as dear as the size limits allow, for each decoder.
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { compress } from 'snappyjs';
import type { Attack } from './attack.ts';
import { type Hostile, repeat } from './send.ts';

const mebibyte = 2 ** 20;
/** Below the default limit of a decompressed body, 64 MiB. */
const decompressedBytes = 60 * mebibyte;
/** Below the default limit of a body as sent, 16 MiB. */
const sentBytes = 15 * mebibyte;

const json = { 'content-type': 'application/json' };
const gzippedJson = { ...json, 'content-encoding': 'gzip' };
const snappyProtobuf = { 'content-type': 'application/x-protobuf' };
const gzippedProtobuf = { ...snappyProtobuf, 'content-encoding': 'gzip' };
const pushPath = '/loki/api/v1/push';
const otlpPath = '/otlp/v1/logs';

const nowNs = (): string => `${Date.now()}000000`;
const times = (count: number, piece: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => piece(at)).join(',');

/** As many pieces as fit. */
function fill(bytes: number, piece: (at: number) => string): string {
  const parts: string[] = [];
  for (let left = bytes, at = 0; left > 0; at++) {
    const part = piece(at);
    left -= part.length + 1;
    parts.push(part);
  }
  return parts.join(',');
}

const value = (line: string): string => `["${nowNs()}","${line}"]`;
const stream = (labels: string, values: string): string => `{"stream":{${labels}},"values":[${values}]}`;
const streams = (all: string): string => `{"streams":[${all}]}`;

/** One PushRequest: what `write` puts into it, as often as it fits. */
function pushRequest(bytes: number, write: (writer: protobuf.Writer, at: number) => void): Buffer {
  const pieces: Uint8Array[] = [];
  let left = bytes;
  for (let at = 0; left > 0; ) {
    const writer = protobuf.Writer.create();
    for (let of = 0; of < 1000; of++) write(writer, at++);
    const piece = writer.finish();
    left -= piece.length;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const snappy = (message: Buffer): Buffer => Buffer.from(compress(new Uint8Array(message)));

function tinyStream(writer: protobuf.Writer, at: number): void {
  writer.uint32(10).fork().uint32(10).string(`{a="${at}"}`);
  emptyEntry(writer).ldelim();
}

/** An entry of nothing but its time. */
const emptyEntry = (writer: protobuf.Writer): protobuf.Writer =>
  writer
    .uint32(18)
    .fork()
    .uint32(10)
    .fork()
    .uint32(8)
    .int64(Math.floor(Date.now() / 1000))
    .ldelim()
    .ldelim();

/** A stream of so many entries that are as short as they can be. */
function emptyEntries(bytes: number): Buffer {
  const one = emptyEntry(protobuf.Writer.create()).finish();
  const count = Math.floor(bytes / one.length);
  const writer = protobuf.Writer.create().uint32(10).fork().uint32(10).string('{a="entries"}');
  for (let at = 0; at < count; at++) writer.uint32(18).bytes(one.subarray(2));
  return Buffer.from(writer.ldelim().finish());
}

function otlpRecords(bytes: number): Buffer {
  const record = protobuf.Writer.create().uint32(18).fork().uint32(42).fork().uint32(10).string('x').ldelim();
  const one = record.ldelim().finish();
  const scope = Buffer.concat(Array.from({ length: Math.floor(bytes / one.length) }, () => one));
  return Buffer.from(protobuf.Writer.create().uint32(10).fork().uint32(18).bytes(scope).ldelim().finish());
}

/** Made once, when the attack begins. */
function body(name: string, make: () => Hostile): Attack {
  let made: Hostile | undefined;
  return repeat(
    name,
    () => {
      made ??= make();
      return made;
    },
    2,
  );
}

const push = (text: string): Hostile => ({ path: pushPath, headers: gzippedJson, body: gzipSync(text) });
const otlp = (text: string): Hostile => ({ path: otlpPath, headers: gzippedJson, body: gzipSync(text) });
const falling = (count: number): string =>
  times(count, (at) => `"k${String(count - at).padStart(7, '0')}":"v"`);

export const bodyAttacks: readonly Attack[] = [
  body('metadata names, falling', () => ({
    ...push(streams(stream('"app":"z"', `["${nowNs()}","x",{${falling(110_000)}}]`))),
  })),
  body('metadata names, 60 MB of one entry', () =>
    push(
      streams(stream('"app":"z"', `["${nowNs()}","x",{${fill(decompressedBytes, (at) => `"k${at}":"v"`)}}]`)),
    ),
  ),
  body('labels of one stream', () =>
    push(
      streams(
        stream(
          times(800_000, (at) => `"l${at}":"v"`),
          value('x'),
        ),
      ),
    ),
  ),
  body('streams, 60 MB of JSON', () =>
    push(streams(fill(decompressedBytes, (at) => stream(`"a":"${at}"`, value('x'))))),
  ),
  body('entries, 60 MB of JSON', () =>
    push(
      streams(
        stream(
          '"app":"z"',
          fill(decompressedBytes, () => value('')),
        ),
      ),
    ),
  ),
  body('entries, 15 MB of plain JSON', () => ({
    path: pushPath,
    headers: json,
    body: streams(
      stream(
        '"app":"z"',
        fill(sentBytes, () => value('some line')),
      ),
    ),
  })),
  body('brackets, 60 MB of JSON', () => push(`{"streams":null,"x":${'['.repeat(decompressedBytes)}`)),
  body('lines with escapes, 60 MB of JSON', () =>
    push(
      streams(
        stream(
          '"app":"z"',
          fill(decompressedBytes, () => value('\\u00e9'.repeat(10_000))),
        ),
      ),
    ),
  ),
  body('streams, protobuf', () => ({
    path: pushPath,
    headers: snappyProtobuf,
    body: snappy(pushRequest(decompressedBytes / 2, tinyStream)),
  })),
  body('entries, protobuf', () => ({
    path: pushPath,
    headers: snappyProtobuf,
    body: snappy(emptyEntries(decompressedBytes / 2)),
  })),
  body('legacy JSON', () => ({
    path: '/api/prom/push',
    headers: json,
    body: streams(
      fill(
        sentBytes,
        (at) => `{"labels":"{a=\\"${at}\\"}","entries":[{"ts":"2026-01-01T00:00:00Z","line":"x"}]}`,
      ),
    ),
  })),
  body('OTLP resource attributes', () => {
    const attributes = times(30_000, (at) => `{"key":"k${at}","value":{"intValue":"${at}"}}`);
    const records = `"scopeLogs":[{"logRecords":[${times(1000, () => '{"body":{"stringValue":"x"}}')}]}]`;
    return otlp(`{"resourceLogs":[{"resource":{"attributes":[${attributes}]},${records}}]}`);
  }),
  body('OTLP record attributes', () => {
    const attributes = times(30_000, (at) => `{"key":"k${at}","value":{"intValue":"${at}"}}`);
    return otlp(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[${attributes}]}]}]}]}`);
  }),
  body('OTLP records, JSON', () =>
    otlp(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${times(200_000, () => '{}')}]}]}]}`),
  ),
  body('OTLP text, 60 MB of JSON', () =>
    otlp(
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${fill(decompressedBytes, () => `{"body":{"stringValue":"${'é'.repeat(1000)}"}}`)}]}]}]}`,
    ),
  ),
  body('OTLP records, protobuf', () => ({
    path: otlpPath,
    headers: gzippedProtobuf,
    body: gzipSync(otlpRecords(2 * mebibyte)),
  })),
  body('gzip of nothing but zeros', () => ({
    path: pushPath,
    headers: gzippedJson,
    body: gzipSync(Buffer.alloc(decompressedBytes)),
  })),
  repeat(
    'many new streams',
    (round) => push(streams(times(500, (at) => stream(`"n":"${round}-${at}"`, value('x'))))),
    4,
  ),
];
