// Every route with every method: who answers, with what status, and in what form.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
beforeAll(async () => {
  gateway = await startFakeGateway();
});
afterAll(() => gateway.close());

const range = 'start=1795491000&end=1795491900';
const json = 'application/json; charset=UTF-8';
const plain = 'text/plain; charset=utf-8';

const get = (path: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { redirect: 'manual', ...init });

describe('answers', () => {
  it.each<[method: string, path: string, status: number, type: string | null, body: unknown]>([
    ['GET', `/loki/api/v1/query_range?query={a="b"}&${range}`, 200, json, { status: 'success' }],
    ['POST', `/loki/api/v1/query_range?query={a="b"}&${range}`, 200, json, { status: 'success' }],
    ['GET', '/loki/api/v1/query?query=1%2B1', 200, json, { status: 'success' }],
    ['GET', '/loki/api/v1/labels', 200, json, { status: 'success', data: ['app', 'env'] }],
    ['POST', '/loki/api/v1/labels', 200, json, { status: 'success', data: ['app', 'env'] }],
    ['GET', '/loki/api/v1/label', 200, json, { status: 'success', data: ['app', 'env'] }],
    ['GET', '/api/prom/label', 200, json, { status: 'success', data: ['app', 'env'] }],
    ['GET', '/loki/api/v1/label/app/values', 200, json, { status: 'success', data: ['web'] }],
    ['GET', '/api/prom/label/app/values', 200, json, { status: 'success', data: ['web'] }],
    ['GET', '/loki/api/v1/series?match={a="b"}', 200, json, { status: 'success', data: [{ app: 'web' }] }],
    ['GET', '/api/prom/series', 200, json, { status: 'success', data: [{ app: 'web' }] }],
    [
      'GET',
      '/loki/api/v1/index/stats?query={a="b"}',
      200,
      json,
      { streams: 1, chunks: 2, bytes: 3, entries: 4 },
    ],
    [
      'GET',
      '/loki/api/v1/format_query?query={a="b"}|="x"',
      200,
      'application/json; charset=utf-8',
      { status: 'success', data: '{a="b"} |= "x"' },
    ],
    ['GET', '/loki/api/v1/status/buildinfo', 200, json, { revision: 'abc', application: 'Skald' }],
    [
      'GET',
      '/loki/api/v1/drilldown-limits',
      200,
      json,
      { limits: { retention_period: '7d', max_query_series: 500, query_timeout: '1m' } },
    ],
    ['GET', '/config/tenant/v1/limits', 200, plain, 'retention_period: 7d\n'],
    [
      'GET',
      '/prometheus/api/v1/rules',
      200,
      'application/json',
      { status: 'success', data: { groups: [] }, errorType: '', error: '' },
    ],
    [
      'GET',
      '/prometheus/api/v1/alerts',
      200,
      'application/json',
      { status: 'success', data: { alerts: [] } },
    ],
    ['GET', '/loki/api/v1/rules', 404, plain, 'no rule groups found'],
    ['GET', '/api/prom/rules/test/test', 400, plain, 'unsupported in rule local store'],
    ['GET', '/ready', 200, plain, 'ready\n'],
    ['HEAD', '/ready', 200, plain, ''],
    ['GET', '/services', 200, plain, 'store => Running\ningest => Running\n'],
    ['GET', '/config', 200, plain, 'data_dir: x\n'],
    ['GET', '/log_level', 200, 'application/json; charset=utf-8', { message: 'Current log level is info' }],
    [
      'POST',
      '/log_level?log_level=zzz',
      400,
      'application/json; charset=utf-8',
      { status: 'failed', message: 'unrecognized log level "zzz"' },
    ],
    [
      'POST',
      '/log_level?log_level=debug',
      200,
      'application/json; charset=utf-8',
      { status: 'success', message: 'Log level set to debug' },
    ],
    ['POST', '/flush', 204, null, ''],
    ['GET', '/ring', 200, 'text/html; charset=utf-8', 'no ring'],
    ['GET', '/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'loki_build_info'],
    ['HEAD', '/loki/api/v1/labels', 200, json, ''],
    ['HEAD', '/loki/api/v1/delete?query={a="b"}&start=1', 200, json, ''],
    ['HEAD', '/log_level?log_level=debug', 200, 'application/json; charset=utf-8', ''],
    ['HEAD', '/api/logs/stream', 200, 'text/event-stream; charset=utf-8', ''],
    ['HEAD', '/loki/api/v1/query', 400, plain, ''],
    ['HEAD', '/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', ''],
    ['GET', '/loki/api/v1/tail?query={a="b"}', 400, plain, 'tail needs a WebSocket'],
    ['GET', '/loki/api/v1/tail?query={a=', 400, plain, 'parse error'],
  ])('%s %s → %i', async (method, path, status, type, body) => {
    const response = await get(path, { method });
    const text = await response.text();
    expect({ status: response.status, type: response.headers.get('content-type'), text }).toMatchObject({
      status,
      type,
    });
    if (typeof body === 'string') expect(text).toContain(body);
    else expect(JSON.parse(text)).toMatchObject(body as object);
  });
});

describe('refusals', () => {
  it.each([
    ['GET', '/nosuch', 404],
    ['POST', '/loki/api/v1/nosuch', 404],
    ['GET', '/loki/api/v1/label/x', 404],
    ['GET', '/loki/api/v1/label/', 404],
    ['GET', '/loki/api/v1/label/a%2Fb/values', 404],
    ['GET', '/Ready', 404],
    ['GET', '/ready/', 404],
    ['GET', '/loki/api/v1/push', 404],
    ['DELETE', '/loki/api/v1/push', 404],
    ['GET', '/otlp/v1/logs', 404],
    ['PUT', '/loki/api/v1/push', 405],
    ['PUT', '/loki/api/v1/series', 405],
    ['PUT', '/loki/api/v1/query_range', 405],
    ['DELETE', '/loki/api/v1/labels', 405],
    ['OPTIONS', '/loki/api/v1/query', 405],
    ['GET', '/flush', 405],
    ['HEAD', '/flush', 405],
    ['HEAD', '/loki/api/v1/push', 404],
    ['POST', '/ready', 405],
  ])('%s %s → %i', async (method, path, status) => {
    const response = await get(path, { method });
    expect(response.status).toBe(status);
    const text = status === 404 && method !== 'HEAD' ? '404 page not found\n' : '';
    expect(await response.text()).toBe(text);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('paths of reads', () => {
  it.each([
    ['//loki//api/v1/labels?query=%7B%7D&a=b', '/loki/api/v1/labels?query=%7B%7D&a=b'],
    ['/loki/api/v1/detected_field//values', '/loki/api/v1/detected_field/values'],
    ['/loki//', '/loki/'],
  ])('%s is redirected to its clean form', async (path, location) => {
    const response = await get(path);
    expect([response.status, response.headers.get('location')]).toEqual([301, location]);
  });
});

describe('forms of answers', () => {
  it('compresses for those who ask', async () => {
    const response = await get('/metrics', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    expect(await response.text()).toContain('loki_build_info');
  });

  it('sends errors as bare text without newline', async () => {
    const response = await get('/loki/api/v1/query?query={bad');
    expect(response.headers.get('content-type')).toBe(plain);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(
      'parse error at line 1, col 5: syntax error: unexpected $end, expecting = or =~ or !~ or !=',
    );
  });

  it('answers format_query errors as JSON', async () => {
    const response = await get('/loki/api/v1/format_query?query=');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      status: 'invalid-query',
      error: 'parse error : syntax error: unexpected $end',
    });
  });

  it('answers an h2c upgrade attempt as an ordinary request', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(`${gateway.url}/ready`, {
        headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
      })
        .on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});

it('says why it is not ready', async () => {
  const waiting = await startFakeGateway({ notReady: () => 'the store is being opened' });
  const response = await fetch(`${waiting.url}/ready`);
  expect([response.status, await response.text()]).toEqual([503, 'the store is being opened\n']);
  await waiting.close();
});

it('serves under a path prefix', async () => {
  const prefixed = await startFakeGateway({ settings: { pathPrefix: '/logs' } });
  const statuses = await Promise.all(
    ['/logs/ready', '/ready', '/logs/loki/api/v1/label/app/values'].map(
      async (path) => (await fetch(prefixed.url + path)).status,
    ),
  );
  await prefixed.close();
  expect(statuses).toEqual([200, 404, 200]);
});

it('counts requests by route template', async () => {
  await (await get('/loki/api/v1/label/some_label/values')).text();
  expect(await gateway.metricsText()).toMatch(
    /loki_request_duration_seconds_count\{method="GET",route="loki_api_v1_label_name_values",status_code="200",ws="false"\} [1-9]/,
  );
});
