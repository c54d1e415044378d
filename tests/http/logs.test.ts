// The plain API: parameters to LogQL, pages that lose and double nothing, the event stream, its description.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { logsAnswer } from '../../src/http/plain/logs.ts';
import { openApiPath } from '../../src/http/plain/openapi.ts';
import { printExpr } from '../../src/logql/print.ts';
import { within } from '../within.ts';
import { type FakeGateway, logResult, nowNs, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(gateway.url + path, { headers });
  return { status: response.status, text: await response.text() };
};

describe('parameters', () => {
  it.each([
    ['/api/logs', '{service_name=~".+"}'],
    ['/api/logs?source=docker', '{container=~".+"}'],
    ['/api/logs/docker', '{container=~".+"}'],
    ['/api/logs/journal?unit=ssh.service', '{transport=~".+", unit="ssh.service"}'],
    ['/api/logs/files?file=/var/log/*.log', '{filename=~".+", filename=~"/var/log/.*\\\\.log"}'],
    ['/api/logs?container=web&level=error', '{container="web"} | detected_level=~"error|critical|fatal"'],
    ['/api/logs?host=a&level=info', '{host="a"} | detected_level!~"trace|debug"'],
    ['/api/logs?host=a&level=trace', '{host="a"}'],
    ['/api/logs?service=x&text=a%22b', '{service_name="x"} |= "a\\"b"'],
  ])('%s asks for %s', async (path, want) => {
    gateway = await startFakeGateway();
    expect(await get(path)).toEqual({ status: 200, text: '{"entries":[],"nextCursor":null}\n' });
    const [request] = gateway.logRequests;
    expect(request && printExpr(request.query)).toBe(want);
    expect(request).toMatchObject({ direction: 'backward', limit: 100, categorizeLabels: true });
  });

  it.each([
    ['', nowNs - 3_600_000_000_000n, nowNs],
    ['?since=15m', nowNs - 900_000_000_000n, nowNs],
    ['?since=2h&until=1h', nowNs - 7_200_000_000_000n, nowNs - 3_600_000_000_000n],
    ['?until=1795490000', 1_795_486_400_000_000_000n, 1_795_490_000_000_000_000n],
    ['?since=2026-11-24T00:00:00Z', BigInt(Date.UTC(2026, 10, 24)) * 1_000_000n, nowNs],
  ])('range of %s', async (parameters, startNs, untilNs) => {
    gateway = await startFakeGateway();
    await get(`/api/logs${parameters}`);
    expect(gateway.logRequests[0]).toMatchObject({ startNs, endNs: untilNs + 1n });
  });

  it.each([
    ['/api/logs?lvel=error', 400, 'unknown parameter "lvel"'],
    ['/api/logs?level=loud', 400, 'level: '],
    ['/api/logs?limit=0', 400, 'limit: '],
    ['/api/logs?since=soon', 400, 'since: expected a duration'],
    ['/api/logs?since=1h&until=2h', 400, 'since must be before until'],
    ['/api/logs?cursor=x', 400, 'cursor: '],
    ['/api/logs/docker?source=docker', 400, 'the source stands in the path already'],
    ['/api/logs/dokcer', 404, 'unknown source "dokcer", there are docker, journal, files, syslog, push'],
    ['/api/logs/stream?until=1h', 400, 'unknown parameter "until"'],
  ])('refuses %s', async (path, status, text) => {
    gateway = await startFakeGateway();
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(gateway.logRequests).toEqual([]);
  });
});

interface Row {
  readonly ns: number;
  readonly id: number;
}

/** A gateway that holds these rows in two streams and answers log queries over them. */
function startWith(rows: readonly Row[]): Promise<FakeGateway> {
  return startFakeGateway({
    logs: async ({ startNs, endNs, limit }) => {
      const found = rows
        .filter(({ ns }) => BigInt(ns) >= startNs && BigInt(ns) < endNs)
        .sort((a, b) => b.ns - a.ns || b.id - a.id)
        .slice(0, limit);
      const streams = [0, 1].map((part) => ({
        stream: { container: 'c', part: String(part) },
        values: found.filter(({ id }) => id % 2 === part).map(({ ns, id }) => [String(ns), String(id), {}]),
      }));
      return logResult(streams.filter(({ values }) => values.length > 0));
    },
  });
}

describe('pages', () => {
  it('hold every entry once, newest first, whatever shares a nanosecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        within(10_000, async (times, limit) => {
          const rows = times.map((ns, id) => ({ ns, id }));
          gateway = await startWith(rows);
          const seen: string[] = [];
          const seenNs: number[] = [];
          let cursor: string | null = '';
          while (cursor !== null) {
            const more = cursor === '' ? '' : `&cursor=${cursor}`;
            const { text } = await get(`/api/logs?since=0.0&until=1&limit=${limit}${more}`);
            const page = logsAnswer.parse(JSON.parse(text));
            for (const { line, timestampNs } of page.entries) {
              seen.push(line);
              seenNs.push(Number(timestampNs));
            }
            cursor = page.nextCursor;
          }
          await gateway.close();
          expect(seen.map(Number).sort((a, b) => a - b)).toEqual(rows.map(({ id }) => id));
          expect(seenNs).toEqual(times.toSorted((a, b) => b - a));
        }),
      ),
      { numRuns: 40 },
    );
    gateway = await startFakeGateway();
  });

  it('hold more entries of one nanosecond than a page may have', async () => {
    const tied = Array.from({ length: 5001 }, (_, id) => ({ ns: 5, id: id + 1 }));
    gateway = await startWith([{ ns: 4, id: 0 }, ...tied, { ns: 6, id: 6000 }]);
    const ids: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = logsAnswer.parse(
        JSON.parse((await get(`/api/logs?since=0.0&until=1&limit=5000${more}`)).text),
      );
      ids.push(...page.entries.map(({ line }) => Number(line)));
      cursor = page.nextCursor;
    }
    expect(ids.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 5002 }, (_, id) => id), 6000]);
  });

  it('show an entry with its level, source, labels and metadata', async () => {
    const categories = { structuredMetadata: { detected_level: 'warn', trace_id: 't' }, parsed: {} };
    gateway = await startFakeGateway({
      logs: async () =>
        logResult([{ stream: { filename: '/x' }, values: [['1795491859000000001', 'l', categories]] }]),
    });
    expect(JSON.parse((await get('/api/logs')).text)).toEqual({
      entries: [
        {
          timestamp: '2026-11-24T03:44:19.000000001Z',
          timestampNs: '1795491859000000001',
          level: 'warn',
          source: 'files',
          labels: { filename: '/x' },
          metadata: { trace_id: 't' },
          line: 'l',
        },
      ],
      nextCursor: null,
    });
  });
});

/** Reads an event stream until `count` events have come. */
async function events(path: string, count: number, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const response = await fetch(gateway.url + path, { headers, signal: stop.signal });
  const type = response.headers.get('content-type');
  const found: string[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    rest += decoder.decode(piece as Uint8Array, { stream: true });
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    found.push(...parts.filter((part) => !part.startsWith(':')));
    if (found.length >= count) break;
  }
  stop.abort();
  return { type, found };
}

const frame = (value: object) => Buffer.from(JSON.stringify(value));

describe('/api/logs/stream', () => {
  it('sends entries as events, from level info on', async () => {
    gateway = await startFakeGateway();
    const subscribed = gateway.nextTail();
    const reading = events('/api/logs/stream?container=web', 3);
    const tail = await subscribed;
    expect(printExpr(tail.options.query)).toBe('{container="web"} | detected_level!~"trace|debug"');
    const stream = { container: 'web' };
    tail.listener.onFrame(
      frame({
        streams: [
          {
            stream,
            values: [
              ['20', 'b', {}],
              ['10', 'a', { structuredMetadata: { k: 'v' } }],
            ],
          },
        ],
        dropped_entries: [{ timestamp: '1', labels: {} }],
      }),
    );
    const { type, found } = await reading;
    expect(type).toBe('text/event-stream; charset=utf-8');
    expect(found.map((event) => event.split('\n')[0])).toEqual(['id: 10', 'id: 20', 'event: dropped']);
    expect(JSON.parse(found[0]?.split('data: ')[1] ?? '')).toMatchObject({ line: 'a', metadata: { k: 'v' } });
    expect(gateway.logRequests).toEqual([]);
  });

  it('sends a client that comes back what it missed', async () => {
    gateway = await startFakeGateway({
      logs: async () => logResult([{ stream: { container: 'c' }, values: [['8', 'missed', {}]] }]),
    });
    const { found } = await events('/api/logs/stream?level=trace', 1, { 'Last-Event-ID': '7' });
    expect(found[0]).toContain('missed');
    expect(gateway.logRequests[0]).toMatchObject({ startNs: 8n, limit: 5000 });
  });
});

describe('the tail as an event stream', () => {
  it('sends the frames of the WebSocket', async () => {
    gateway = await startFakeGateway({
      logs: async () => logResult([{ stream: { a: 'b' }, values: [['10', 'history']] }]),
    });
    const query = encodeURIComponent('{a="b"}');
    const { found } = await events(`/loki/api/v1/tail?query=${query}`, 1, { Accept: 'text/event-stream' });
    expect(JSON.parse(found[0]?.replace('data: ', '') ?? '')).toEqual({
      streams: [{ stream: { a: 'b' }, values: [['10', 'history']] }],
    });
  });

  it('tells of an error by an event and ends', async () => {
    gateway = await startFakeGateway();
    const query = encodeURIComponent('rate({a="b"}[1m])');
    const { found } = await events(`/loki/api/v1/tail?query=${query}`, 2, { Accept: 'text/event-stream' });
    expect(found).toEqual(['event: error\ndata: "only log selector is supported"']);
  });
});

describe(openApiPath, () => {
  it('lists every route with its methods, and no other', async () => {
    gateway = await startFakeGateway({ settings: { pathPrefix: '/logs' } });
    const { text } = await get(`/logs${openApiPath}`);
    const document = JSON.parse(text) as {
      servers: unknown;
      paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>;
    };
    const listed = Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.keys(operations).map((method) => method.toUpperCase()),
    ]);
    expect(new Map(listed as [string, string[]][])).toEqual(
      new Map(gateway.routes.map(({ path, methods }) => [path, Object.keys(methods)])),
    );
    expect(document.servers).toEqual([{ url: '/logs' }]);
    for (const [path, operations] of Object.entries(document.paths))
      for (const { parameters } of Object.values(operations))
        expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        );
  });

  it('names the parameters that the plain API takes: each is taken, any other is refused', async () => {
    gateway = await startFakeGateway();
    const document = JSON.parse((await get(openApiPath)).text) as {
      paths: Record<string, { get: { parameters: { name: string; in: string }[] } }>;
    };
    const samples: Record<string, string> = {
      source: 'docker',
      level: 'warn',
      since: '1h',
      until: '1m',
      limit: '5',
      cursor: '1795491999000000000',
    };
    for (const [path, concrete] of [
      ['/api/logs', '/api/logs'],
      ['/api/logs/{source}', '/api/logs/docker'],
    ] as const) {
      const names = document.paths[path]?.get.parameters.filter((one) => one.in === 'query') ?? [];
      expect(names.length).toBeGreaterThan(8);
      for (const { name } of names)
        expect((await get(`${concrete}?${name}=${samples[name] ?? 'x'}`)).status, name).toBe(200);
      expect((await get(`${concrete}?other=x`)).status).toBe(400);
    }
  });
});
