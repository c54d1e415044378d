// A tail runs every stage as a query does: what it sends is what the query finds afterwards.
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Stage } from '../../src/logql/stages.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { type LogStream, push, queryLogs } from './client.ts';

const stages: Readonly<Record<Stage['kind'], readonly string[]>> = {
  lineFilter: ['|= "status"', '!~ "5.."', '|> "<_>status=<_>"', '|= ip("10.0.0.0/8")'],
  json: ['| json', '| json code="status", id="req.id"'],
  logfmt: ['| logfmt', '| logfmt --strict', '| logfmt --keep-empty level, status'],
  pattern: ['| pattern "<ip> - <method> <path>"'],
  regexp: ['| regexp "status=(?P<status>\\\\d+)"'],
  unpack: ['| unpack'],
  labelFilter: ['| logfmt | status >= 500', '| json | __error__=""', '| trace="a" or detected_level="error"'],
  lineFormat: [
    '| logfmt | line_format "{{.status}} {{.app}} {{__line__}}"',
    '| line_format "{{div 1 .nosuch}}"',
  ],
  labelFormat: ['| logfmt | label_format code=status, twice="{{.status}}{{.status}}"'],
  decolorize: ['| decolorize'],
  drop: ['| logfmt | drop status="200", trace'],
  keep: ['| json | keep app, msg'],
};
const lines = [
  'status=200 msg=ok empty=',
  'level=error status=500 msg="not well"',
  '{"status":404,"msg":"lost","req":{"id":7}}',
  '{"msg":"cut off',
  '10.0.0.1 - GET /a',
  '{"pod":"1","_entry":"from a pack status=1"}',
  '\u001b[31mred\u001b[0m = "',
];
const queries = Object.values(stages)
  .flat()
  .map((stage) => `{app="staged"} ${stage}`);

let server: Server;
beforeAll(async () => {
  const environment = { SKALD_LIMITS_MAX_CONCURRENT_TAIL_REQUESTS: '0', SKALD_TAIL_TAILS_PER_PEER_MAX: '0' };
  server = await startServer({ environment });
});
afterAll(() => server?.remove());

type Row = readonly [labels: string, ns: string, line: string];
const rowsOf = (streams: readonly LogStream[]): Row[] =>
  streams
    .flatMap(({ stream, values }) =>
      values.map(([ns, line]): Row => [JSON.stringify(Object.entries(stream).sort()), ns, line]),
    )
    .sort(([, a], [, b]) => (a < b ? -1 : 1));

it('sends what a query with the same stages finds', async () => {
  const startNs = nowNs();
  const got = queries.map((): Row[] => []);
  const sockets = await Promise.all(
    queries.map(async (query, i) => {
      const address = server.baseUrl.replace('http', 'ws');
      const socket = new WebSocket(`${address}/loki/api/v1/tail?${new URLSearchParams({ query })}`);
      socket.on('message', (data) => {
        got[i]?.push(...rowsOf((JSON.parse(String(data)) as { streams: LogStream[] }).streams));
      });
      await once(socket, 'open');
      return socket;
    }),
  );
  const entries = lines.map((line, i) => ({
    timestampNs: startNs + BigInt(i + 1),
    line,
    structuredMetadata: i % 2 === 0 ? { trace: 'a' } : {},
  }));
  const pushed = await push(server.baseUrl, jsonBody({ app: 'staged' }, entries), jsonHeaders);
  expect(pushed.status).toBe(204);
  for (const [i, query] of queries.entries()) {
    const want = rowsOf(await queryLogs(server.baseUrl, query, { startNs, endNs: startNs + 1_000n }));
    expect(want, query).not.toEqual([]);
    await expect.poll(() => got[i]?.length, { message: query }).toBeGreaterThanOrEqual(want.length);
    expect(
      got[i]?.toSorted(([, a], [, b]) => (a < b ? -1 : 1)),
      query,
    ).toEqual(want);
  }
  for (const socket of sockets) socket.terminate();
});
