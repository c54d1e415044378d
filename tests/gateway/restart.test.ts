// A second start finds the first one's data; SIGTERM ends with exit code 0.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonBody, jsonHeaders, nowNs, protobufBody, protobufHeaders } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { get, push, queryLogs } from './client.ts';

const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs - 1n, endNs: timestampNs + 1_000_000_000n };

const pushes = [
  {
    name: 'json',
    body: jsonBody({ app: 'json' }, [{ timestampNs, line: 'ein Wörtchen ✓' }]),
    headers: jsonHeaders,
  },
  {
    name: 'gzip',
    body: new Uint8Array(gzipSync(jsonBody({ app: 'gzip' }, [{ timestampNs, line: 'zipped' }]))),
    headers: { ...jsonHeaders, 'content-encoding': 'gzip' },
  },
  {
    name: 'protobuf',
    body: protobufBody([
      {
        labels: '{app="protobuf"}',
        entries: [{ timestampNs, line: 'level=warn a\nb', structuredMetadata: { trace_id: 'abc' } }],
      },
    ]),
    headers: protobufHeaders,
  },
];

const expected = [
  { app: 'gzip', line: 'zipped', detected_level: 'unknown' },
  { app: 'json', line: 'ein Wörtchen ✓', detected_level: 'unknown' },
  { app: 'protobuf', line: 'level=warn a\nb', detected_level: 'warn', trace_id: 'abc' },
];

async function stored(server: Server): Promise<unknown> {
  const streams = await queryLogs(server.baseUrl, '{app=~".+"}', range);
  return streams.map(({ stream: { service_name, ...labels }, values }) => ({
    ...labels,
    line: values[0]?.[1],
  }));
}

describe('start, stop, start', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.remove());

  it.each(pushes)('accepts a $name push with 204', async ({ body, headers }) => {
    expect(await push(server.baseUrl, body, headers)).toEqual({ status: 204, text: '' });
  });

  it('answers them at once', async () => {
    expect(await stored(server)).toEqual(expected);
  });

  it('ends on SIGTERM with exit code 0 and finds its data again', async () => {
    expect(await server.stop('SIGTERM')).toBe(0);
    server = await startServer({ dataDir: server.dataDir });
    expect(await stored(server)).toEqual(expected);
    const { data } = await get<{ data: string[] }>(server.baseUrl, '/loki/api/v1/label/app/values', {
      start: String(range.startNs),
      end: String(range.endNs),
    });
    expect(data).toEqual(['gzip', 'json', 'protobuf']);
  });

  it("answers Grafana's health check at any time", async () => {
    const answer = await get<{ data: { result: { value: [number, string] }[] } }>(
      server.baseUrl,
      '/loki/api/v1/query',
      { query: 'vector(1)+vector(1)', time: '4000000000', direction: 'backward' },
    );
    expect(answer.data.result.map((series) => series.value)).toEqual([[4_000_000_000, '2']]);
  });

  it('refuses a second process on the same file', async () => {
    await expect(startServer({ dataDir: server.dataDir })).rejects.toThrow(
      /already open in another Skald process/,
    );
    expect(await stored(server)).toEqual(expected);
  });
});
