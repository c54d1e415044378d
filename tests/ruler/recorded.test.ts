// Recorded series that are kept: what the store keeps of them, and Prometheus' API over it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegexError } from '../../src/regex/re2.ts';
import { parsePromql } from '../../src/ruler/recorded/promql.ts';
import { PromqlError } from '../../src/ruler/recorded/promql-tokens.ts';
import { answerRecorded, type RecordedRequest } from '../../src/ruler/recorded/recorded-api.ts';
import { keptSeriesMax, type NewSample, type RuleStore } from '../../src/store/rule-store.ts';
import { noChange, ruleStoreFile } from './store.ts';

const address = { tenant: 't', namespace: 'ns', group: 'g' };
const second = 1000;
/** On a whole minute. */
const startMs = 1_800_000_000_000;
const seriesText = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort());

const put = (store: RuleStore, samples: readonly NewSample[], tenant = 't') =>
  store.apply({ ...noChange({ ...address, tenant }), samples }, { durable: true });

/** `a` and `b` have a value every 15 s for 10 minutes: seconds since the start, and ten times that; `b` ends after 5. */
async function filled(): Promise<RuleStore> {
  const store = ruleStoreFile()();
  const samples: NewSample[] = [];
  for (let at = 0; at <= 600; at += 15) {
    const timeMs = startMs + at * second;
    samples.push({ series: seriesText({ __name__: 'app:lines', app: 'a', dc: 'x' }), timeMs, value: at });
    if (at <= 300)
      samples.push({
        series: seriesText({ __name__: 'app:lines', app: 'b', dc: 'x' }),
        timeMs,
        value: at === 300 ? undefined : at * 10,
      });
  }
  samples.push({ series: seriesText({ __name__: 'odd' }), timeMs: startMs, value: Number.NaN });
  samples.push({
    series: seriesText({ __name__: 'odd', v: 'inf' }),
    timeMs: startMs,
    value: Number.NEGATIVE_INFINITY,
  });
  await put(store, samples);
  return store;
}

const clock = { nowMs: startMs + 600 * second, keptMs: 3_600_000 };
interface ApiAnswer {
  readonly status: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
  readonly errorType?: string;
  readonly error?: string;
}
async function ask(
  store: RuleStore,
  what: RecordedRequest['ask'],
  given: Readonly<Record<string, string>>,
  { label = '', tenant = 't', at = clock } = {},
): Promise<ApiAnswer & { readonly code: number }> {
  const parameters = new Map(Object.entries(given).map(([name, value]) => [name, [value]]));
  const request = (
    what === 'values' ? { ask: what, label, parameters } : { ask: what, parameters }
  ) as RecordedRequest;
  const { status, body } = await answerRecorded(store, tenant, request, at);
  return { code: status, ...(JSON.parse(body) as ApiAnswer) };
}

/** `{labels} value`, one a series. */
async function instant(store: RuleStore, query: string, at: number): Promise<readonly string[]> {
  const { data, error } = await ask(store, 'query', { query, time: String(startMs / 1000 + at) });
  if (data === undefined) throw new Error(error);
  if (data.resultType === 'scalar') return [(data.result as readonly [number, string])[1]];
  return (data.result as readonly { metric: Record<string, string>; value: readonly [number, string] }[]).map(
    ({ metric, value }) =>
      `{${Object.entries(metric)
        .map((pair) => pair.join('='))
        .join(',')}} ${value[1]}`,
  );
}

describe('instant queries', () => {
  it.each<[rule: string, query: string, at: number, answer: readonly string[]]>([
    ['the newest sample', 'app:lines{app="a"}', 100, ['{__name__=app:lines,app=a,dc=x} 90']],
    ['a sample of this very time', 'app:lines{app="a"}', 105, ['{__name__=app:lines,app=a,dc=x} 105']],
    ['a series that has ended', 'app:lines{app="b"}', 301, []],
    [
      'as it was before its end',
      'app:lines{app="b"} offset 1m',
      345,
      ['{__name__=app:lines,app=b,dc=x} 2850'],
    ],
    ['nothing older than five minutes', 'odd', 301, []],
    [
      'a name as a matcher, regexes are whole',
      '{__name__=~"app:.+",app!~"b|c"}',
      0,
      ['{__name__=app:lines,app=a,dc=x} 0'],
    ],
    ['a regex that would have to match a part', '{__name__=~"app"}', 0, []],
    ['NaN and infinities', 'odd', 10, ['{__name__=odd} NaN', '{__name__=odd,v=inf} -Inf']],
    ['sum', 'sum(app:lines)', 60, ['{} 660']],
    ['sum by', 'sum by (app) (app:lines)', 60, ['{app=a} 60', '{app=b} 600']],
    ['grouping behind', 'max(app:lines) by (dc)', 60, ['{dc=x} 600']],
    ['without, and without the name', 'avg without (app) (app:lines)', 60, ['{dc=x} 330']],
    [
      'count by name',
      'count by (__name__) ({__name__!=""})',
      60,
      ['{__name__=app:lines} 2', '{__name__=odd} 2'],
    ],
    ['topk', 'topk(1, app:lines)', 60, ['{__name__=app:lines,app=b,dc=x} 600']],
    ['avg_over_time: left-open windows', 'avg_over_time(app:lines{app="a"}[1m])', 60, ['{app=a,dc=x} 37.5']],
    ['count_over_time', 'count_over_time(app:lines{app="a"}[2m])', 600, ['{app=a,dc=x} 8']],
    ['the end of a series is no sample', 'count_over_time(app:lines{app="b"}[1m])', 300, ['{app=b,dc=x} 3']],
    [
      'max of a range with offset',
      'max_over_time(app:lines{app="a"}[1m] offset 5m)',
      600,
      ['{app=a,dc=x} 300'],
    ],
    [
      'last_over_time keeps the name',
      'last_over_time(app:lines{app="a"}[30s])',
      61,
      ['{__name__=app:lines,app=a,dc=x} 60'],
    ],
    ['quantile_over_time', 'quantile_over_time(0.5, app:lines{app="a"}[1m])', 60, ['{app=a,dc=x} 37.5']],
    ['nested', 'sum(max_over_time(app:lines[1m])) / 10', 60, ['{} 66']],
    ['arithmetic drops the name', 'app:lines{app="a"} * 2 + 1', 60, ['{app=a,dc=x} 121']],
    ['series with series', 'app:lines{app="a"} / on(dc) app:lines{app="b"}', 60, ['{dc=x} 0.1']],
    ['a comparison filters', 'app:lines > 100', 60, ['{app=b,dc=x} 600']],
    ['bool', 'app:lines > bool 100', 60, ['{app=a,dc=x} 0', '{app=b,dc=x} 1']],
    ['and', 'app:lines and app:lines{app="a"}', 60, ['{app=a,dc=x} 60']],
    ['what Grafana asks to see whether anybody is there', '1+1', 0, ['2']],
    ['powers bind to the right, and before a sign', '-2 ^ 3 ^ 0', 0, ['-2']],
    ['products before sums', '1 + 2 * 3 # said', 0, ['7']],
    ['a vector', 'vector(1)', 0, ['{} 1']],
  ])('%s: %s', async (_rule, query, at, answer) => {
    const store = await filled();
    expect(await instant(store, query, at)).toEqual(answer);
    await store.close();
  });
});

it('range queries give each step what an instant query gives', async () => {
  const store = await filled();
  const query = 'sum by (app) (avg_over_time(app:lines[1m])) or vector(7)';
  const [from, to, step] = [0, 600, 50];
  const { data } = await ask(store, 'query_range', {
    query,
    start: new Date(startMs).toISOString(),
    end: String(startMs / 1000 + to),
    step: '50s',
  });
  const rows = data?.result as readonly {
    metric: Record<string, string>;
    values: readonly [number, string][];
  }[];
  for (let at = from; at <= to; at += step) {
    const found = rows.flatMap(({ metric, values }) =>
      values
        .filter(([time]) => time === startMs / 1000 + at)
        .map(
          ([, value]) =>
            `{${Object.entries(metric)
              .map((pair) => pair.join('='))
              .join(',')}} ${value}`,
        ),
    );
    expect([at, found]).toEqual([at, await instant(store, query, at)]);
  }
  await store.close();
});

describe('what is refused', () => {
  it.each<[query: string, code: number, error: string]>([
    ['', 400, 'unexpected end of input'],
    ['app:lines[5m]', 400, 'a range stands in functions over time only'],
    ['avg_over_time(app:lines)', 400, 'expects a range'],
    ['rate(app:lines[5m])', 400, 'recorded series know no function "rate"'],
    ['{}', 400, 'at least one non-empty matcher'],
    ['{app=~".*"}', 400, 'at least one non-empty matcher'],
    ['{app=~"("}', 400, 'missing'],
    ['app:lines{app="a"', 400, 'unexpected end of input'],
    ['sum(app:lines', 400, 'unexpected end of input'],
    ['app:lines app:lines', 400, '1:11: parse error: unexpected "app:lines"'],
    ['app:lines[0s]', 400, 'must be greater than 0'],
    ['1 and 2 %%', 400, 'unexpected'],
    ['"text"', 400, 'unexpected'],
    ['é', 400, '1:1: parse error: unexpected'],
    ['('.repeat(1000), 400, 'nested too deeply'],
    ['-'.repeat(1000), 400, 'nested too deeply'],
    ['1+'.repeat(10_000), 400, 'longer than'],
    ['{__name__!=""} * 2', 422, 'same labelset'],
  ])('%.30s', async (query, code, error) => {
    const store = await filled();
    // Two names with the same labels.
    await put(store, [{ series: seriesText({ __name__: 'other' }), timeMs: startMs, value: 1 }]);
    const answer = await ask(store, 'query', { query, time: String(startMs / 1000) });
    expect([answer.code, answer.status, answer.errorType]).toEqual([
      code,
      'error',
      code === 400 ? 'bad_data' : 'execution',
    ]);
    expect(answer.error).toContain(error);
    await store.close();
  });

  it.each<[name: string, given: Readonly<Record<string, string>>, error: string]>([
    ['no start', { end: '2', step: '1' }, 'invalid parameter "start"'],
    ['no step', { start: '1', end: '2' }, 'invalid parameter "step"'],
    ['a step of nothing', { start: '1', end: '2', step: '0' }, 'zero or negative'],
    [
      'an end before the start',
      { start: '2', end: '1', step: '1' },
      'end timestamp must not be before start',
    ],
    ['too many steps', { start: '0', end: '11001', step: '1' }, 'exceeded maximum resolution'],
    ['a time far away', { start: '1e300', end: '2', step: '1' }, 'invalid parameter "start"'],
  ])('%s', async (_name, given, error) => {
    const store = await filled();
    const answer = await ask(store, 'query_range', { query: 'app:lines', ...given });
    expect([answer.code, answer.errorType]).toEqual([400, 'bad_data']);
    expect(answer.error).toContain(error);
    await store.close();
  });

  it('never fails otherwise', () => {
    const word = fc.constantFrom(
      ...['sum', 'by', '(', ')', '{', '}', '[', ']', 'a:b', 'app', '=', '=~', '"x"', "'", '5m', '7', '1.5e3'],
      ...[
        '+',
        '-',
        '*',
        '^',
        'and',
        'or',
        'bool',
        'on',
        'ignoring',
        'group_left',
        ',',
        'offset',
        'max_over_time',
      ],
      ...['topk', '#', '\n', '`', '\\', '@', 'inf', 'NaN', '0x1F', 'quantile_over_time', 'without'],
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 20 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (query) => {
        try {
          parsePromql(query);
        } catch (error) {
          if (!(error instanceof PromqlError || error instanceof RegexError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what there is', () => {
  it('series, labels and values, with and without selectors', async () => {
    const store = await filled();
    const a = { __name__: 'app:lines', app: 'a', dc: 'x' };
    expect(await ask(store, 'series', { 'match[]': 'app:lines{app="a"}' })).toMatchObject({ data: [a] });
    expect(await ask(store, 'series', {})).toMatchObject({
      code: 400,
      error: 'no match[] parameter provided',
    });
    expect(await ask(store, 'series', { 'match[]': 'sum(app:lines)' })).toMatchObject({ code: 400 });
    expect(await ask(store, 'labels', {})).toMatchObject({ data: ['__name__', 'app', 'dc', 'v'] });
    expect(await ask(store, 'labels', { 'match[]': 'odd' })).toMatchObject({ data: ['__name__', 'v'] });
    expect(await ask(store, 'values', {}, { label: '__name__' })).toMatchObject({
      data: ['app:lines', 'odd'],
    });
    expect(await ask(store, 'values', { 'match[]': 'app:lines' }, { label: 'app' })).toMatchObject({
      data: ['a', 'b'],
    });
    await store.close();
  });

  it('is each tenant alone', async () => {
    const store = await filled();
    await put(store, [{ series: seriesText({ __name__: 'theirs' }), timeMs: startMs, value: 1 }], 'other');
    expect(await ask(store, 'values', {}, { label: '__name__', tenant: 'other' })).toMatchObject({
      data: ['theirs'],
    });
    expect(await instant(store, 'theirs', 0)).toEqual([]);
    await store.close();
  });
});

describe('bounds', () => {
  it('samples older than they are kept are gone, also while they still lie there', async () => {
    const store = await filled();
    const at = { nowMs: startMs + 600 * second, keptMs: 300 * second };
    const query = 'count_over_time(app:lines{app="a"}[1h])';
    const counted = async () =>
      (await ask(store, 'query', { query, time: String(startMs / 1000 + 600) }, { at })).data?.result;
    const wanted = [{ metric: { app: 'a', dc: 'x' }, value: [startMs / 1000 + 600, '21'] }];
    expect(await counted()).toEqual(wanted);
    await store.trimSamples(at.nowMs - at.keptMs, 1_000_000);
    expect(await counted()).toEqual(wanted);
    // `odd` had older samples only; of `b` its end is left.
    expect(await ask(store, 'values', {}, { label: '__name__' })).toMatchObject({ data: ['app:lines'] });
    await store.close();
  });

  it('of more samples than there may be the oldest go', async () => {
    const store = await filled();
    await store.trimSamples(0, 20);
    const [a] = await store.keptSeries('t');
    const left = await store.keptSamples(a?.id ?? 0, 0, Number.MAX_SAFE_INTEGER, 1000);
    expect(left.length).toBeGreaterThan(15);
    expect(left.length).toBeLessThanOrEqual(20);
    expect(left.at(-1)).toEqual({ timeMs: startMs + 600 * second, value: 600 });
    await store.close();
  });

  it('a tenant has so many series and no more; another has its own', async () => {
    const store = ruleStoreFile()();
    const many = Array.from({ length: keptSeriesMax + 3 }, (_, k) => ({
      series: seriesText({ __name__: `n${k}` }),
      timeMs: startMs,
      value: k,
    }));
    expect(await put(store, many)).toEqual({ samplesLeftOut: 3 });
    expect(await put(store, many.slice(0, 1), 'other')).toEqual({ samplesLeftOut: 0 });
    expect(await store.keptSeries('t')).toHaveLength(keptSeriesMax);
    await store.close();
  });

  it('a question reads so many samples and no more', async () => {
    const store = await filled();
    const endless: RuleStore = {
      ...store,
      keptSeries: (tenant) => store.keptSeries(tenant),
      keptSamples: async (_series, _afterMs, untilMs, limit) =>
        Array.from({ length: Math.min(limit, 200_000) }, (_, k) => ({
          timeMs: untilMs - 200_000 + k,
          value: 1,
        })),
    };
    const given = { query: 'sum(count_over_time(app:lines[1h]))', time: String(startMs / 1000) };
    // Two series, then three.
    expect(await ask(endless, 'query', given)).toMatchObject({ code: 200 });
    await put(store, [
      { series: seriesText({ __name__: 'app:lines', app: 'c' }), timeMs: startMs, value: 1 },
    ]);
    expect(await ask(endless, 'query', given)).toMatchObject({
      code: 422,
      errorType: 'execution',
      error: expect.stringContaining('more than 500000 samples'),
    });
    await store.close();
  });

  it('what was kept of a time stays when its slot is evaluated again', async () => {
    const store = ruleStoreFile()();
    const sample = { series: seriesText({ __name__: 'n' }), timeMs: startMs };
    await put(store, [{ ...sample, value: 1 }]);
    await put(store, [{ ...sample, value: 2 }]);
    expect(await instant(store, 'n', 0)).toEqual(['{__name__=n} 1']);
    await store.close();
  });
});
