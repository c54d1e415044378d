// The ruler of a running gateway: its API, rules of files, and what a killed gateway still tells.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../server.ts';
import { type PostedAlert, type StandIn, startStandIn, takes } from './stand-in-alertmanager.ts';
import { until } from './until.ts';

interface AlertView {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
  readonly value: string;
}
interface RuleView {
  readonly name: string;
  readonly state?: string;
  readonly health: string;
  readonly lastError: string;
  readonly alerts?: readonly AlertView[];
}
interface GroupView {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly RuleView[];
}

let server: Server;
let standIn: StandIn;
let rulesDir: string;
const environment = (): Record<string, string> => ({
  SKALD_RULER_ALERTMANAGER_URL: `http://user:p%40ss@${new URL(standIn.url).host}/am`,
  SKALD_RULER_EXTERNAL_URL: 'http://grafana.example:3000',
  SKALD_RULER_EXTERNAL_LABELS: 'cluster=c1,app=none',
  SKALD_RULER_RESEND_DELAY: '1h',
  SKALD_RULER_RULES_DIR: rulesDir,
  SKALD_RULER_POLL_INTERVAL: '1s',
  SKALD_RULER_KEEP_SERIES: '1d',
});

beforeAll(async () => {
  standIn = await startStandIn();
  rulesDir = mkdtempSync(join(tmpdir(), 'skald-rules-dir-'));
  mkdirSync(join(rulesDir, 'fake'));
  writeFile('base.yml', group('from-file', '{alert: Always, expr: "vector(1)"}'));
  server = await startServer({ environment: environment() });
});
afterAll(async () => {
  await server.remove();
  await standIn.close();
  rmSync(rulesDir, { recursive: true });
});

/** As editors and deployments do: whole or not at all. */
function writeFile(name: string, text: string): void {
  writeFileSync(join(rulesDir, 'fake', `.${name}`), text);
  renameSync(join(rulesDir, 'fake', `.${name}`), join(rulesDir, 'fake', name));
}

const group = (name: string, ...rules: readonly string[]): string =>
  `groups:\n  - name: ${name}\n    interval: 1s\n    rules:\n${rules.map((rule) => `      - ${rule}\n`).join('')}`;

async function call(method: string, path: string, body?: string, type?: string) {
  const response = await fetch(server.baseUrl + path, {
    method,
    ...(body !== undefined && { body: Buffer.from(body) }),
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

async function groups(parameters = ''): Promise<readonly GroupView[]> {
  const { text } = await call('GET', `/prometheus/api/v1/rules${parameters}`);
  return (JSON.parse(text) as { data: { groups: readonly GroupView[] } }).data.groups;
}
const rule = async (name: string): Promise<RuleView | undefined> =>
  (await groups()).flatMap(({ rules }) => rules).find((one) => one.name === name);

const push = (app: string) =>
  call(
    'POST',
    '/loki/api/v1/push',
    JSON.stringify({ streams: [{ stream: { app }, values: [[`${Date.now()}000000`, 'error']] }] }),
    'application/json',
  );

const posted = (name: string): PostedAlert[] =>
  standIn.taken.flatMap(({ alerts }) => alerts).filter(({ labels }) => labels.alertname === name);

const json = 'application/json';
const yaml = 'application/yaml';
const plain = 'text/plain; charset=utf-8';
const accepted = '{"status":"success","data":null,"errorType":"","error":""}\n';
const small =
  'name: g 1\nrules:\n  - alert: A\n    expr: vector(1)\n    for: 1h\n    labels: {severity: page}\n';

describe('the API', () => {
  it.each([
    [
      'Grafana asks whether rules can be edited',
      'GET',
      '/api/prom/rules/test/test',
      404,
      plain,
      'group does not exist\n',
    ],
    ['none of a namespace', 'GET', '/loki/api/v1/rules/none', 404, plain, 'no rule groups found\n'],
    [
      'a namespace that is not there',
      'DELETE',
      '/loki/api/v1/rules/none',
      404,
      plain,
      'group namespace does not exist\n',
    ],
    ['a group that is not there', 'DELETE', '/loki/api/v1/rules/none/none', 202, json, accepted],
    ['no group', 'POST', '/loki/api/v1/rules/x', 400, plain, 'group 0: Groupname must not be empty\n'],
    [
      'a namespace of a file',
      'POST',
      '/loki/api/v1/rules/base.yml',
      400,
      plain,
      'namespace "base.yml" comes from a rule file and can only be changed there\n',
    ],
    [
      'an unknown type',
      'GET',
      '/prometheus/api/v1/rules?type=bogus',
      400,
      plain,
      'not supported value "bogus"\n',
    ],
    [
      'a label without value',
      'GET',
      '/loki/api/v1/rules?labels=sev',
      400,
      plain,
      'invalid labels "sev": expected name:value\n',
    ],
    ['labels that no rule has', 'GET', '/loki/api/v1/rules?labels=a:b', 200, yaml, '{}\n'],
    ['a post on the bare path', 'POST', '/loki/api/v1/rules', 405, null, ''],
  ])('%s', async (_, method, path, status, type, text) => {
    const body = method === 'POST' ? (path.endsWith('base.yml') ? small : '') : undefined;
    expect(await call(method, path, body)).toEqual({ status, type, text });
  });

  it('makes, shows, replaces and deletes groups, under names of any kind', async () => {
    const base = '/api/prom/rules';
    // curl's own type is that of a form.
    expect(await call('POST', `${base}/sp%20%C3%BC`, small, 'application/x-www-form-urlencoded')).toEqual({
      status: 202,
      type: json,
      text: accepted,
    });
    const stored = `name: g 1
rules:
    - alert: A
      expr: vector(1)
      for: 1h
      labels:
          severity: page
`;
    expect(await call('GET', `${base}/sp%20%C3%BC/g%201`)).toEqual({ status: 200, type: yaml, text: stored });
    await call('POST', `${base}/a%2Fb`, small.replace('g 1', 'x/y'));
    expect((await call('GET', `${base}/a%2Fb/x%252Fy`)).text).toContain('name: x/y\n');
    await call('POST', `${base}/sp%20%C3%BC`, small.replace('1h', '2h'));
    const listed = await call('GET', `/loki/api/v1/rules?labels=severity:page`);
    expect(listed.text.match(/for: \w+/g)).toEqual(['for: 1h', 'for: 2h']);
    expect(listed.text).not.toContain('base.yml');
    expect((await call('DELETE', `${base}/a%252Fb/x%2Fy`)).status).toBe(202);
    expect((await call('DELETE', `${base}/sp%20%C3%BC`)).status).toBe(202);
    expect(Object.keys((await groups()).map(({ file }) => file))).toHaveLength(1);
  });

  it('shows only what is asked for', async () => {
    const two = `${small}  - record: r:x\n    expr: vector(1)\n    labels: {team: ops}\n`;
    await call('POST', '/api/prom/rules/f1', two);
    await call('POST', '/api/prom/rules/f2', small.replace('g 1', 'g2'));
    const shown = async (parameters: string) =>
      (await groups(parameters)).map(({ file, rules }) => [file, ...rules.map(({ name }) => name)].join(' '));
    expect(await shown('')).toEqual(['base.yml Always', 'f1 A r:x', 'f2 A']);
    expect(await shown('?type=RECORD')).toEqual(['f1 r:x']);
    expect(await shown('?type=alert&file=f1&file%5B%5D=base.yml')).toEqual(['base.yml Always', 'f1 A']);
    expect(await shown('?rule_name[]=A')).toEqual(['f1 A', 'f2 A']);
    expect(await shown('?rule_group=g2')).toEqual(['f2 A']);
    expect(await shown('?match[]={team="ops"}')).toEqual(['f1 r:x']);
    expect(await shown('?group_limit=2')).toEqual(['base.yml Always', 'f1 A r:x']);
    const { text } = await call('GET', '/prometheus/api/v1/rules?group_limit=2');
    const { groupNextToken } = (JSON.parse(text) as { data: { groupNextToken: string } }).data;
    expect(await shown(`?group_limit=2&group_next_token=${groupNextToken}`)).toEqual(['f2 A']);
    for (const file of ['f1', 'f2']) await call('DELETE', `/api/prom/rules/${file}`);
  });

  it('says what a group would give, and keeps nothing of it', async () => {
    await push('dry');
    const text = `name: dry
rules:
  - alert: Dry
    expr: sum by (app) (count_over_time({app="dry"}[1h])) > 0
    for: 5m
    annotations: {summary: "{{ $labels.app }} has {{ $value }}"}
  - {alert: Always, expr: 1 > bool 0}
  - {alert: Broken, expr: '{app="dry"}'}
  - {record: r, expr: 'sum(count_over_time({app="dry"}[1h]))'}
`;
    const { status, text: answer } = await call('POST', '/loki/api/v1/rules/dry?dry_run=1', text);
    expect(status).toBe(200);
    const { rules } = (JSON.parse(answer) as { data: { rules: unknown[] } }).data;
    expect(rules).toMatchObject([
      {
        name: 'Dry',
        error: '',
        series: 1,
        shown: [
          { labels: { alertname: 'Dry', app: 'dry' }, annotations: { summary: 'dry has 1' }, value: '1' },
        ],
        linesRead: 1,
        findings: [],
      },
      { name: 'Always', series: 1, findings: [expect.stringContaining('always true')] },
      { name: 'Broken', error: 'rule result is not a vector or scalar', findings: [expect.any(String)] },
      { name: 'r', type: 'recording', series: 1, shown: [{ labels: { __name__: 'r' }, value: '1' }] },
    ]);
    expect(await groups('?file=dry')).toEqual([]);
    expect(
      (await call('POST', '/loki/api/v1/rules/dry?dry_run=1', 'name: g\nrules: [{alert: A}]\n')).status,
    ).toBe(400);
    expect((await call('POST', '/loki/api/v1/rules/dry?dry_run=x', text)).status).toBe(400);
  });

  it('says what is wrong with a rule that cannot be evaluated, and evaluates the others', async () => {
    await call(
      'POST',
      '/api/prom/rules/err',
      'name: g\ninterval: 1s\nrules:\n  - alert: Logs\n    expr: \'{app="x"}\'\n  - alert: After\n    expr: vector(1)\n',
    );
    await until(async () => (await rule('After'))?.state === 'firing');
    expect(await rule('Logs')).toMatchObject({
      health: 'err',
      state: 'inactive',
      lastError: 'rule result is not a vector or scalar',
    });
    await call('DELETE', '/api/prom/rules/err');
  });
});

it('keeps recorded series, and answers about them as Prometheus does', async () => {
  const text = group('g', '{record: "kept:one", expr: "vector(1)", labels: {team: a}}').replace(
    /^groups:\n {2}- /,
    '',
  );
  expect((await call('POST', '/loki/api/v1/rules/kept', text.replace(/^ {4}/gm, ''))).status).toBe(202);
  const form = 'application/x-www-form-urlencoded';
  const asked = async (path: string, body: string) =>
    JSON.parse((await call('POST', `/prometheus/api/v1/${path}`, body, form)).text) as {
      status: string;
      data: { result: readonly { metric: object; value: readonly [number, string] }[] };
    };
  await until(
    async () =>
      (await asked('query', 'query=count_over_time(kept:one[1h])')).data.result[0]?.value[1] === '2',
  );
  expect((await asked('query', 'query=kept:one')).data.result).toEqual([
    { metric: { __name__: 'kept:one', team: 'a' }, value: [expect.any(Number), '1'] },
  ]);
  expect((await call('GET', '/prometheus/api/v1/label/__name__/values')).text).toContain('["kept:one"]');
  expect(await call('GET', '/prometheus/api/v1/query?query=rate(x[1m])')).toEqual({
    status: 400,
    type: 'application/json',
    text: JSON.stringify({
      status: 'error',
      errorType: 'bad_data',
      error: 'parse error: recorded series know no function "rate"',
    }),
  });
  await call('DELETE', '/loki/api/v1/rules/kept');
  // It has ended, and what it was stays.
  expect((await asked('query', 'query=kept:one')).data.result).toEqual([]);
  expect((await asked('query', 'query=max_over_time(kept:one[1h])')).data.result).toHaveLength(1);
});

it('tells of each host that has fallen silent', async () => {
  const say = (host: string, agoMs: number) => {
    const values = [[`${Date.now() - agoMs}000000`, 'line']];
    const body = JSON.stringify({ streams: [{ stream: { fleet: 'f', host }, values }] });
    return call('POST', '/loki/api/v1/push', body, json);
  };
  const minuteMs = 60_000;
  await say('silent', 30 * minuteMs);
  await say('talks', 30 * minuteMs);
  await say('talks', 0);
  await say('new', 0);
  const rule = {
    alert: 'SilentHost',
    expr: 'absent_over_time({fleet="f"}[15m])',
    annotations: { skald_absent_by: 'host', summary: '{{ $labels.host }} says nothing' },
  };
  const group = JSON.stringify({ name: 'g', interval: '1s', rules: [rule] });
  expect((await call('POST', '/loki/api/v1/rules/silent', group)).status).toBe(202);
  await until(() => posted('SilentHost').length > 0);
  expect(posted('SilentHost')[0]).toMatchObject({
    labels: { host: 'silent' },
    annotations: { summary: 'silent says nothing' },
  });
  await say('silent', 0);
  await until(() => posted('SilentHost').some(({ endsAt }) => Date.parse(endsAt) <= Date.now()));
  expect(new Set(posted('SilentHost').map(({ labels }) => labels.host))).toEqual(new Set(['silent']));
  await call('DELETE', '/loki/api/v1/rules/silent');
});

it('takes up files as they change, and keeps the last good version of a bad one', async () => {
  const good = group('g1', '{alert: One, expr: "vector(1)"}');
  writeFile('a.yml', good);
  await until(async () => (await rule('One'))?.state === 'firing');
  writeFile('b.yml', 'groups:\n  - name: g\n    bogus: 1\n');
  writeFile('a.yml', good.replace('alert: One', 'alrt: One'));
  const metric = 'loki_ruler_config_last_reload_successful{user="fake"}';
  await until(async () => (await call('GET', '/metrics')).text.includes(`${metric} 0`));
  expect((await rule('One'))?.state).toBe('firing');
  expect(server.output()).toContain(
    'b.yml: line 3, column 5: field bogus not found in type rulefmt.RuleGroup',
  );
  rmSync(join(rulesDir, 'fake', 'b.yml'));
  writeFile('a.yml', good.replace('One', 'Two'));
  await until(async () => (await rule('Two'))?.state === 'firing');
  // What is no more is over for those who were told of it.
  await until(() => posted('One').some(({ endsAt }) => Date.parse(endsAt) <= Date.now()));
  rmSync(join(rulesDir, 'fake', 'a.yml'));
  await until(async () => (await rule('Two')) === undefined);
  expect((await call('GET', '/metrics')).text).toContain(`${metric} 1`);
});

it('forgets nothing when it is killed: not what is pending, not what fires, not what was not delivered', async () => {
  standIn.answer = (response) => {
    response.writeHead(500).end('not now');
  };
  const sent = `name: g
interval: 1s
rules:
  - alert: Held
    expr: sum by (app) (count_over_time({app="killed"}[1h])) > 0
    for: 5s
    annotations: {summary: "{{ $labels.app }} has {{ $value }}"}
`;
  await push('killed');
  expect((await call('POST', '/loki/api/v1/rules/ns', sent)).status).toBe(202);
  const again = async () => {
    await server.stop('SIGKILL');
    server = await startServer({ environment: environment(), dataDir: server.dataDir });
  };
  const held = async () => (await rule('Held'))?.alerts?.[0];
  await until(async () => (await held())?.state === 'pending');
  const activeAt = Date.parse((await held())?.activeAt ?? '');
  await again();
  await until(async () => (await held())?.state === 'firing');
  expect(Date.parse((await held())?.activeAt ?? '')).toBe(activeAt);
  await until(() => standIn.received.some(({ alerts }) => alerts[0]?.labels.alertname === 'Held'));
  await again();
  standIn.answer = takes;
  await until(() => posted('Held').length > 0);
  const [first] = posted('Held');
  // Not early, and with its own time however late it was delivered.
  expect(Date.parse(first?.startsAt ?? '') - activeAt).toBe(5000);
  expect(first).toMatchObject({
    labels: { alertname: 'Held', app: 'killed', cluster: 'c1' },
    annotations: { summary: 'killed has 1' },
  });
  expect(new URL(first?.generatorURL ?? '').pathname).toBe('/explore');
  const { path, headers } = standIn.taken[0] ?? {};
  expect(path).toBe('/am/api/v2/alerts');
  expect(headers).toMatchObject({ authorization: `Basic ${btoa('user:p@ss')}`, 'x-scope-orgid': 'fake' });
  await call('DELETE', '/loki/api/v1/rules/ns/g');
  await until(() => posted('Held').some(({ endsAt }) => Date.parse(endsAt) <= Date.now()));
});
