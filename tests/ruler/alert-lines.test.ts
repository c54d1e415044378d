// Which lines an alert is about, and what of them is shown.
import { describe, expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { linesQuery, linesText } from '../../src/ruler/alert-lines.ts';
import { RuleGroupError, readGroup } from '../../src/ruler/read-group.ts';

describe('the query', () => {
  it.each([
    [
      'sum by (app) (count_over_time({job="x"} |= "error" [5m])) > 3',
      { app: 'web' },
      '{job="x"} |= "error" | app="web"',
      300,
    ],
    [
      'rate({job="x"} | json [1m] offset 1m)',
      { job: 'x', level: 'a"b' },
      '{job="x"} | json | job="x" | level="a\\"b"',
      120,
    ],
    [
      'label_replace(sum by (app) (rate({job="x"}[1m])), "to", "$1", "app", "(.*)") / sum by (app) (rate({job="y"}[9m]))',
      { app: 'web', to: 'web' },
      '{job="x"} | app="web"',
      60,
    ],
    ['sum(count_over_time({job="x"}[1m])) > 1', {}, '{job="x"}', 60],
  ])('%s', (expr, series, query, secondsBack) => {
    const timeMs = 1_800_000_000_000;
    const found = linesQuery(parseExpr(expr), labelsFromPairs(Object.entries(series)), timeMs);
    expect(found).toMatchObject({ expr: query, fromMs: timeMs - secondsBack * 1000 });
  });

  it.each(['absent_over_time({job="x"}[5m])', 'vector(1)', '1 > 2'])('%s is about no lines', (expr) => {
    expect(linesQuery(parseExpr(expr), [], 0)).toBeUndefined();
  });
});

describe('the text', () => {
  const long = 'x'.repeat(100_000);
  it.each<[string, readonly string[], readonly string[], string]>([
    ['lines in order', ['a', 'b'], [], 'a\nb'],
    ['without what is redacted', ['pin=1234 ok', 'no'], ['pin=\\d+', 'n.'], '<redacted> ok\n<redacted>'],
    ['cut after that', [`${'y'.repeat(495)}pin=1234`], ['pin=\\d+'], `${'y'.repeat(495)}<red…`],
    ['nothing', [], [], ''],
  ])('has %s', (_, lines, patterns, text) => {
    expect(linesText(lines, patterns)).toBe(text);
  });

  it('keeps the newest of what is too much', () => {
    const text = linesText([...Array.from({ length: 19 }, () => long), 'last'], []);
    expect(text.length).toBeLessThanOrEqual(4100);
    expect(text.endsWith('\nlast')).toBe(true);
  });
});

it.each([
  ['skald_lines: "0"', 'invalid annotation skald_lines: expected a number from 1 to 20'],
  ['skald_lines: many', 'invalid annotation skald_lines: expected a number from 1 to 20'],
  ['skald_redact: "("', 'invalid annotation skald_redact: error parsing regexp: missing closing )'],
])('a rule with %s is refused', (annotation, why) => {
  const text = `name: g\nrules: [{alert: A, expr: vector(1), annotations: {${annotation}}}]\n`;
  expect(() => readGroup(text)).toThrow(RuleGroupError);
  expect(() => readGroup(text)).toThrow(why);
});
