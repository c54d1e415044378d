// What agents push, with the headers that each sends, and what they look at in the answer; tails as clients open
// them; pages and pieces of a query that Grafana puts together.
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type LogStream, push, queryLogs } from '../gateway/client.ts';
import { jsonBody, nowNs, protobufBody } from '../push-body.ts';
import { allowedOrigin, endNs, grafana, startNs, useWebStream, web, webLines } from './web-stream.ts';

const gateway = useWebStream();

describe('pushes of agents', () => {
  const snappy = { 'content-type': 'application/x-protobuf' };
  const json = { 'content-type': 'application/json' };
  const gzip = { 'content-encoding': 'gzip' };
  it.each<[agent: string, kind: 'json' | 'gzip' | 'protobuf', headers: Record<string, string>]>([
    ['promtail/3.5', 'protobuf', snappy],
    ['Alloy/v1.9 (linux)', 'protobuf', snappy],
    ['Grafana-Docker-Driver', 'protobuf', snappy],
    ['loki-canary/3.5', 'protobuf', snappy],
    ['Vector/0.48 (x86_64)', 'protobuf', { ...snappy, 'content-encoding': 'snappy' }],
    ['Vector/0.47 (x86_64)', 'gzip', { ...json, ...gzip }],
    ['Fluent-Bit', 'json', json],
    ['Fluent-Bit/3', 'gzip', { ...json, ...gzip }],
    ['Fluentd', 'json', { 'content-type': 'application/json; charset=utf-8' }],
    ['pino-loki', 'json', json],
  ])('%s, %s: 204 without a body, and the line is there', async (agent, kind, headers) => {
    const app = `${agent.split('/')[0]}-${kind}`;
    const entries = [{ timestampNs: nowNs(), line: `from ${agent}` }];
    const text = jsonBody({ app }, entries);
    const bodies = {
      json: text,
      gzip: new Uint8Array(gzipSync(text)),
      protobuf: protobufBody([{ labels: `{app="${app}"}`, entries }]),
    };
    const answer = await push(gateway.server.baseUrl, bodies[kind], { ...headers, 'user-agent': agent });
    expect(answer).toEqual({ status: 204, text: '' });
    const found = await queryLogs(gateway.server.baseUrl, `{app="${app}"} |= "${agent}"`, {
      startNs: endNs,
      endNs: nowNs() + 1n,
    });
    expect(found.flatMap(({ values }) => values.map(([, line]) => line))).toEqual([`from ${agent}`]);
  });

  it('that would be refused again are not asked for again: 400 and a first line that says why', async () => {
    const old = [{ timestampNs: 1n, line: 'x' }];
    const answer = await push(
      gateway.server.baseUrl,
      protobufBody([{ labels: '{app="old"}', entries: old }]),
      snappy,
    );
    expect(answer.status).toBe(400);
    expect(answer.text.split('\n')[0]).toContain('timestamp too old');
  });
});

interface Frame {
  readonly streams: readonly LogStream[];
  readonly dropped_entries?: unknown;
  readonly encodingFlags?: readonly string[];
}

describe('tails', () => {
  it.each<
    [client: string, parameters: Record<string, string>, headers: Record<string, string>, size: number]
  >([
    // The browser's socket through Grafana's proxy, which takes the origin off: no flags, no limit.
    ['Grafana', {}, { 'User-Agent': 'Mozilla/5.0' }, 2],
    // Through another that leaves it on.
    ['a page of an allowed origin', {}, { Origin: allowedOrigin, 'User-Agent': 'Mozilla/5.0' }, 2],
    ['logcli', { limit: '30', delay_for: '0', start: String(startNs) }, { 'X-Scope-OrgID': 'ignored' }, 2],
    ['canary', {}, { 'User-Agent': 'loki-canary/3.5' }, 2],
    ['a client that asks for categories', {}, grafana, 3],
  ])('%s: the history, then each line once', async (client, parameters, headers, size) => {
    const app = `tail-${client}`;
    const send = (line: string) =>
      push(gateway.server.baseUrl, jsonBody({ app }, [{ timestampNs: nowNs(), line }]), {
        'content-type': 'application/json',
      });
    await send('before');
    const query = new URLSearchParams({ query: `{app="${app}"} `, ...parameters });
    const socket = new WebSocket(
      `${gateway.server.baseUrl.replace('http', 'ws')}/loki/api/v1/tail?${query}`,
      {
        headers,
      },
    );
    const values: LogStream['values'][number][] = [];
    const labels: unknown[] = [];
    socket.on('message', (data) => {
      for (const { stream, values: more } of (JSON.parse(String(data)) as Frame).streams) {
        labels.push(stream);
        values.push(...more);
      }
    });
    await once(socket, 'open');
    await expect.poll(() => values.length).toBe(1);
    for (let i = 0; i < 3; i++) await send(`live ${i}`);
    await expect.poll(() => values.length).toBe(4);
    expect(values.map(([, line]) => line)).toEqual(['before', 'live 0', 'live 1', 'live 2']);
    expect(new Set(values.map((value) => value.length))).toEqual(new Set([size]));
    expect(labels[0]).toMatchObject({ app });
    socket.terminate();
  });
});

describe('what Grafana puts together', () => {
  type Row = readonly [timestampNs: string, line: string];
  const rows = async (
    range: { startNs: bigint; endNs: bigint; limit?: number },
    direction: 'forward' | 'backward',
  ) =>
    (await queryLogs(gateway.server.baseUrl, web, { ...range, direction }))
      .flatMap(({ values }): readonly Row[] => values.map(([ns, line]) => [ns, line] as const))
      .sort(([a], [b]) => (BigInt(a) < BigInt(b) ? 1 : -1));

  it('older logs, page after page by a moved end: no line lost or doubled', async () => {
    const all = await rows({ startNs, endNs }, 'backward');
    expect(all).toHaveLength(webLines);
    const seen: Row[] = [];
    for (let until = endNs; ; ) {
      const page = await rows({ startNs, endNs: until, limit: 7 }, 'backward');
      seen.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      until = BigInt(last[0]);
    }
    expect(seen).toEqual(all);
  });

  it('a query in pieces, newest first', async () => {
    const all = await rows({ startNs, endNs }, 'backward');
    const middleNs = BigInt(all[11]?.[0] ?? 0);
    const pieces = [
      await rows({ startNs: middleNs, endNs }, 'backward'),
      await rows({ startNs, endNs: middleNs }, 'backward'),
    ];
    expect(pieces.flat()).toEqual(all);
  });

  it('the context of a line: what is before it, and from it on', async () => {
    const all = await rows({ startNs, endNs }, 'backward');
    const [ns] = all[20] as Row;
    const hours = 2n * 3600n * 1_000_000_000n;
    const before = await rows({ startNs: BigInt(ns) - hours, endNs: BigInt(ns), limit: 5 }, 'backward');
    const after = await rows({ startNs: BigInt(ns), endNs: BigInt(ns) + hours, limit: 5 }, 'forward');
    expect(before).toEqual(all.slice(21, 26));
    expect(after).toEqual(all.slice(16, 21));
  });
});
