// What Grafana Logs Drilldown sends, as it sends it, and the fields that it reads: one row, one feature.
import { expect, it } from 'vitest';
import { get, push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders } from '../push-body.ts';
import {
  drilldown,
  endNs,
  expectAnswer,
  isoRange,
  type Row,
  useWebStream,
  web,
  webLines,
} from './web-stream.ts';

const gateway = useWebStream();

const aString = expect.any(String);
const aNumber = expect.any(Number);

const rows: readonly Row[] = [
  [
    'Drilldown: services',
    drilldown,
    `/loki/api/v1/index/volume?query=${encodeURIComponent('{service_name=~".+"}')}&limit=5000&${isoRange}`,
    {
      data: {
        resultType: 'vector',
        result: [{ metric: { service_name: 'web' }, value: [aNumber, aString] }],
      },
    },
  ],
  [
    'Drilldown: labels',
    drilldown,
    `/loki/api/v1/detected_labels?query=&${isoRange}`,
    { detectedLabels: expect.arrayContaining([{ label: 'service_name', cardinality: 1 }]) },
  ],
  [
    'Drilldown: fields',
    drilldown,
    `/loki/api/v1/detected_fields?query=${web}&${isoRange}&line_limit=1000`,
    {
      fields: expect.arrayContaining([
        { label: 'duration', type: 'duration', cardinality: webLines, parsers: ['logfmt'] },
        { label: 'trace_id', type: 'string', cardinality: webLines, parsers: null },
      ]),
    },
  ],
  [
    'Drilldown: values of a field',
    drilldown,
    `/loki/api/v1/detected_field/status/values?query=${web}&limit=1000&${isoRange}`,
    { values: ['500'] },
  ],
  [
    'Drilldown: patterns',
    drilldown,
    `/loki/api/v1/patterns?query=${web}&step=60s&${isoRange}`,
    { data: expect.arrayContaining([{ pattern: aString, level: aString, samples: expect.any(Array) }]) },
  ],
  [
    'Drilldown: limits',
    drilldown,
    '/loki/api/v1/drilldown-limits',
    { limits: { retention_period: '1w', max_entries_limit_per_query: 5000 }, version: aString },
  ],
  [
    'Drilldown: volume of a service',
    drilldown,
    `/loki/api/v1/query_range?query=${encodeURIComponent('sum by (detected_level) (count_over_time({service_name="web"} | drop __error__[60s]))')}&${isoRange}&step=60s`,
    { data: { result: [{ metric: { detected_level: 'error' } }, { metric: { detected_level: 'info' } }] } },
  ],
  [
    'Drilldown: a label',
    drilldown,
    `/loki/api/v1/query_range?query=${encodeURIComponent('sum(count_over_time({service_name="web"} [60s])) by (env)')}&${isoRange}&step=60s`,
    { data: { result: [{ metric: { env: 'prod' } }] } },
  ],
  ...(
    [
      [
        'a field',
        'sum by (status) (count_over_time({service_name="web"} | json | logfmt | drop __error__, __error_details__ | status!="" [60s]))',
        { status: '500' },
      ],
      [
        'a duration',
        'avg_over_time({service_name="web"} | logfmt | unwrap duration(duration) | __error__="" [60s]) by ()',
        {},
      ],
      [
        'a size',
        'avg_over_time({service_name="web"} | logfmt | unwrap bytes(size) | __error__="" [60s]) by ()',
        {},
      ],
      [
        'a number',
        'avg_over_time({service_name="web"} | logfmt | unwrap status | __error__="" [60s]) by ()',
        {},
      ],
    ] as const
  ).map(
    ([name, query, metric]): Row => [
      `Drilldown: ${name}`,
      drilldown,
      `/loki/api/v1/query_range?query=${encodeURIComponent(query)}&${isoRange}&step=60s`,
      { data: { resultType: 'matrix', result: [{ metric, values: expect.any(Array) }] } },
    ],
  ),
  [
    'Drilldown: distribution of a field',
    drilldown,
    `/loki/api/v1/query?query=${encodeURIComponent('sum by (status) (count_over_time({service_name="web"} | logfmt | keep status [1h]))')}&time=${endNs}`,
    {
      data: {
        resultType: 'vector',
        result: [{ metric: { status: '500' }, value: [aNumber, String(webLines)] }],
      },
    },
  ],
  [
    'Drilldown: lines of a pattern',
    drilldown,
    `/loki/api/v1/query_range?query=${encodeURIComponent(`${web} |> \`level=error <_>\` !> "level=info <_>"`)}&${isoRange}&limit=1000`,
    { data: { result: [{ values: Array.from({ length: webLines / 4 }, () => expect.any(Array)) }] } },
  ],
  [
    'Drilldown: values of a label',
    drilldown,
    `/loki/api/v1/label/env/values?${isoRange}`,
    { data: ['prod'] },
  ],
];

it.each(rows)('%s', (...row) => expectAnswer(gateway.server, row));

// Last: its stream would show among the services.
it('Drilldown: JSON view, by the paths that detected fields give', async () => {
  const line = JSON.stringify({ request: { 'user id': 'u7' } });
  const entries = [{ timestampNs: endNs - 1_000_000_000n, line }];
  expect(
    (await push(gateway.server.baseUrl, jsonBody({ app: 'documents' }, entries), jsonHeaders)).status,
  ).toBe(204);
  const query = '{app="documents"}';
  const { fields } = await get<{ fields: { label: string; jsonPath?: string[] }[] }>(
    gateway.server.baseUrl,
    '/loki/api/v1/detected_fields',
    { query },
  );
  const { jsonPath = [] } = fields.find(({ label }) => label === 'request_user_id') ?? {};
  expect(jsonPath).toEqual(['request', 'user id']);
  const [first, ...rest] = jsonPath;
  const path = [first, ...rest.map((name) => `[\\"${name}\\"]`)].join('');
  const filtered = `${query} | json field="${path}" | field="u7"`;
  await expectAnswer(gateway.server, [
    'JSON view',
    drilldown,
    `/loki/api/v1/query_range?query=${encodeURIComponent(filtered)}&${isoRange}&limit=100`,
    { data: { result: [{ values: [[aString, line, { parsed: { field: 'u7' } }]] }] } },
  ]);
});
