// Bodies that are too much for one turn of the ingest worker, through its real threads: others are answered meanwhile.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngestThread } from '../../src/gateway/threads/start.ts';
import { IngestClient } from '../../src/ingest/client/ingest-client.ts';
import type { PushRequest, PushResponse } from '../../src/ingest/client/ingest-service.ts';
import { appendInSlices } from '../../src/ingest/intake/append-slices.ts';
import { defaultBodyLimits } from '../../src/ingest/limits/limits.ts';
import { pushOfOneTurn } from '../../src/ingest/limits/push-bounds.ts';
import { SqliteStoreHost } from '../../src/sqlite/main/host.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import { type EntryColumns, StoreFullError } from '../../src/store/store.ts';
import { encodePushRequest, nowNs, protobufBody } from '../push-body.ts';
import { roomyLimits } from './push-harness.ts';

let folder: string;
let host: SqliteStoreHost;
let ingest: IngestClient;
let lines = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-large-'));
  host = await SqliteStoreHost.open(storeSettings(join(folder, 'store.db')));
  ingest = await IngestClient.start({
    store: host,
    startThread: startIngestThread,
    hangTimeoutMs: 60_000,
    limits: { defaults: roomyLimits, overrides: {} },
    bodyLimits: defaultBodyLimits,
    onMetrics: ({ received }) => {
      for (const row of received) lines += row.lines;
    },
    onFailure: (error) => {
      throw error;
    },
    onDecoderLost: (message) => {
      throw new Error(message);
    },
  });
});
afterAll(async () => {
  await ingest.close();
  await host.close();
  await rm(folder, { recursive: true });
});

function push(body: string | Uint8Array, changes: Partial<PushRequest> = {}): Promise<PushResponse> {
  return ingest.push({
    tenant: 'fake',
    sender: '127.0.0.1',
    format: 'loki',
    contentType: 'application/json',
    options: {},
    contentEncoding: undefined,
    userAgent: undefined,
    idempotencyKey: undefined,
    body: new Uint8Array(Buffer.from(body)).buffer,
    ...changes,
  });
}

const list = (count: number, piece: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => piece(at)).join(',');
const gzip = { contentEncoding: 'gzip' } as const;
const otlp = { format: 'otlp' } as const;
const value = (line: string): string => `["${nowNs()}","${line}"]`;
const streams = (all: string): string => `{"streams":[${all}]}`;
const stream = (values: string): string => streams(`{"stream":{"app":"large"},"values":[${values}]}`);
const records = (count: number): string =>
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${list(count, () => '{"body":{"stringValue":"x"}}')}]}]}]}`;
const many = pushOfOneTurn.entriesMax + 1;
const entries = Array.from({ length: many }, () => ({ timestampNs: nowNs(), line: 'x' }));

/** Bodies beyond each of the bounds of one turn. */
const bodies: readonly (readonly [name: string, () => Promise<PushResponse>, lines: number])[] = [
  ['bytes as sent', () => push(stream(list(20_000, () => value('x'.repeat(110))))), 20_000],
  ['bytes unpacked', () => push(gzipSync(stream(list(20_000, () => value('x'.repeat(110))))), gzip), 20_000],
  ['entries', () => push(gzipSync(stream(list(many, () => value('')))), gzip), many],
  [
    'entries in protobuf',
    () =>
      push(protobufBody([{ labels: '{app="large"}', entries }]), { contentType: 'application/x-protobuf' }),
    many,
  ],
  [
    'streams named, again and again',
    () =>
      push(
        streams(
          list(pushOfOneTurn.streamsNamedMax + 1, () => `{"stream":{"a":"b"},"values":[${value('x')}]}`),
        ),
      ),
    pushOfOneTurn.streamsNamedMax + 1,
  ],
  [
    'pairs of metadata',
    () => push(stream(list(4000, (at) => `["${nowNs()}","",{${list(10, (pair) => `"${pair}":"${at}"`)}}]`))),
    4000,
  ],
  ['objects of OTLP', () => push(records(30_000), otlp), 30_000],
];

describe('what is beyond the bounds of one turn is stored all the same', () => {
  it.each(bodies)('%s', async (_name, send, count) => {
    const before = lines;
    const { status, message } = await send();
    expect({ isSuccess: status === 200 || status === 204, message }).toEqual({
      isSuccess: true,
      message: '',
    });
    await expect.poll(() => lines - before, { timeout: 60_000 }).toBe(count);
  });

  it('and refused beyond those of any push, by what the thread apart says', async () => {
    const labels = `{${list(3, (at) => `l${at}="v"`)}}`;
    const one = encodePushRequest([{ labels, entries: [{ timestampNs: nowNs(), line: '' }] }]);
    expect((await push(one, { contentType: 'application/x-protobuf' })).status).toBe(400);
    const body = gzipSync(Buffer.alloc(defaultBodyLimits.maxDecompressedSizeBytes + 1, 0x20));
    expect(await push(body, gzip)).toMatchObject({ status: 413 });
  });
});

it('small pushes are answered while a large one is on its way', async () => {
  const order: string[] = [];
  const note = (name: string) => (): void => void order.push(name);
  const body = gzipSync(stream(list(400_000, () => value('some line'))));
  const large = push(body, gzip).then(note('large'));
  for (let at = 0; at < 5; at++) {
    expect((await push(stream(value('small')), { sender: '127.0.0.2' })).status).toBe(204);
    note('small')();
  }
  await large;
  expect(order.slice(0, 5)).toEqual(Array(5).fill('small'));
});

describe('appending in slices', () => {
  const columns = (count: number, lineBytes: number): EntryColumns => ({
    bytes: new Uint8Array(lineBytes),
    count,
    stream: new Uint32Array(count),
    seconds: Float64Array.from({ length: count }, (_, at) => at),
    nanos: new Uint32Array(count),
    lineStart: new Uint32Array(count),
    lineEnd: new Uint32Array(count).fill(lineBytes),
    level: new Uint8Array(count),
    metadataBytes: new Uint8Array(0),
    metadataStart: new Uint32Array(count),
    metadataEnd: new Uint32Array(count),
    streams: [1],
  });
  const turn = (): Promise<void> => Promise.resolve();

  it.each([
    ['many short entries', 50_000, 1],
    ['few long ones', 20, 300_000],
    ['one longer than a slice', 3, 3_000_000],
    ['none', 0, 0],
  ])('%s: each once, in order, a bounded number at a time', async (_name, count, lineBytes) => {
    const seen: number[] = [];
    const slices: number[] = [];
    const append = async (part: EntryColumns): Promise<void> => {
      slices.push(part.count);
      seen.push(...part.seconds.subarray(0, part.count));
    };
    await appendInSlices({ append }, columns(count, lineBytes), turn);
    expect(seen).toEqual(Array.from({ length: count }, (_, at) => at));
    for (const size of slices) expect(size === 1 || (size <= 8192 && size * lineBytes < 2 ** 21)).toBe(true);
  });

  it('ends with the first refusal of the store', async () => {
    let taken = 0;
    const append = async (): Promise<void> => {
      if (++taken > 2) throw new StoreFullError('full');
    };
    await expect(appendInSlices({ append }, columns(200_000, 1), turn)).rejects.toThrow('full');
    expect(taken).toBeLessThan(200_000 / 8192);
  });
});
