// Queries against a running gateway loaded with the corpus: p50 cold (first run), warm and, of metrics, without the cache, of each class, beside the
// targets for 1 GB. Usage: tsx bench/query.ts --base-url URL [--load-mb N] [--runs N] [--only NAME]
import { parseArgs } from 'node:util';
import { Corpus, needles } from './corpus.ts';
import { pushBodies } from './push-body.ts';

const { values: options } = parseArgs({
  options: {
    'base-url': { type: 'string', default: 'http://127.0.0.1:3100' },
    /** Push this much of the corpus first, and flush. */
    'load-mb': { type: 'string', default: '0' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});
const base = options['base-url'];
const startNs = 1_795_392_000_000_000_000n;
const endNs = startNs + 23n * 3_600_000_000_000n;
const day = { start: String(startNs), end: String(endNs) };

interface BenchQuery {
  readonly name: string;
  /** Milliseconds for 1 GB; undefined: none set. */
  readonly targetMs: number | undefined;
  readonly params: Readonly<Record<string, string>>;
}

const range = (name: string, targetMs: number | undefined, query: string, more = {}): BenchQuery => ({
  name,
  targetMs,
  params: { query, ...day, ...more },
});

const queries: readonly BenchQuery[] = [
  range('latest 1,000 lines', 10, '{env=~".+"}', { limit: '1000' }),
  range('latest 1,000 of one app', 10, '{app="logfmt-0"}', { limit: '1000' }),
  range('needle', 15, `{env=~".+"} |= "${needles.once}"`),
  range('substring needle', 20, `{env=~".+"} |= "${needles.substring}"`),
  range('absent literal', 15, `{env=~".+"} |= "${needles.absent}"`),
  range(
    'regex',
    200,
    `sum(count_over_time({env=~".+"} |~ "${needles.regex.replaceAll('\\', '\\\\')}" [1h]))`,
    { step: '3600' },
  ),
  range('case-insensitive', 150, `sum(count_over_time({env=~".+"} |~ "(?i)${needles.phrase}" [1h]))`, {
    step: '3600',
  }),
  range('literal count', undefined, 'sum(count_over_time({env=~".+"} |= "status=500" [1h]))', {
    step: '3600',
  }),
  range('count by minute, all streams', 10, 'sum(count_over_time({env=~".+"}[1m]))', { step: '60' }),
  range(
    'level histogram',
    10,
    'sum by (level, detected_level) (count_over_time({env=~".+"} | drop __error__[5m]))',
    { step: '300' },
  ),
  range('rate by app, 15 s steps', undefined, 'sum by (app) (rate({env="prod"}[5m]))', { step: '15' }),
  range('bytes by format', undefined, 'sum by (format) (bytes_over_time({env=~".+"}[1h]))', { step: '3600' }),
  range('JSON filter', 200, 'sum(count_over_time({format="pino"} | json | res_statusCode >= 500 [1h]))', {
    step: '3600',
  }),
  range('sum by JSON field', 300, 'sum by (res_statusCode) (count_over_time({format="pino"} | json [1h]))', {
    step: '3600',
  }),
  range(
    'quantile over unwrap',
    500,
    'quantile_over_time(0.95, {format="pino"} | json | unwrap responseTime [1h]) by (format)',
    { step: '3600' },
  ),
  range('logfmt filter', undefined, 'sum(count_over_time({format="logfmt"} | logfmt | status >= 500 [1h]))', {
    step: '3600',
  }),
  range(
    'pattern filter',
    undefined,
    'sum(count_over_time({format="nginx"} | pattern `<_> "<_> <_> <_>" <status> <_>` | status >= 500 [1h]))',
    { step: '3600' },
  ),
  range('rate by label', undefined, 'sum by (env) (rate({env=~".+"}[5m]))', { step: '60' }),
  range('topk', undefined, 'topk(5, sum by (app) (rate({env=~".+"}[5m])))', { step: '60' }),
  range('absent', undefined, 'absent_over_time({app="not-there"}[5m])', { step: '60' }),
  range(
    'line_format, newest 1,000',
    undefined,
    '{format="logfmt"} | logfmt | line_format "{{.status}} {{.msg}}"',
    {
      limit: '1000',
    },
  ),
  range(
    'regexp',
    undefined,
    'sum(count_over_time({format="logfmt"} | regexp "status=(?P<code>5[0-9]+)" | code != "" [1h]))',
    {
      step: '3600',
    },
  ),
  range('logfmt lines, newest 100', undefined, '{format="logfmt"} | logfmt | status >= 500', {
    limit: '100',
  }),
];

const noCache = { 'cache-control': 'no-cache' };

async function run({ params }: BenchQuery, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${base}/loki/api/v1/query_range?${new URLSearchParams(params)}`, { headers });
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 200)}`);
  return performance.now() - started;
}

async function load(megabytes: number): Promise<void> {
  const corpus = new Corpus({ bytes: megabytes * 1024 * 1024 });
  const started = performance.now();
  for (const { body } of pushBodies(corpus)) {
    const response = await fetch(`${base}/loki/api/v1/push`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf' },
    });
    if (response.status !== 204) throw new Error(`push: ${response.status} ${await response.text()}`);
  }
  const flushed = await fetch(`${base}/flush`, { method: 'POST' });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `loaded ${megabytes} MB, ${corpus.totals.entries} lines in ${seconds.toFixed(1)} s (flush: ${flushed.status})`,
  );
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ms = (value: number | undefined): string =>
  (value === undefined ? '–' : value.toFixed(value < 100 ? 1 : 0)).padStart(9);

if (options['load-mb'] !== '0') await load(Number(options['load-mb']));
console.log(
  `${'query'.padEnd(32)}${'cold ms'.padStart(9)}${'warm ms'.padStart(9)}${'no cache'.padStart(9)}${'1 GB target'.padStart(13)}`,
);
for (const query of queries) {
  if (options.only !== undefined && !query.name.includes(options.only)) continue;
  const cold = await run(query);
  const warm: number[] = [];
  for (let i = 0; i < Number(options.runs); i++) warm.push(await run(query));
  // Metric answers keep their steps: what they cost without.
  const fresh: number[] = [];
  if (query.params.step !== undefined)
    for (let i = 0; i < Number(options.runs); i++) fresh.push(await run(query, noCache));
  const times = [cold, median(warm), fresh.length > 0 ? median(fresh) : undefined];
  console.log(`${query.name.padEnd(32)}${times.map(ms).join('')}${ms(query.targetMs).padStart(13)}`);
}
const started = performance.now();
await Promise.all(queries.slice(0, 10).map((query) => run(query)));
console.log(
  `${'dashboard of 10 at once'.padEnd(32)}${ms(performance.now() - started)}${ms(undefined)}${ms(undefined)}${ms(1000).padStart(13)}`,
);
