// Answers of Loki to queries over a few pushed lines, each of which was once answered differently here.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Server, startServer } from '../server.ts';

type Entry = readonly [line: string, metadata?: Readonly<Record<string, string>>];
interface Reported {
  readonly name: string;
  readonly pushed: readonly Entry[];
  /** `$` stands for the selector of the pushed stream. */
  readonly query: string;
  /** Label set (without those of every stream) and its lines, newest first; or the values of series at the end. */
  readonly answer: readonly (readonly [labels: Readonly<Record<string, string>>, lines: readonly string[]])[];
}

const pattern: readonly Entry[] = [['GET /a 200'], ['10.0.0.1 GET /b 500'], ['POST /c']];
const users: readonly Entry[] = [['a=1 user='], ['a=2'], ['a=3 user=bob']];
const numbers: readonly Entry[] = [['rt=- status=200'], ['rt=5 status=500']];
const jsonError = "Value looks like object, but can't find closing '}' symbol";

const reported: readonly Reported[] = [
  {
    name: 'error details in a line',
    pushed: [['not json']],
    query: '$ | json | line_format "{{.__error__}}: {{.__error_details__}}"',
    answer: [
      [
        { detected_level: 'unknown', __error__: 'JSONParserErr', __error_details__: jsonError },
        [`JSONParserErr: ${jsonError}`],
      ],
    ],
  },
  {
    name: 'level words before tabs and newlines',
    pushed: [
      ['2026-11-30T10:00:00.000Z\tERROR\tcontroller/controller.go:329\tReconciler error'],
      ['2026-11-30T10:00:00.000Z\tINFO\tsetup\tstarting manager'],
      ['WARN\nsecond line'],
      ['ERROR space works'],
    ],
    query: '$',
    answer: [
      [
        { detected_level: 'error' },
        [
          'ERROR space works',
          '2026-11-30T10:00:00.000Z\tERROR\tcontroller/controller.go:329\tReconciler error',
        ],
      ],
      [{ detected_level: 'info' }, ['2026-11-30T10:00:00.000Z\tINFO\tsetup\tstarting manager']],
      [{ detected_level: 'warn' }, ['WARN\nsecond line']],
    ],
  },
  {
    name: 'a pattern that begins with a literal',
    pushed: pattern,
    query: '$ |> `GET <_>`',
    answer: [[{ detected_level: 'unknown' }, ['10.0.0.1 GET /b 500', 'GET /a 200']]],
  },
  {
    name: 'lines without a pattern that begins with a literal',
    pushed: pattern,
    query: '$ !> `GET <_>`',
    answer: [[{ detected_level: 'unknown' }, ['POST /c']]],
  },
  {
    name: 'a group label with an empty value, and none',
    pushed: users,
    query: 'sum by (user) (count_over_time($ | logfmt --keep-empty [1h]))',
    answer: [
      [{}, ['1']],
      [{ user: '' }, ['1']],
      [{ user: 'bob' }, ['1']],
    ],
  },
  {
    name: 'a number comparison after an error',
    pushed: numbers,
    query: 'sum(count_over_time($ | logfmt | rt > 1 | status >= 500 [1h]))',
    answer: [[{}, ['1']]],
  },
  {
    name: 'a size comparison after an error',
    pushed: [['not json', { size: '5B' }]],
    query: '$ | json | size > 1KB',
    answer: [],
  },
  {
    name: 'a label compared with the empty regex',
    pushed: [['user=bob x=1'], ['x=2']],
    query: '$ | logfmt | user=~""',
    answer: [
      [{ detected_level: 'unknown', user: 'bob', x: '1' }, ['user=bob x=1']],
      [{ detected_level: 'unknown', x: '2' }, ['x=2']],
    ],
  },
  {
    name: 'a label compared with no empty regex',
    pushed: [['user=bob x=1'], ['x=2']],
    query: '$ | logfmt | user!~""',
    answer: [],
  },
];

const startS = 1_796_025_600;
const endS = startS + 600;
let server: Server;

beforeAll(async () => {
  server = await startServer({ environment: { SKALD_REJECT_OLD_SAMPLES: 'false' } });
  const streams = reported.map(({ pushed }, i) => ({
    stream: { r: String(i) },
    values: pushed.map(([line, metadata], k) => [`${startS + k}000000000`, line, metadata ?? {}]),
  }));
  const response = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams }),
  });
  expect(response.status).toBe(204);
});
afterAll(() => server.remove());

interface Row {
  readonly stream?: Record<string, string>;
  readonly metric?: Record<string, string>;
  readonly values?: readonly (readonly [time: string, line: string])[];
  readonly value?: readonly [time: number, value: string];
}

it.each(reported)('$name', async ({ pushed, query, answer }) => {
  const selector = `{r="${reported.findIndex((one) => one.pushed === pushed)}"}`;
  const isMetric = !query.startsWith('$');
  const parameters = new URLSearchParams({ query: query.replace('$', selector) });
  if (isMetric) parameters.set('time', String(endS));
  else {
    parameters.set('start', String(startS));
    parameters.set('end', String(endS));
  }
  const path = isMetric ? 'query' : 'query_range';
  const response = await fetch(`${server.baseUrl}/loki/api/v1/${path}?${parameters}`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const rows = (JSON.parse(text) as { data: { result: Row[] } }).data.result.map((row) => {
    const { r: _, service_name: __, ...labels } = row.stream ?? row.metric ?? {};
    return [labels, row.value ? [row.value[1]] : (row.values ?? []).map(([, line]) => line)];
  });
  expect(rows).toHaveLength(answer.length);
  expect(rows).toEqual(expect.arrayContaining(answer.map((row) => [...row])));
});
