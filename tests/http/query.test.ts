import { afterEach, describe, expect, it } from 'vitest';
import {
  QueryCancelledError,
  QueryEvaluationError,
  QueryQueueFullError,
  QueryTimeoutError,
  QueryWorkerLostError,
} from '../../src/scan/query-errors.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';
import {
  type FakeGateway,
  type FakeOptions,
  logResult,
  noStatistics,
  nowNs,
  startFakeGateway,
} from './fake-gateway.ts';

let gateway: FakeGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function ask(path: string, init: RequestInit = {}, options: FakeOptions = {}) {
  gateway = await startFakeGateway(options);
  const response = await fetch(gateway.url + path, init);
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, text: await response.text(), retryAfter, gateway };
}

const second = 1_000_000_000n;
const form = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});

describe('the type of an answer', () => {
  it.each([
    ['application/vnd.apache.parquet', 406],
    ['application/vnd.google.protobuf;q=1, application/vnd.apache.parquet', 406],
    ['application/vnd.apache.parquet, */*;q=0.1', 200],
    ['application/json', 200],
    ['*/*', 200],
    ['', 200],
  ])('where %j is accepted: %d', async (accept, status) => {
    const path = '/loki/api/v1/query_range?query={a="b"}&start=1795491000&end=1795491900';
    const answer = await ask(path, { headers: { accept } });
    expect(answer.status).toBe(status);
    if (status === 406) expect(answer.text).toMatch(/^answers are JSON only: application\/vnd\./);
  });
});

describe('query_range of logs', () => {
  const path = '/loki/api/v1/query_range?query={a="b"}&start=1795491000&end=1795491900';

  it('asks for half-open bounds, the default limit, backward', async () => {
    const { gateway } = await ask(path);
    expect(gateway.logRequests[0]).toMatchObject({
      startNs: 1_795_491_000n * second,
      endNs: 1_795_491_900n * second,
      limit: 100,
      direction: 'backward',
      intervalNs: 0n,
      categorizeLabels: false,
    });
  });

  it('reads a form, which comes before the URL', async () => {
    const { status, gateway } = await ask(
      '/loki/api/v1/query_range?query={c="d"}&limit=7',
      form({ query: '{a="b"}', limit: '3', direction: 'FORWARD', interval: '5' }),
    );
    expect(status).toBe(200);
    expect(gateway.logRequests[0]).toMatchObject({
      limit: 3,
      direction: 'forward',
      intervalNs: 5n * second,
      query: { matchers: [{ name: 'a', op: '=', value: 'b' }] },
    });
  });

  it('puts resultType, encodingFlags, result and stats in this order', async () => {
    const streams = [{ stream: { a: 'b' }, values: [['1', 'x', {}]] }];
    const { text } = await ask(
      path,
      { headers: { 'X-Loki-Response-Encoding-Flags': 'other, categorize-labels' } },
      { logs: async () => logResult(streams) },
    );
    const body = JSON.parse(text);
    expect(Object.keys(body.data)).toEqual(['resultType', 'encodingFlags', 'result', 'stats']);
    expect(body.data).toMatchObject({
      resultType: 'streams',
      encodingFlags: ['other', 'categorize-labels'],
      result: streams,
      stats: { summary: { totalBytesProcessed: 12, totalLinesProcessed: 3, totalEntriesReturned: 2 } },
    });
  });

  it('has no flags unless asked', async () => {
    const { text } = await ask(path);
    expect(Object.keys(JSON.parse(text).data)).toEqual(['resultType', 'result', 'stats']);
  });
});

describe('metric queries', () => {
  it('aligns a range to the step since the epoch, the end upwards', async () => {
    const { gateway } = await ask(
      '/loki/api/v1/query_range?query=rate({a="b"}[1m])&start=1795491123.456&end=1795491456.789&step=60',
    );
    expect(gateway.metricRequests[0]).toMatchObject({
      startNs: 1_795_491_120n * second,
      endNs: 1_795_491_480n * second,
      stepNs: 60n * second,
    });
  });

  it('takes ten digits of time for seconds', async () => {
    const { gateway } = await ask('/loki/api/v1/query?query=vector(1)%2Bvector(1)&time=4000000000');
    expect(gateway.metricRequests[0]).toMatchObject({
      startNs: 4_000_000_000n * second,
      endNs: 4_000_000_000n * second,
      stepNs: 0n,
    });
  });

  it('writes vectors, samples and warnings', async () => {
    const { text } = await ask(
      '/loki/api/v1/query?query=rate({a="b"}[1m])',
      {},
      {
        metrics: async () => ({
          kind: 'vector',
          series: [
            {
              labels: [['a', 'b"']],
              timesMs: Float64Array.of(1_795_491_900_902),
              values: Float64Array.of(1 / 150_000_000),
            },
          ],
          statistics: noStatistics,
          warnings: ['maximum number of series (500) reached for a single query; returning partial results'],
        }),
      },
    );
    expect(text).toContain(
      '"data":{"resultType":"vector","result":[{"metric":{"a":"b\\""},"value":[1795491900.902,"0.000000006666666666666667"]}],"stats":{',
    );
    expect(JSON.parse(text).warnings).toHaveLength(1);
  });

  it('writes matrices with special values', async () => {
    const { text } = await ask(
      '/loki/api/v1/query_range?query=rate({a="b"}[1m])',
      {},
      {
        metrics: async () => ({
          kind: 'matrix',
          series: [
            {
              labels: [],
              timesMs: Float64Array.of(1000, 2000, 3500),
              values: Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1e21),
            },
          ],
          statistics: noStatistics,
          warnings: [],
        }),
      },
    );
    expect(text).toContain(
      '"result":[{"metric":{},"values":[[1,"NaN"],[2,"+Inf"],[3.5,"1000000000000000000000"]]}]',
    );
  });

  it('writes a scalar with its time in seconds', async () => {
    const { text } = await ask(
      '/loki/api/v1/query?query=1%2B1',
      {},
      {
        metrics: async () => ({
          kind: 'scalar',
          timeMs: 1_795_491_900_946,
          value: 2,
          statistics: noStatistics,
          warnings: [],
        }),
      },
    );
    expect(text).toContain('"resultType":"scalar","result":[1795491900.946,"2"]');
  });
});

describe('refusals', () => {
  it.each<[path: string, status: number, text: string, options?: FakeOptions]>([
    [
      '/loki/api/v1/query?query={a="b"}',
      400,
      'log queries are not supported as an instant query type, please change your query to a range query type',
    ],
    ['/loki/api/v1/query?query=', 400, 'parse error : syntax error: unexpected $end'],
    [
      '/loki/api/v1/query_range?query={a="b"}&limit=6000',
      400,
      'max entries limit per query exceeded, limit > max_entries_limit_per_query (6000 > 5000)',
    ],
    [
      '/loki/api/v1/query_range?query={a="b"}&start=11&end=10',
      400,
      'end timestamp must not be before or equal to start time',
    ],
    [
      '/loki/api/v1/query_range?query={a="b"}&start=0&end=90000000',
      400,
      'the query time range exceeds the limit (query length: 25000h0m0s, limit: 30d1h)',
      { limits: { maxQueryLengthMs: 721 * 3_600_000 } },
    ],
    [
      '/loki/api/v1/query_range?query={a="b"}&start=1&end=10',
      400,
      'this data is no longer available, it is past now - max_query_lookback (2160h)',
      { limits: { maxQueryLookbackMs: 2160 * 3_600_000 } },
    ],
    [
      '/loki/api/v1/labels?start=11&end=10',
      400,
      'this data is no longer available, it is past now - max_query_lookback (0s)',
    ],
    [
      '/loki/api/v1/query?query=rate({a="b"}[2h])',
      400,
      '[interval] value exceeds limit',
      { limits: { maxQueryRangeMs: 3_600_000 } },
    ],
    [
      '/loki/api/v1/query?query=rate({a="b",c="d"}[2h])',
      400,
      'max streams matchers per query exceeded, matchers-count > limit (2 > 1)',
      { limits: { maxStreamsMatchersPerQuery: 1 } },
    ],
    ['/loki/api/v1/labels?query={a="b"}|="x"', 400, 'only label matchers are supported'],
    ['/loki/api/v1/series?match[]=', 400, 'parse error : syntax error: unexpected $end'],
    ['/loki/api/v1/index/stats?query=rate({a="b"}[1m])', 400, 'only label matchers are supported'],
    ['/api/prom/query?query=rate({a="b"}[1m])', 400, 'legacy endpoints only support streams result type'],
  ])('%s', async (path, status, text, options) => {
    expect(await ask(path, {}, options)).toMatchObject({ status, text });
  });

  it.each([
    [new QueryTimeoutError('late'), 504, 'request timed out, decrease the duration'],
    [new QueryQueueFullError('too many outstanding requests'), 429, 'too many outstanding requests'],
    [new QueryWorkerLostError('lost'), 503, 'try again'],
    [new StoreUnavailableError('shard 2 cannot be used'), 503, 'shard 2'],
    [new QueryCancelledError('gone'), 499, 'the request was cancelled by the client'],
    [new QueryEvaluationError('pipeline error: x'), 400, 'pipeline error: x'],
    [new TypeError('secret detail'), 500, 'internal error'],
  ])('%s', async (error, status, text) => {
    const path = '/loki/api/v1/query_range?query={a="b"}';
    const answer = await ask(path, {}, { logs: () => Promise.reject(error) });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(answer.text).not.toContain('secret');
    // What passes by itself is worth another try, and says when.
    expect(answer.retryAfter).toBe([429, 503].includes(status) ? '1' : null);
  });

  it('lets a client tighten its limits and not loosen them', async () => {
    const tight = { headers: { 'X-Loki-Query-Limits': '{"maxEntriesLimitPerQuery":10}' } };
    expect(await ask('/loki/api/v1/query_range?query={a="b"}&limit=11', tight)).toMatchObject({
      status: 400,
    });
    await gateway?.close();
    const loose = { headers: { 'X-Loki-Query-Limits': '{"maxEntriesLimitPerQuery":10000}' } };
    expect(await ask('/loki/api/v1/query_range?query={a="b"}&limit=6000', loose)).toMatchObject({
      status: 400,
    });
  });

  it('clips the start to the look-back', async () => {
    const options = { limits: { maxQueryLookbackMs: 3_600_000 } };
    const { gateway } = await ask(
      '/loki/api/v1/query_range?query={a="b"}&start=0&step=1w&end=1795492000',
      {},
      options,
    );
    expect(gateway.logRequests[0]?.startNs).toBe(nowNs - 3600n * second);
  });

  it('asks the engine to stop when the client goes away', async () => {
    let stopped: (value: unknown) => void = () => {};
    const stop = new Promise((resolve) => {
      stopped = resolve;
    });
    const client = new AbortController();
    gateway = await startFakeGateway({
      logs: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped(true);
            reject(new QueryCancelledError('gone'));
          });
          client.abort();
        }),
    });
    const path = '/loki/api/v1/query_range?query={a="b"}';
    await expect(fetch(gateway.url + path, { signal: client.signal })).rejects.toThrow();
    expect(await stop).toBe(true);
  });
});

describe('metadata', () => {
  it.each([
    ['/loki/api/v1/labels', undefined],
    ['/loki/api/v1/labels?query=', undefined],
    ['/loki/api/v1/labels?query=%7B%20%7D', undefined],
    ['/loki/api/v1/labels?query={a="b"}', [{ name: 'a', op: '=', value: 'b' }]],
  ])('%s', async (path, matchers) => {
    const { gateway } = await ask(path);
    expect((gateway.metadataRequests[0]?.[0] as { matchers?: unknown } | undefined)?.matchers).toEqual(
      matchers,
    );
  });

  it.each([
    ['', 0],
    ['?match={}', 0],
    ['?match={a="b"}&match[]={c="d"}', 2],
  ])('series%s asks for %i selectors', async (query, count) => {
    const { gateway } = await ask(`/loki/api/v1/series${query}`);
    expect(gateway.metadataRequests[0]?.[0]).toHaveLength(count);
  });

  it('decodes a label name of the path', async () => {
    const { gateway } = await ask('/loki/api/v1/label/a%20b/values');
    expect(gateway.metadataRequests[0]?.[0]).toBe('a b');
  });
});

it('answers the query route of before 1.0 in its old form', async () => {
  const streams = [{ stream: { b: '2', a: '"1"' }, values: [['1795491819318477056', 'x']] }];
  const { text, gateway } = await ask(
    '/api/prom/query?query={a="b"}&regexp=x%2B',
    {},
    { logs: async () => logResult(streams) },
  );
  expect(JSON.parse(text).streams).toEqual([
    { labels: '{a="\\"1\\"", b="2"}', entries: [{ ts: '2026-11-24T03:43:39.318477056Z', line: 'x' }] },
  ]);
  expect(gateway.logRequests[0]?.query.stages).toEqual([
    { kind: 'lineFilter', op: '|~', alternatives: [{ text: 'x+', ip: false }] },
  ]);
});
