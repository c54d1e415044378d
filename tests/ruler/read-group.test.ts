// What is taken for a rule group, what is refused and in which words, and how groups are printed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printGroup } from '../../src/ruler/print-group.ts';
import { RuleGroupError, readGroup, readRuleFile } from '../../src/ruler/read-group.ts';

const refusal = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof RuleGroupError) return error.message;
    throw error;
  }
  return 'accepted';
};
const group = (rule: string, more = ''): string => `name: g\n${more}rules:\n  - ${rule}\n`;
const undecoded = 'unable to decoded rule group';
const noName = 'group 0: Groupname must not be empty';
const alert = 'alert: A\n    expr: vector(1)\n    ';
const record = 'record: a_b\n    expr: vector(1)\n    ';

describe('a group for the API is refused', () => {
  it.each([
    ['nothing', '', noName],
    ['only a comment', '# x\n', noName],
    ['no name', 'rules: []\n', noName],
    ["a file's wrapper", 'groups:\n  - name: g\n', noName],
    ['text', 'hello', undecoded],
    ['a list', '- a\n', undecoded],
    ['what is no YAML', 'name: "g\n', undecoded],
    ['an interval without unit', group(alert, 'interval: 5\n'), undecoded],
    ['a limit that is no number', group(alert, 'limit: abc\n'), undecoded],
    ['an unknown unit', group(alert, 'interval: 5x\n'), undecoded],
    ['a negative duration', group(alert, 'interval: -5s\n'), undecoded],
    ['a word for a duration', group(alert, 'interval: abc\n'), undecoded],
    ['a fraction', group(`${alert}for: 1.5m`), undecoded],
    ['rules that are no list', 'name: g\nrules: {a: b}\n', undecoded],
    ['labels that are a list', group(`${alert}labels: [a]`), undecoded],
    ['a key twice', 'name: g\nname: h\n', undecoded],
    ['an alias of nothing', 'name: *x\n', undecoded],
    [
      'bad LogQL of an alert',
      group('alert: A\n    expr: "count_over_time({a="'),
      "could not parse expression for alert 'A' in group 'g': parse error at line 1, col 20: syntax error: unexpected $end, expecting STRING",
    ],
    [
      'bad LogQL of a recording rule',
      group('record: a_b\n    expr: "{"'),
      "could not parse expression for record 'a_b' in group 'g': parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }",
    ],
    ['both kinds', group(`${alert}record: b`), "only one of 'record' and 'alert' must be set"],
    ['neither kind', group('expr: vector(1)'), "one of 'record' or 'alert' must be set"],
    ['no expression', group('alert: A'), "field 'expr' must be set in rule"],
    ['for of a recording rule', group(`${record}for: 5s`), "invalid field 'for' in recording rule"],
    [
      'annotations of a recording rule',
      group(`${record}annotations: {a: b}`),
      "invalid field 'annotations' in recording rule",
    ],
    ['a bad name', group('record: a-b\n    expr: vector(1)'), 'invalid recording rule name: a-b'],
    [
      'a name beyond ASCII',
      group('record: größe\n    expr: vector(1)'),
      'invalid recording rule name: größe',
    ],
    ['a bad label', group(`${alert}labels: {a-b: c}`), 'invalid label name: a-b'],
    ['the name as a label', group(`${alert}labels: {__name__: c}`), 'invalid label name: __name__'],
    ['a bad label of the group', group(alert, 'labels: {a-b: c}\n'), 'invalid label name: a-b'],
    ['a bad annotation', group(`${alert}annotations: {a-b: c}`), 'invalid annotation name: a-b'],
    [
      'an open action',
      group(`${alert}annotations: {a: "{{ $value"}`),
      'annotation "a": template: __alert_A:1: unclosed action',
    ],
    [
      'an unknown function',
      group(`${alert}annotations: {a: "{{ nofunc 1 }}"}`),
      'annotation "a": template: __alert_A:1: function "nofunc" not defined',
    ],
    [
      'a label template without value',
      group(`${alert}labels: {a: "{{ if }}x{{ end }}"}`),
      'label "a": template: __alert_A:1: missing value for if',
    ],
    [
      'a variable that only the evaluation knows',
      group(`${alert}labels: {a: "{{ $externalURL }}"}`),
      'label "a": template: __alert_A:1: undefined variable "$externalURL"',
    ],
    [
      'several faults: the first of each rule',
      'name: g\nrules:\n  - alert: A\n  - record: a-b\n    expr: vector(1)\n    for: 0s\n  - expr: x\n',
      "field 'expr' must be set in rule, invalid recording rule name: a-b, one of 'record' or 'alert' must be set",
    ],
  ])('%s', (_, text, message) => {
    expect(refusal(() => readGroup(text))).toBe(message);
  });
});

describe('a group for the API is taken', () => {
  it.each([
    ['unknown fields', group(`${alert}bogus: 1`, 'source_tenants: [a]\n')],
    ['the same rule twice', `name: g\nrules:\n  - ${alert}\n  - ${alert}\n`],
    ['no rules', 'name: g\n'],
    ['a log query', group('alert: A\n    expr: \'{app="web"}\'')],
    ['keep_firing_for of a recording rule', group(`${record}keep_firing_for: 5m`)],
    ['a negative limit', group(alert, 'limit: -1\n')],
    ['a label alertname', group(`${alert}labels: {alertname: x}`)],
    ['the first of two documents', 'name: g\n---\nname: ""\n'],
    ['JSON', '{"name": "g", "rules": [{"alert": "A", "expr": "vector(1)"}]}'],
    ['names of any kind', 'name: "a/b c"\n'],
    ['a number for an expression', group('alert: A\n    expr: 1')],
    ['an anchor and its alias', 'name: g\nrules:\n  - &a\n    alert: A\n    expr: vector(1)\n  - *a\n'],
    ['no interval', group(alert, 'interval: 0s\n')],
  ])('%s', (_, text) => {
    expect(refusal(() => readGroup(text))).toBe('accepted');
  });
});

describe('a rule file is refused with the place', () => {
  it.each([
    ['an empty file', '', 'EOF'],
    [
      'a group without the wrapper',
      'name: g\n',
      'line 1, column 1: field name not found in type rulefmt.RuleGroups',
    ],
    [
      'an unknown field',
      'groups:\n  - name: g\n    bogus: 1\n',
      'line 3, column 5: field bogus not found in type rulefmt.RuleGroup',
    ],
    [
      'an unknown field of a rule',
      'groups:\n  - name: g\n    rules:\n      - alert: A\n        exp: 1\n',
      'line 5, column 9: field exp not found in type rulefmt.RuleNode',
    ],
    [
      'a group twice',
      'groups:\n  - name: g\n  - name: g\n',
      'line 3, column 5: groupname: "g" is repeated in the same file',
    ],
    [
      'a bad duration',
      'groups:\n  - name: g\n    interval: 5x\n',
      'line 3, column 15: interval: unknown unit "x" in duration "5x"',
    ],
    ['no name', 'groups:\n  - interval: 5s\n', 'line 2, column 5: group 0: Groupname must not be empty'],
  ])('%s', (_, text, message) => {
    expect(refusal(() => readRuleFile(text))).toBe(message);
  });
});

it('takes the groups of a file in their order, without what other tools read in it', () => {
  const file = 'namespace: x\ngroups:\n  - name: b\n    limit: 5\n  - name: a\n    query_offset: 1m\n';
  expect(readRuleFile(file)).toMatchObject([
    { name: 'b', limit: 5, queryOffsetMs: undefined },
    { name: 'a', limit: 0, queryOffsetMs: 60_000 },
  ]);
});

it('prints a group in a fixed order without what has no value', () => {
  const text = `labels: {b: "2", a: "1"}
rules:
  - expr: |
      count_over_time({app="web"}[5m])
        > 1
    annotations: {z: z, a: "{{ $value }}"}
    labels: {}
    keep_firing_for: 5m
    for: 0s
    alert: A
  - record: r
    expr: 1
limit: 0
interval: 90s
query_offset: 0s
name: g
`;
  expect(printGroup(readGroup(text))).toBe(`name: g
interval: 1m30s
query_offset: 0s
labels:
    a: "1"
    b: "2"
rules:
    - alert: A
      expr: |-
          count_over_time({app="web"}[5m])
            > 1
      keep_firing_for: 5m
      annotations:
          a: "{{ $value }}"
          z: z
    - record: r
      expr: "1"
`);
  expect(printGroup(readGroup('name: g\n'))).toBe('name: g\nrules: []\n');
});

const names = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const texts = fc.dictionary(
  names,
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((s) => s.replaceAll('{{', '')),
);
const duration = fc.integer({ min: 0, max: 10_000 }).map((s) => `${s}s`);

it('reads back what it prints', () => {
  const rule = fc.oneof(
    fc.record({
      alert: names,
      expr: fc.constant('vector(1)'),
      for: duration,
      labels: texts,
      annotations: texts,
    }),
    fc.record({ record: names, expr: fc.constant('1'), labels: texts }),
  );
  const any = fc.record({
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    interval: duration,
    limit: fc.nat(),
    rules: fc.array(rule, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(any, (made) => {
      const read = readGroup(JSON.stringify(made));
      expect(readGroup(printGroup(read))).toEqual(read);
    }),
  );
});

it('fails in no other way, whatever the text', () => {
  const piece = fc.constantFrom(
    'name:',
    ' g',
    '\n',
    '  ',
    '- ',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    ']',
    '"',
    ': ',
    'rules:',
    'expr',
    '|',
    '<<',
    '? ',
    '!!int ',
    '---\n',
    '%',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 40 }).map((p) => p.join('')),
      ),
      (text) => {
        for (const read of [readGroup, readRuleFile]) refusal(() => read(text));
      },
    ),
    { numRuns: 500 },
  );
});

it('gives up on few bytes that stand for very many', () => {
  const rules = Array.from({ length: 10_000 }, () => '  - *r\n').join('');
  const labels = Array.from({ length: 20 }, (_, k) => `l${k}: x`).join(', ');
  const text = `name: g\nlabels: {a: b}\nrules:\n  - &r {alert: A, expr: "1", labels: {${labels}}}\n${rules}`;
  expect(refusal(() => readGroup(text))).toBe(undecoded);
  expect(refusal(() => readRuleFile(`groups:\n  - ${text.replaceAll('\n', '\n    ')}`))).toContain('values');
});
