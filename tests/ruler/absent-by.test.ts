// What has fallen silent, of streams that were heard.
import { describe, expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { printExpr } from '../../src/logql/print.ts';
import { labelsFromPairs, labelsToRecord } from '../../src/model/labels.ts';
import { absentQuestion, absentSamples } from '../../src/ruler/absent-by.ts';
import { RuleGroupError, readGroup } from '../../src/ruler/read-group.ts';

type Record_ = Readonly<Record<string, string>>;
const labels = (record: Record_) => labelsFromPairs(Object.entries(record));

it.each<
  [
    rule: string,
    by: readonly string[],
    known: readonly Record_[],
    present: readonly Record_[],
    absent: readonly Record_[],
  ]
>([
  ['one of two', ['host'], [{ host: 'a' }, { host: 'b' }], [{ host: 'a' }], [{ host: 'b' }]],
  ['nobody', ['host'], [{ host: 'a' }], [{ host: 'a' }], []],
  ['everybody', ['host'], [{ host: 'a' }, { host: 'b' }], [], [{ host: 'a' }, { host: 'b' }]],
  [
    'one alert for streams that are not told apart',
    ['host'],
    [
      { host: 'a', job: 'x' },
      { host: 'a', job: 'y' },
    ],
    [],
    [{ host: 'a' }],
  ],
  [
    'silent in one of its streams alone is not silent',
    ['host'],
    [
      { host: 'a', job: 'x' },
      { host: 'a', job: 'y' },
    ],
    [{ host: 'a' }],
    [],
  ],
  [
    'told apart by two labels',
    ['host', 'job'],
    [
      { host: 'a', job: 'x' },
      { host: 'a', job: 'y' },
    ],
    [{ host: 'a', job: 'x' }],
    [{ host: 'a', job: 'y' }],
  ],
  ['streams without the label', ['host'], [{ app: 'z' }, { host: '' }], [], []],
  ['some of the labels', ['host', 'job'], [{ host: 'a' }], [{ job: 'x' }], [{ host: 'a' }]],
  ['new ones', ['host'], [], [{ host: 'n' }], []],
])('%s', (_rule, by, known, present, absent) => {
  const found = absentSamples(known.map(labels), present.map(labels), by);
  expect(found.map((sample) => labelsToRecord(sample.labels))).toEqual(absent);
  expect(found.every(({ value }) => value === 1)).toBe(true);
});

it('asks who was there within a day before the range, and who is in it', () => {
  const query = parseExpr('absent_over_time({host=~".+"} |= "beat" [15m] offset 5m)');
  const atMs = 1_800_000_000_000;
  const { selector, fromMs, toMs, present } = absentQuestion(query, ['host'], atMs);
  expect(printExpr(selector)).toBe('{host=~".+"}');
  expect([atMs - fromMs, atMs - toMs]).toEqual([(24 * 60 + 20) * 60_000, 20 * 60_000]);
  expect(present).toEqual(
    parseExpr('count by (host) (count_over_time({host=~".+"} |= "beat" [15m] offset 5m))'),
  );
});

describe('a rule is refused', () => {
  it.each([
    [
      'that is no absence',
      'count_over_time({host=~".+"}[5m]) == 0',
      'host',
      'must be absent_over_time alone',
    ],
    [
      'that makes something of it',
      'sum(absent_over_time({host=~".+"}[5m]))',
      'host',
      'must be absent_over_time alone',
    ],
    ['whose label is none', 'absent_over_time({host=~".+"}[5m])', 'host, a-b', '"a-b" is no label'],
    ['that names none', 'absent_over_time({host=~".+"}[5m])', '', '"" is no label'],
  ])('%s', (_name, expr, by, why) => {
    const text = JSON.stringify({
      name: 'g',
      rules: [{ alert: 'A', expr, annotations: { skald_absent_by: by } }],
    });
    expect(() => readGroup(text)).toThrow(RuleGroupError);
    expect(() => readGroup(text)).toThrow(why);
  });
});
