// What bench/growth.ts asks a gateway at each size, over all that is stored and over its last hour.
import { needles } from './corpus.ts';
import { print } from './measure.ts';

export interface GrowthSpan {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

interface GrowthQuery {
  readonly name: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** A scan of all lines: asked once. */
  readonly isLong?: boolean;
}

const hourNs = 3_600_000_000_000n;
const quarterNs = 900_000_000_000n;
const all = '{env=~".+"}';

function growthQueries({ startNs, endNs }: GrowthSpan): readonly GrowthQuery[] {
  const range = (name: string, query: string, fromNs: bigint, more = {}): GrowthQuery => ({
    name,
    path: 'query_range',
    params: { query, start: String(fromNs), end: String(endNs), ...more },
  });
  const lastHourNs = endNs - hourNs;
  const jsonSum = 'sum by (res_statusCode) (count_over_time({format="pino"} | json [1h]))';
  const everything = { start: String(startNs), end: String(endNs) };
  return [
    range('needle, all', `${all} |= "${needles.once}"`, startNs),
    range('needle none, all', `${all} |= "${needles.absent}"`, startNs),
    range('needle none, last hour', `${all} |= "${needles.absent}"`, lastHourNs),
    range('latest 1,000', all, startNs, { limit: '1000' }),
    range('oldest 1,000', all, startNs, { limit: '1000', direction: 'forward' }),
    range('window of 15 min', `${all} |= "status=500"`, endNs - quarterNs, { limit: '1000' }),
    range('count by minute, last hour', `sum(count_over_time(${all}[1m]))`, lastHourNs, { step: '60' }),
    range('count by 10 min, all', `sum(count_over_time(${all}[10m]))`, startNs, { step: '600' }),
    range('count by app and hour, all', `sum by (app) (count_over_time(${all}[1h]))`, startNs, {
      step: '3600',
    }),
    range('count by app and day, all', `sum by (app) (count_over_time(${all}[1d]))`, startNs, {
      step: '86400',
    }),
    range('bytes by format and hour, all', `sum by (format) (bytes_over_time(${all}[1h]))`, startNs, {
      step: '3600',
    }),
    {
      name: 'topk of all',
      path: 'query',
      params: {
        query: `topk(5, sum by (app) (count_over_time(${all}[${(endNs - startNs) / 1_000_000_000n}s])))`,
        time: String(endNs),
      },
    },
    { name: 'index volume, all', path: 'index/volume', params: { query: all, ...everything } },
    { name: 'index stats, all', path: 'index/stats', params: { query: all, ...everything } },
    { name: 'series, all', path: 'series', params: { 'match[]': all, ...everything } },
    range('json sum, last hour', jsonSum, lastHourNs, { step: '3600' }),
    { ...range('json sum, all', jsonSum, startNs, { step: '3600' }), isLong: true },
  ];
}

async function ask(baseUrl: string, { path, params }: GrowthQuery): Promise<{ ms: number; body: string }> {
  const started = performance.now();
  const response = await fetch(`${baseUrl}/loki/api/v1/${path}?${new URLSearchParams(params)}`, {
    headers: { 'cache-control': 'no-cache' },
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 200)}`);
  return { ms: performance.now() - started, body };
}

/** Prints the first and the median time of each query, without kept results. */
export async function askGrowth(
  baseUrl: string,
  span: GrowthSpan,
  { runs, only }: { readonly runs: number; readonly only: string | undefined },
): Promise<void> {
  for (const query of growthQueries(span)) {
    if (only !== undefined && !new RegExp(only).test(query.name)) continue;
    const first = await ask(baseUrl, query);
    const times: number[] = [];
    for (let run = 0; run < (query.isLong ? 1 : runs); run++) times.push((await ask(baseUrl, query)).ms);
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
    print(
      query.name,
      `first ${first.ms.toFixed(0)} ms, median ${median.toFixed(1)} ms, ${first.body.length} bytes`,
    );
  }
}
