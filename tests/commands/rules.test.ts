// `skald rules`: files are checked and tested as people write them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../server.ts';
import { runCommandLine } from './run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skald-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const rules = `groups:
  - name: web
    interval: 30s
    rules:
      - alert: ManyErrors
        expr: sum by (app) (count_over_time({app="web"} |= "error" [1m])) > 5
        for: 1m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.app }} has {{ $value }}"}
      - record: web:lines
        expr: sum(count_over_time({app="web"}[1m]))
`;

describe('check', () => {
  it('is content', async () => {
    const file = write('good.yml', rules);
    expect(await runCommandLine(['rules', 'check', '--strict', file])).toMatchObject({
      code: 0,
      out: `${file}: 1 groups, 2 rules\n`,
    });
  });

  it('says where a file cannot be used, and looks at the others', async () => {
    const bad = write('bad.yml', rules.replace('interval', 'intervall'));
    const odd = write('odd.yml', rules.replace(' > 5', ''));
    const { code, out } = await runCommandLine(['rules', 'check', bad, odd, join(folder, 'none.yml')]);
    expect(code).toBe(1);
    expect(out).toContain(`${bad}: line 3, column 5: field intervall not found`);
    expect(out).toContain(`${odd}: web: ManyErrors: compares with nothing`);
    expect(out).toContain('ENOENT');
    expect((await runCommandLine(['rules', 'check', odd])).code).toBe(0);
    expect((await runCommandLine(['rules', 'check', '--strict', odd])).code).toBe(1);
  });
});

describe('test', () => {
  const tests = (alerts: string, value: number): string => `rule_files: [good.yml]
evaluation_interval: 1m
tests:
  - name: errors for three minutes
    interval: 1m
    input_streams:
      - labels: '{app="web"}'
        lines: {line: "level=error", from: 1s, every: 10s, count: 18}
      - labels: {app: other}
        lines: [one, two]
    alert_rule_test:
      - eval_time: 1m
        alertname: ManyErrors
      - eval_time: 2m
        alertname: ManyErrors
        exp_alerts: ${alerts}
      - eval_time: 5m
        alertname: ManyErrors
    logql_expr_test:
      - expr: sum by (app) (count_over_time({app=~".+"}[2m]))
        eval_time: 2m
        exp_samples:
          - {labels: '{app="web"}', value: 12}
          - {labels: {app: other}, value: ${value}}
`;

  it('plays rules about what has fallen silent', async () => {
    write(
      'silent.yml',
      `groups:
  - name: g
    rules:
      - alert: Silent
        expr: absent_over_time({host=~".+"}[5m])
        annotations: {skald_absent_by: host}
`,
    );
    const file = write(
      'silent.test.yml',
      `rule_files: [silent.yml]
tests:
  - name: one of two stops
    input_streams:
      - labels: {host: stops}
        lines: {line: here, from: 1s, every: 1m, count: 3}
      - labels: {host: goes-on}
        lines: {line: here, from: 1s, every: 1m, count: 12}
    alert_rule_test:
      - {eval_time: 5m, alertname: Silent}
      - {eval_time: 10m, alertname: Silent, exp_alerts: [{exp_labels: {host: stops}}]}
`,
    );
    expect((await runCommandLine(['rules', 'test', file])).out).toBe(`${file}: one of two stops: passed\n`);
  });

  it('passes and fails as the lines say', async () => {
    write('good.yml', rules);
    const good = write(
      'good.test.yml',
      tests('[{exp_labels: {app: web, severity: page}, exp_annotations: {summary: web has 6}}]', 1),
    );
    const bad = write('bad.test.yml', tests('[]', 2));
    const { code, out, notes } = await runCommandLine(['rules', 'test', good, bad]);
    expect(notes).toBe('');
    expect(out.split('\n')).toEqual([
      `${good}: errors for three minutes: passed`,
      `${bad}: errors for three minutes: FAILED`,
      '  alert ManyErrors at 120s: expected nothing, got {alertname="ManyErrors", app="web", severity="page"} {summary="web has 6"}',
      '  sum by (app) (count_over_time({app=~".+"}[2m])) at 120s: expected {app="other"} 2; {app="web"} 12, got {app="other"} 1; {app="web"} 12',
      '',
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ['tests: [{interval: 1x}]', 'tests.0.interval: unknown unit "x" in duration "1x"'],
    ['tests: [{input_streams: [{labels: "{a=~\\"b\\"}", lines: []}]}]', 'tests.0.input_streams.0.labels'],
    ['rule_files: [none.yml]', 'ENOENT'],
    ['bogus: 1', 'bogus'],
  ])('says what is wrong with %s', async (text, message) => {
    const { code, notes } = await runCommandLine(['rules', 'test', write('wrong.yml', text)]);
    expect(notes).toContain(message);
    expect(code).toBe(1);
  });
});

it.each([
  [
    ['rules'],
    'expected [flags] check FILE… | test FILE… | backfill FILE… | list | history [RULE] | notify-test [RECEIVER]',
  ],
  [['rules', 'chek', 'x'], 'expected one of check, list, test, backfill, history, notify-test, got "chek"'],
  [['rules', 'check'], 'check needs a file'],
  [['rules', 'list', 'x'], 'list takes no files'],
])('%s is no command', async (words, message) => {
  const { code, notes } = await runCommandLine(words);
  expect(code).toBe(2);
  expect(notes).toContain(message);
});

describe('backfill', () => {
  it('prints what would have been recorded, by name, with the times of the slots', async () => {
    const server = await startServer();
    try {
      const baseMs = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
      const values = [10, 20, 130].map((second) => [`${baseMs + second * 1000}000000`, 'line']);
      const response = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ stream: { app: 'a"b' }, values }] }),
      });
      expect(response.status).toBe(204);
      const file = write(
        'record.yml',
        `groups:
  - name: one
    interval: 1m
    rules:
      - {record: "app:lines", expr: 'sum by (app) (count_over_time({app=~".+"}[1m]))', labels: {team: x}}
      - {alert: Never, expr: vector(1)}
  - name: two
    interval: 2m
    rules:
      - {record: "other", expr: vector(2)}
      - {record: "app:lines", expr: 'sum(count_over_time({app=~".+"}[2m]))'}
      - {record: "wrong", expr: '{app="a"}'}
`,
      );
      const from = String(baseMs / 1000);
      const to = String((baseMs + 181_000) / 1000);
      const { code, out, notes } = await runCommandLine([
        ...['rules', 'backfill', '--addr', server.baseUrl],
        ...['--from', from, '--to', to, file],
      ]);
      const at = (second: number): number => baseMs / 1000 + second;
      const evenSlots = [0, 60, 120, 180].filter((second) => at(second) % 120 === 0);
      const inRange = (second: number): number =>
        [10, 20, 130].filter((one) => one > second - 120 && one <= second).length;
      expect(out.split('\n')).toEqual([
        '# TYPE app:lines unknown',
        `app:lines{app="a\\"b",team="x"} 2 ${at(60)}`,
        `app:lines{app="a\\"b",team="x"} 1 ${at(180)}`,
        ...evenSlots
          .filter((second) => inRange(second) > 0)
          .map((second) => `app:lines ${inRange(second)} ${at(second)}`),
        '# TYPE other unknown',
        ...evenSlots.map((second) => `other 2 ${at(second)}`),
        '# TYPE wrong unknown',
        '# EOF',
        '',
      ]);
      expect(notes).toBe('two: wrong: rule result is not a vector or scalar\n');
      expect(code).toBe(1);
    } finally {
      await server.remove();
    }
  });
});
