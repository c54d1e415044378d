// What `skald rules check` says of rules that are right and hardly meant so.
import { expect, it } from 'vitest';
import { lintGroup } from '../../src/ruler/lint-group.ts';
import { readGroup } from '../../src/ruler/read-group.ts';

const lint = (...rules: readonly string[]): readonly string[] =>
  lintGroup(
    readGroup(JSON.stringify({ name: 'g', rules: rules.map((rule) => JSON.parse(rule) as unknown) })),
    60_000,
  ).map(({ rule, message }) => `${rule}: ${message}`);
const alert = (expr: string, more: object = {}): string => JSON.stringify({ alert: 'A', expr, ...more });

it.each([
  ['a log query', '{app="web"}', 'a log query cannot be evaluated'],
  ['no logs', 'vector(1) > 0', 'reads no logs'],
  ['a comparison of numbers', '1 > 2', 'reads no logs'],
  ['bool', 'count_over_time({app="web"}[5m]) > bool 5', 'bool gives 0 or 1'],
  ['no comparison', 'sum(count_over_time({app="web"}[5m]))', 'compares with nothing'],
  ['a range below the interval', 'sum(count_over_time({app="web"}[10s])) > 1', 'looks at less than the 60 s'],
  ['any stream', 'sum by (app) (count_over_time({app=~".+"}[5m])) > 1', 'selects streams by no fixed label'],
  [
    'fields of lines',
    'count_over_time({app="web"} | json [5m]) > 1',
    'every field of the lines becomes a label',
  ],
])('%s', (_, expr, message) => {
  expect(lint(alert(expr))).toEqual([expect.stringContaining(`A: ${message}`)]);
});

it.each([
  ['an ordinary rule', 'sum by (app) (count_over_time({app="web"} |= "error" [5m])) > 1'],
  ['absence', 'absent_over_time({host="web-1"}[15m])'],
  ['a comparison inside', 'sum(count_over_time({app="web"}[5m]) > 3)'],
  ['fields that are summed up', 'sum by (path) (count_over_time({app="web"} | json [5m])) > 1'],
  ['fields by name', 'quantile_over_time(0.9, {app="web"} | json | unwrap took [5m]) by (app) > 1'],
])('nothing of %s', (_, expr) => {
  expect(lint(alert(expr))).toEqual([]);
});

it('a value in a label, and a rule that is there twice', () => {
  const expr = 'sum(count_over_time({app="web"}[5m])) > 1';
  expect(lint(alert(expr, { labels: { v: '{{ $value }}' } }))).toEqual([
    expect.stringContaining('$value in a label'),
  ]);
  expect(lint(alert(expr), alert(expr))).toEqual([
    'A: another rule of the group has the same name and labels',
  ]);
  expect(lint(alert(expr), alert(expr, { labels: { severity: 'page' } }))).toEqual([]);
});

it('asks nothing of a recording rule that is an alert’s', () => {
  const expr = 'sum(count_over_time({app="web"}[5m]))';
  expect(lint(JSON.stringify({ record: 'a:b', expr }))).toEqual([]);
});
