// Bodies as large as a push may be: stored whole while small pushes beside them are answered, refused above, and the
// memory they took is given back.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultBodyLimits } from '../../src/ingest/limits/limits.ts';
import { nowNs, protobufBody } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { memoryOf } from './client.ts';

const mebibyte = 2 ** 20;
const lineBytes = 200_000;
let server: Server;
let pid: number;
/** What it takes before there was a large one. */
let restingBytes: number;

beforeAll(async () => {
  server = await startServer();
  pid = server.process.pid as number;
  expect((await push(smallBody())).status).toBe(204);
  restingBytes = (await memoryOf(pid)).residentBytes;
});
afterAll(() => server?.remove());

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function push(body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

const stream = (app: string, values: string): Buffer =>
  Buffer.from(`{"streams":[{"stream":{"app":"${app}"},"values":[${values}]}]}`);
const smallBody = (): Buffer => stream('small', `["${nowNs()}","hello"]`);
/** Lines of 200 KB, each its own. */
const lines = (bytes: number): readonly string[] =>
  Array.from({ length: Math.floor(bytes / (lineBytes + 30)) }, (_, at) =>
    `${at} `.padEnd(lineBytes, 'line of logs '),
  );
const json = (app: string, bytes: number): Buffer =>
  stream(
    app,
    lines(bytes)
      .map((line) => `["${nowNs()}","${line}"]`)
      .join(','),
  );
const protobuf = (app: string, bytes: number): Buffer =>
  Buffer.from(
    protobufBody([
      { labels: `{app="${app}"}`, entries: lines(bytes).map((line) => ({ timestampNs: nowNs(), line })) },
    ]),
  );

const { maxRecvMsgSizeBytes, maxDecompressedSizeBytes } = defaultBodyLimits;
const stored = Math.floor((maxRecvMsgSizeBytes - mebibyte) / (lineBytes + 30));

describe('a body of almost 100 MB', () => {
  const kinds: readonly (readonly [name: string, send: (app: string) => Promise<Answer>])[] = [
    ['json', (app) => push(json(app, maxRecvMsgSizeBytes - mebibyte))],
    [
      'gzip',
      (app) => push(gzipSync(json(app, maxRecvMsgSizeBytes - mebibyte)), { 'content-encoding': 'gzip' }),
    ],
    [
      'protobuf',
      (app) =>
        push(protobuf(app, maxRecvMsgSizeBytes - mebibyte), { 'content-type': 'application/x-protobuf' }),
    ],
  ];
  it.each(kinds)('%s: is stored whole, and small ones beside it are taken', async (app, send) => {
    let isAnswered = false;
    const large = send(app).finally(() => {
      isAnswered = true;
    });
    const beside = new Set<number>();
    while (!isAnswered) beside.add((await push(smallBody())).status);
    expect(await large).toEqual({ status: 204, text: '' });
    expect([...beside]).toEqual([204]);
    const query = encodeURIComponent(`sum(count_over_time({app="${app}"}[1h]))`);
    const counted = await fetch(`${server.baseUrl}/loki/api/v1/query?query=${query}`);
    expect(await counted.json()).toMatchObject({
      data: { result: [{ value: [expect.any(Number), String(stored)] }] },
    });
  });
});

describe('a body that is larger than', () => {
  it('a body may be is refused with the sizes, and so is the next', async () => {
    const body = Buffer.alloc(maxRecvMsgSizeBytes + 1, ' ');
    const text = `request body too large: message size too large than max (${body.length} vs ${maxRecvMsgSizeBytes})\n`;
    for (let i = 0; i < 2; i++) expect(await push(body)).toEqual({ status: 413, text });
  });
  it('it may be when it is unpacked is refused with the limit', async () => {
    const body = gzipSync(Buffer.alloc(maxDecompressedSizeBytes + 1, ' '));
    const { status, text } = await push(body, { 'content-encoding': 'gzip' });
    expect([status, text]).toEqual([413, expect.stringContaining(`vs ${maxDecompressedSizeBytes})`)]);
  });
});

it.skipIf(process.platform !== 'linux')('gives the memory of large bodies back', async () => {
  // Less than one of the bodies is left: of those above each was held, and what was made of it.
  const grown = async (): Promise<number> => (await memoryOf(pid)).residentBytes - restingBytes;
  await expect.poll(grown, { timeout: 180_000, interval: 500 }).toBeLessThan(maxRecvMsgSizeBytes);
});
