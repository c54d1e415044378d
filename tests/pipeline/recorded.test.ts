// Log queries of the recorded cases, answered over the data set without a server.
import { describe, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { loadCases, type RecordedCase } from '../conformance/cases.ts';
import { compareAnswers, optionsOf } from '../conformance/compare.ts';
import { answer, loadStreams } from './recorded-data.ts';

const categories = [
  'selectors',
  'line-filters',
  'parsers',
  'label-filters',
  'stages',
  'metadata',
  'ordering',
  'formatting',
  'syntax',
];
/** The order of equal times is the store's. */
const elsewhere = /ties"/;
/** Faults of the reference that are not followed. */
const notFollowed: ReadonlyMap<string, string> = new Map([
  ['syntax/log-9428d98e', 'a pipe with nothing behind it in a template'],
  ['line-filters/text-98f50812', '(?i) folds σ and ς as RE2 does; the reference compares lower-cased texts'],
  ['label-filters/typed-527e8ca0', 'sizes in filters are rounded to two digits: 1KiB is taken for 1.0 kB'],
  ['label-filters/typed-66e7fe55', 'the same: 1.5GiB is taken for 1.6 GB'],
  [
    'metadata/categorized-7f06fd3f',
    '=~"a.*" on a label is anchored as documented; the reference finds an a anywhere',
  ],
]);
const only = process.env.RECORDED_ONLY;

const streams = loadStreams();

describe.each(categories)('recorded log queries: %s', (category) => {
  const cases = loadCases().filter((recorded) => recorded.category === category && isLogCase(recorded));
  it(`${cases.length} answers agree`, () => {
    const failures = cases.flatMap((recorded) => {
      const difference = replayed(recorded);
      return difference === undefined ? [] : [`${recorded.id} ${queryText(recorded)}: ${difference}`];
    });
    expect(cases.length).toBeGreaterThan(0);
    if (process.env.RECORDED_VERBOSE) console.log(category, cases.length, 'cases', failures.length, 'failed');
    expect(failures).toEqual([]);
  });
});

function isLogCase(recorded: RecordedCase): boolean {
  const step = recorded.steps[0];
  if (step === undefined || recorded.steps.length > 1 || !step.req.path.endsWith('/query_range'))
    return false;
  if (step.kind !== 'query' || step.want.status !== 200 || step.want.resultType !== 'streams') return false;
  const params = step.req.params ?? step.req.form ?? {};
  if (only !== undefined && !recorded.id.includes(only)) return false;
  if (notFollowed.has(recorded.id)) return false;
  return !elsewhere.test(queryText(recorded)) && params.since === undefined && params.interval === undefined;
}

function queryText(recorded: RecordedCase): string {
  const step = recorded.steps[0];
  return String((step?.req.params ?? step?.req.form)?.query);
}

function replayed(recorded: RecordedCase): string | undefined {
  const [step] = recorded.steps;
  if (step === undefined) return 'no step';
  const params = step.req.params ?? step.req.form ?? {};
  const categorize = JSON.stringify(step.req.headers ?? {}).includes('categorize-labels');
  try {
    const result = answer(streams, {
      query: parseLogQuery(queryText(recorded)),
      startNs: timeOf(params.start),
      endNs: timeOf(params.end),
      limit: Number(params.limit ?? 100),
      forward: String(params.direction ?? 'backward').toLowerCase() === 'forward',
      intervalNs: 0n,
      categorize,
    });
    const got = {
      status: 200,
      resultType: 'streams',
      result,
      ...(categorize ? { encodingFlags: ['categorize-labels'] } : {}),
    };
    return compareAnswers(step.kind, step.want, got, optionsOf(step));
  } catch (error) {
    return `threw ${(error as Error).stack}`;
  }
}

function timeOf(value: unknown): bigint {
  const text = String(value);
  if (/^\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  if (text.includes('.') && !text.includes('T')) return BigInt(Math.round(Number(text) * 1000)) * 1_000_000n;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return (
    BigInt(Date.parse(text.replace(/\.\d+/, ''))) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
  );
}
