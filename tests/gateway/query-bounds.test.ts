// Queries that ask for too much, that are given up, or whose thread dies.
import { get as httpGet } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protobufBody, protobufHeaders } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { memoryOf, processorTicksOf, push, resetPeakOf } from './client.ts';
import { controlThreads, threadControl } from './thread-control.ts';

const lineCount = 1_000_000;
const userCount = 10_000;
const podCount = 50;
const bodyCount = 20;
const dayNs = 86_400_000_000_000n;
const endNs = ((BigInt(Date.now()) * 1_000_000n) / dayNs) * dayNs;
const startNs = endNs - 30n * dayNs;
const gapNs = (30n * dayNs) / BigInt(lineCount);

/** Over all lines, in steps of the given length. */
const overAll = (query: string, step: string): Record<string, string> => ({
  query,
  start: String(startNs),
  end: String(endNs),
  step,
});

async function ask(server: Server, parameters: Readonly<Record<string, string>>, path = 'query_range') {
  const url = `${server.baseUrl}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`;
  const response = await fetch(url, { headers: { 'cache-control': 'no-cache' } });
  return { status: response.status, text: await response.text() };
}

async function gauge(server: Server, name: string): Promise<number> {
  const text = await (await fetch(`${server.baseUrl}/metrics`)).text();
  const value = new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`no ${name} in /metrics`);
  return Number(value);
}

async function until(condition: () => Promise<boolean>, patienceMs = 60_000): Promise<void> {
  const fromMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - fromMs > patienceMs) throw new Error(`not so within ${patienceMs} ms`);
    await delay(5);
  }
}

const isBusy = async (server: Server): Promise<boolean> =>
  (await gauge(server, 'skald_query_workers_busy')) > 0;
const isIdle = async (server: Server): Promise<boolean> => !(await isBusy(server));

async function fill(server: Server): Promise<void> {
  const perBody = lineCount / bodyCount;
  for (let body = 0; body < bodyCount; body++) {
    const streams = Array.from({ length: podCount }, (_, pod) => ({
      labels: `{app="big", pod="${pod}"}`,
      entries: Array.from({ length: perBody / podCount }, (_, k) => {
        const n = body * perBody + k * podCount + pod;
        return {
          timestampNs: startNs + BigInt(n) * gapNs,
          line: `user=u${(n * 7919) % userCount} ms=${n % 997} path=/a/b/${n % 31}`,
        };
      }),
    }));
    const answer = await push(server.baseUrl, protobufBody(streams), protobufHeaders);
    if (answer.status !== 204) throw new Error(answer.text);
  }
}

const memoryMiB = 128;
/** What the allocator and late collection add to what is counted stays under once more as much. */
const growthBytesMax = 2 * memoryMiB * 2 ** 20;

describe('a million lines of thirty days', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({
      environment: {
        SKALD_REJECT_OLD_SAMPLES: 'false',
        SKALD_RETENTION_PERIOD: '0',
        SKALD_LIMITS_INGESTION_RATE_MB: '0',
        SKALD_LIMITS_MAX_QUERY_MEMORY: `${memoryMiB}MB`,
        SKALD_QUERY_WORKERS: '2',
        NODE_OPTIONS: threadControl,
      },
    });
    await fill(server);
  });
  afterAll(() => server.remove());

  it('ten thousand series: the first 500 and a warning', async () => {
    const answer = await ask(
      server,
      { query: 'sum by (user) (count_over_time({app="big"} | logfmt user [30d]))', time: String(endNs) },
      'query',
    );
    expect(answer.status).toBe(200);
    const { data, warnings } = JSON.parse(answer.text);
    expect(data.result).toHaveLength(500);
    expect(warnings).toEqual([
      'maximum number of series (500) reached for a single query; returning partial results',
    ]);
  });

  it.each([
    [
      'all samples of each series',
      'sum by (user) (quantile_over_time(0.9, {app="big"} | logfmt | unwrap ms [12h]))',
      '2h',
    ],
    ['many cells of each series', 'sum by (user) (count_over_time({app="big"} | logfmt user [1h]))', '10m'],
    ['very many series', 'count_over_time({app="big"} | logfmt [30d])', '15d'],
    [
      'many series of many steps',
      'max by (path) (sum by (path, user) (rate({app="big"} | logfmt [1h])))',
      '6h',
    ],
  ])(
    '%s, more than max_query_memory: refused, and the process has not grown beyond it',
    async (_, query, step) => {
      const pid = server.process.pid as number;
      await resetPeakOf(pid);
      const before = await memoryOf(pid);
      expect(await ask(server, overAll(query, step))).toEqual({
        status: 400,
        text: expect.stringMatching(/^the query needs more memory than its limit \(\d+ bytes\); consider /),
      });
      await until(() => isIdle(server));
      const after = await memoryOf(pid);
      console.log(`peak grew by ${((after.peakBytes - before.residentBytes) / 2 ** 20).toFixed(0)} MiB`);
      expect(after.peakBytes - before.residentBytes).toBeLessThan(growthBytesMax);
    },
  );

  /** Little state, every line. */
  const long = overAll('sum(sum_over_time({app="big"} | logfmt | path=~".*[0-9]+" | unwrap ms [1h]))', '1h');

  it('its threads are idle soon after the client closed the socket', async () => {
    const pid = server.process.pid as number;
    const startTicks = await processorTicksOf(pid);
    expect((await ask(server, long)).status).toBe(200);
    const wholeTicks = (await processorTicksOf(pid)) - startTicks;
    const request = httpGet(`${server.baseUrl}/loki/api/v1/query_range?${new URLSearchParams(long)}`, {
      headers: { 'cache-control': 'no-cache' },
      agent: false,
    });
    request.on('error', () => {});
    await until(() => isBusy(server));
    request.destroy();
    const closedTicks = await processorTicksOf(pid);
    await until(() => isIdle(server));
    // Work, not time: how long it takes is the machine's affair.
    expect((await processorTicksOf(pid)) - closedTicks).toBeLessThan(wholeTicks / 2);
    await until(async () => (await gauge(server, 'skald_query_cancelled_total{cause="client"}')) > 0);
  });

  it('threads that die fail their query clearly, and others take their place', async () => {
    const dying = ask(server, long);
    await until(() => isBusy(server));
    await controlThreads(server, 'kill', 'query');
    expect(await dying).toEqual({
      status: 503,
      text: 'a query worker stopped while it worked on this query; it is being replaced, try again',
    });
    await until(async () => (await gauge(server, 'skald_query_workers')) === 2);
    const answer = await ask(
      server,
      { query: 'sum(count_over_time({app="big"}[31d]))', time: String(endNs) },
      'query',
    );
    expect(answer.status).toBe(200);
    expect(Number(JSON.parse(answer.text).data.result[0].value[1])).toBe(lineCount);
    expect(server.output()).toContain('a query worker has failed and is being replaced');
  });
});

describe('limits', () => {
  let server: Server;
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const ago = (hours: number): string => String(nowNs - BigInt(hours) * 3_600_000_000_000n);
  beforeAll(async () => {
    server = await startServer({
      environment: {
        SKALD_LIMITS_MAX_QUERY_BYTES_READ: '1KB',
        SKALD_LIMITS_MAX_QUERY_LENGTH: '24h',
        SKALD_LIMITS_MAX_QUERY_LOOKBACK: '48h',
        SKALD_LIMITS_MAX_QUERY_RANGE: '2h',
        SKALD_LIMITS_MAX_STREAMS_MATCHERS_PER_QUERY: '2',
      },
    });
    const entries = Array.from({ length: 100 }, (_, i) => ({
      timestampNs: nowNs - BigInt(i + 1) * 1_000_000_000n,
      line: `${i} ${'x'.repeat(100)}`,
    }));
    const answer = await push(
      server.baseUrl,
      protobufBody([{ labels: '{a="b"}', entries }]),
      protobufHeaders,
    );
    expect(answer.status).toBe(204);
  });
  afterAll(() => server.remove());

  const hour = { start: ago(1), end: String(nowNs) };
  it.each<[name: string, parameters: Readonly<Record<string, string>>, text: RegExp]>([
    ['negative', { query: 'rate({a="b"}[-1m])' }, /not a valid duration string: "-1m"/],
    ['empty', { query: 'rate({a="b"}[])' }, /empty duration string/],
    ['beyond any time', { query: 'rate({a="b"}[99999999999y])' }, /duration out of range/],
    ['max_query_range', { query: 'rate({a="b"}[3h])' }, /^\[interval\] value exceeds limit$/],
    [
      'max_query_bytes_read',
      { query: '{a="b"} |= "x"', ...hour },
      /^the query would read too many bytes \(query: .+B, limit: 1\.0 [kK]i?B\); consider adding more specific stream selectors or reduce the time range of the query$/,
    ],
    [
      'max_query_length',
      { query: '{a="b"}', start: ago(30), end: ago(0) },
      /^the query time range exceeds the limit \(query length: 30h0m0s, limit: 1d\)$/,
    ],
    [
      'max_query_lookback',
      { query: '{a="b"}', start: ago(60), end: ago(50) },
      /^this data is no longer available, it is past now - max_query_lookback \(48h\)$/,
    ],
    [
      'points',
      { query: 'rate({a="b"}[1m])', start: ago(20), end: ago(0), step: '1' },
      /^exceeded maximum resolution of 11,000 points per time series\. Try increasing the value of the step parameter$/,
    ],
    [
      'entries',
      { query: '{a="b"}', limit: '5001', ...hour },
      /^max entries limit per query exceeded, limit > max_entries_limit_per_query \(5001 > 5000\)$/,
    ],
    [
      'matchers',
      { query: '{a="b", c="d", e="f"}', ...hour },
      /^max streams matchers per query exceeded, matchers-count > limit \(3 > 2\)$/,
    ],
    [
      'no step',
      { query: 'rate({a="b"}[1m])', step: '0', ...hour },
      /^zero or negative query resolution step widths/,
    ],
  ])('%s: 400', async (_name, parameters, text) => {
    expect(await ask(server, parameters)).toEqual({ status: 400, text: expect.stringMatching(text) });
  });
});
