// What each client sends, as it sends it, and the fields that it reads: one row, one feature of one client.
// Drilldown's are in drilldown.test.ts, what agents push in agents.test.ts.
import { describe, expect, it } from 'vitest';
import {
  endNs,
  expectAnswer,
  grafana,
  logcli,
  type Row,
  range,
  startNs,
  useWebStream,
  web,
  webLines,
} from './web-stream.ts';

const gateway = useWebStream();

const aString = expect.any(String);
const aNumber = expect.any(Number);

const volume = `sum by (level, detected_level) (count_over_time(${web} | drop __error__[1m]))`;
const rows: readonly Row[] = [
  [
    'Grafana: save and test',
    grafana,
    '/loki/api/v1/query?direction=backward&query=vector(1)%2Bvector(1)&time=4000000000',
    { data: { resultType: 'vector', result: [{ metric: {}, value: [4_000_000_000, '2'] }] } },
  ],
  [
    'Grafana: Explore, logs',
    grafana,
    `/loki/api/v1/query_range?query=${web}&direction=backward&limit=1000&${range}&step=2000ms`,
    {
      data: {
        resultType: 'streams',
        encodingFlags: ['categorize-labels'],
        result: [
          {
            stream: { app: 'web', env: 'prod', service_name: 'web' },
            values: expect.arrayContaining([
              [aString, aString, { structuredMetadata: { trace_id: 't0', detected_level: 'error' } }],
            ]),
          },
        ],
        stats: {
          summary: { totalBytesProcessed: aNumber, totalLinesProcessed: webLines, execTime: aNumber },
        },
      },
    },
  ],
  [
    'Grafana: log volume',
    { ...grafana, 'X-Query-Tags': 'Source=logvolhist' },
    `/loki/api/v1/query_range?query=${encodeURIComponent(volume)}&${range}&step=60s`,
    {
      data: {
        resultType: 'matrix',
        result: [{ metric: { detected_level: 'error' } }, { metric: { detected_level: 'info' } }],
      },
    },
  ],
  [
    'Grafana: size of a query',
    grafana,
    `/loki/api/v1/index/stats?query=${web}&${range}`,
    { streams: 1, chunks: aNumber, bytes: aNumber, entries: webLines },
  ],
  ['Grafana: labels', grafana, `/loki/api/v1/labels?${range}`, { data: ['app', 'env', 'service_name'] }],
  [
    'Grafana: values for a variable',
    grafana,
    `/loki/api/v1/label/env/values?${range}&query=${web}`,
    { data: ['prod'] },
  ],
  [
    'Grafana: series',
    grafana,
    `/loki/api/v1/series?match%5B%5D=${web}&${range}`,
    { data: [{ app: 'web', env: 'prod', service_name: 'web' }] },
  ],
  [
    'Grafana: managed alert, nothing found',
    grafana,
    `/loki/api/v1/query?query=${encodeURIComponent('sum(rate({app="none"}[5m])) > 0')}&time=${endNs}`,
    { data: { resultType: 'vector', result: [] } },
  ],
  ['Grafana: alerting page', grafana, '/prometheus/api/v1/rules', { data: { groups: [] } }],
  [
    'logcli: query',
    logcli,
    `/loki/api/v1/query_range?direction=BACKWARD&limit=30&${range}&query=${web}`,
    {
      data: { resultType: 'streams', result: expect.any(Array), stats: { summary: { queueTime: aNumber } } },
    },
  ],
  ['logcli: series', logcli, `/loki/api/v1/series?match=${web}&${range}`, { data: [{ app: 'web' }] }],
  [
    'logcli: volume_range',
    logcli,
    `/loki/api/v1/index/volume_range?query=${web}&limit=30&step=60&${range}&targetLabels=app&aggregateBy=series`,
    // A vector when all lines lie in one minute.
    {
      data: { resultType: expect.stringMatching(/^(matrix|vector)$/), result: [{ metric: { app: 'web' } }] },
    },
  ],
  ['logcli: delete list', logcli, '/loki/api/v1/delete', []],
  [
    'canary: count',
    {},
    `/loki/api/v1/query?query=${encodeURIComponent(`count_over_time(${web}[24h])`)}&limit=1000&time=${endNs}`,
    { data: { resultType: 'vector', result: expect.any(Array) } },
  ],
  [
    'Grafana: Explore, metrics',
    grafana,
    `/loki/api/v1/query_range?query=${encodeURIComponent(`sum by (level) (rate(${web} | logfmt [1m]))`)}&${range}&step=60000ms`,
    {
      data: {
        resultType: 'matrix',
        result: [{ metric: { level: 'error' }, values: expect.any(Array) }, { metric: { level: 'info' } }],
      },
    },
  ],
  [
    'Grafana: a panel of one value; managed alert that finds something',
    { ...grafana, FromAlert: 'true' },
    `/loki/api/v1/query?query=${encodeURIComponent(`sum(count_over_time(${web}[5m])) > 0`)}&time=${endNs}`,
    { data: { resultType: 'vector', result: [{ metric: {}, value: [aNumber, String(webLines)] }] } },
  ],
  [
    'Grafana: sample of logs under a metric panel',
    { ...grafana, 'X-Query-Tags': 'Source=logsample' },
    `/loki/api/v1/query_range?query=${encodeURIComponent(`${web} | logfmt`)}&limit=100&${range}`,
    {
      data: {
        resultType: 'streams',
        result: [
          {
            stream: { app: 'web' },
            values: expect.arrayContaining([
              [
                aString,
                aString,
                {
                  structuredMetadata: expect.objectContaining({ trace_id: 't0' }),
                  parsed: expect.objectContaining({ status: '500' }),
                },
              ],
            ]),
          },
        ],
      },
    },
  ],
  [
    'Grafana: hints by a few lines',
    { ...grafana, 'X-Query-Tags': 'Source=datasample' },
    `/loki/api/v1/query_range?query=${web}&limit=10&${range}&direction=backward`,
    { data: { result: [{ values: Array.from({ length: 10 }, () => expect.any(Array)) }] } },
  ],
  [
    'Grafana: fields for completion',
    grafana,
    `/loki/api/v1/detected_fields?query=${web}&limit=1000&${range}`,
    { fields: expect.arrayContaining([expect.objectContaining({ label: 'status', type: 'int' })]) },
  ],
  [
    'Grafana: values of a field',
    grafana,
    `/loki/api/v1/detected_field/level/values?query=${web}&${range}`,
    { values: expect.arrayContaining(['error', 'info']) },
  ],
  [
    'Grafana: scopes',
    grafana,
    `/loki/api/v1/labels?${range}&query=${web}`,
    { data: ['app', 'env', 'service_name'] },
  ],
  ['logcli: labels', logcli, `/loki/api/v1/labels?${range}`, { data: ['app', 'env', 'service_name'] }],
  ['logcli: values', logcli, `/loki/api/v1/label/app/values?${range}`, { data: ['web'] }],
  [
    'logcli: instant-query',
    logcli,
    `/loki/api/v1/query?direction=BACKWARD&limit=30&time=${endNs}&query=${encodeURIComponent(`sum by (app) (count_over_time(${web}[5m]))`)}`,
    {
      data: {
        resultType: 'vector',
        result: [{ metric: { app: 'web' }, value: [aNumber, String(webLines)] }],
      },
    },
  ],
  [
    'logcli: stats',
    logcli,
    `/loki/api/v1/index/stats?query=${web}&${range}`,
    { streams: 1, entries: webLines },
  ],
  [
    'logcli: volume',
    logcli,
    `/loki/api/v1/index/volume?query=${web}&limit=30&${range}&aggregateBy=series`,
    { data: { resultType: 'vector', result: [{ metric: { app: 'web' } }] } },
  ],
  [
    'logcli: detected-fields',
    logcli,
    `/loki/api/v1/detected_fields?query=${web}&limit=100&line_limit=1000&step=10s&${range}`,
    { fields: expect.arrayContaining([expect.objectContaining({ label: 'msg' })]), limit: 100 },
  ],
  [
    'logcli: detected-fields of one field',
    logcli,
    `/loki/api/v1/detected_field/msg/values?query=${web}&limit=100&line_limit=1000&step=10s&${range}`,
    { values: ['request done'] },
  ],
  [
    'canary: missing entries',
    {},
    `/loki/api/v1/query_range?start=${startNs}&end=${endNs}&query=${web}&limit=1000`,
    { data: { resultType: 'streams', result: expect.any(Array) } },
  ],
  [
    'CrowdSec: query',
    { 'User-Agent': 'crowdsec/1.6' },
    `/loki/api/v1/query_range?query=${web}&limit=100&start=${startNs}&direction=forward`,
    {
      data: {
        resultType: 'streams',
        result: expect.arrayContaining([
          { stream: expect.objectContaining({ app: 'web' }), values: [[aString, aString]] },
        ]),
      },
    },
  ],
  ['anything: version', {}, '/loki/api/v1/status/buildinfo', { version: expect.stringMatching(/^3\./) }],
];

describe('requests of clients', () => {
  it.each(rows)('%s', (...row) => expectAnswer(gateway.server, row));

  it.each([
    ['Vector, container probes', 'GET', '/ready', 200, 'ready\n'],
    ['load balancers', 'HEAD', '/ready', 200, ''],
    ['Grafana: can rules be edited?', 'GET', '/api/prom/rules/test/test', 404, 'group does not exist'],
  ])('%s', async (_name, method, path, status, text) => {
    const response = await fetch(gateway.server.baseUrl + path, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
  });

  it('Grafana reads data in this order: resultType, encodingFlags, result, stats', async () => {
    const response = await fetch(`${gateway.server.baseUrl}/loki/api/v1/query_range?query=${web}&${range}`, {
      headers: grafana,
    });
    const { data } = (await response.json()) as { data: object };
    expect(Object.keys(data)).toEqual(['resultType', 'encodingFlags', 'result', 'stats']);
  });
});

it('logcli: delete create, list, cancel', async () => {
  const path = `${gateway.server.baseUrl}/loki/api/v1/delete`;
  const query = '{app="nobody"} |= "x"';
  const [start, end] = [startNs, endNs].map((ns) => ns / 1_000_000_000n);
  const created = await fetch(`${path}?query=${encodeURIComponent(query)}&start=${start}&end=${end}`, {
    method: 'POST',
    headers: logcli,
  });
  expect([created.status, await created.text()]).toEqual([204, '']);
  const list = async () =>
    (await (await fetch(path, { headers: logcli })).json()) as { request_id: string }[];
  const [request] = await list();
  expect(request).toMatchObject({ query, status: 'received', start_time: Number(start) });
  const url = `${path}?request_id=${request?.request_id}`;
  const cancelled = await fetch(url, { method: 'DELETE', headers: logcli });
  expect([cancelled.status, await cancelled.text()]).toEqual([204, '']);
  expect(await list()).toEqual([]);
});
