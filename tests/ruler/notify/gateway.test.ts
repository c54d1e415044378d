// A running gateway that tells receivers of alerts by itself: each kind, those that are broken, silences, a kill.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../../src/ruler/notify/message.ts';
import { type Server, startServer } from '../../server.ts';
import { until } from '../until.ts';
import {
  type HttpStandIn,
  type MailStandIn,
  startHttpStandIn,
  startMailStandIn,
} from './stand-in-receivers.ts';

let server: Server;
let http: HttpStandIn;
let mail: MailStandIn;
let folder: string;
const start = (dataDir?: string): Promise<Server> =>
  startServer({
    environment: {
      SKALD_CONFIG_FILE: join(folder, 'skald.yaml'),
      SKALD_RULER_EXTERNAL_LABELS: 'cluster=c1',
    },
    ...(dataDir !== undefined && { dataDir }),
  });

beforeAll(async () => {
  http = await startHttpStandIn();
  mail = await startMailStandIn();
  folder = mkdtempSync(join(tmpdir(), 'skald-receivers-'));
  writeFileSync(join(folder, 'token'), 'from-file\n');
  writeFileSync(join(folder, 'address'), `${http.url}/slack\n`);
  // The broken ones come first: they are nobody's hindrance.
  writeFileSync(
    join(folder, 'skald.yaml'),
    `ruler:
  notification_timeout: 2s
  notify: { group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
  receivers:
    hangs: { type: webhook, url: '${http.url}/hangs' }
    refuses: { type: webhook, url: '${http.url}/refuses' }
    busy: { type: webhook, url: '${http.url}/busy' }
    fails: { type: webhook, url: '${http.url}/fails' }
    hook: { type: webhook, url: '${http.url}/hook', authorization: { credentials_file: '${folder}/token' } }
    slack: { type: slack, url_file: '${folder}/address', send_resolved: false }
    phone: { type: ntfy, url: '${http.url}/topic', match: '{severity="page"}' }
    mail: { type: email, host: 127.0.0.1, port: ${mail.port}, security: none, from: skald@example.org, to: [me@example.org] }
    named: { type: gotify, url: '${http.url}/gotify', token: t, match: '{alertname="nothing has this name"}' }
    others: { type: webhook, url: '${http.url}/others', tenants: [other] }
`,
  );
  http.answers.set('hangs', () => {});
  http.answers.set('refuses', (response) => response.writeHead(400).end('no'));
  http.answers.set('busy', (response) => response.writeHead(429, { 'retry-after': '1' }).end());
  http.answers.set('fails', (response) => response.writeHead(500).end());
  server = await start();
});
afterAll(async () => {
  await server?.remove();
  await http.close();
  await mail.close();
  rmSync(folder, { recursive: true });
});

async function call(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  const response = await fetch(server.baseUrl + path, { method, ...(body !== undefined && { body }) });
  return { status: response.status, text: await response.text() };
}
const get = async <T>(path: string): Promise<T> => JSON.parse((await call('GET', path)).text) as T;

const alerting = (name: string, more = ''): string =>
  `name: ${name}\ninterval: 1s\nrules:\n  - alert: ${name}\n    expr: vector(1)\n${more}`;
const post = async (text: string): Promise<void> =>
  expect((await call('POST', '/loki/api/v1/rules/ns', text)).status).toBe(202);
const remove = (name: string) => call('DELETE', `/loki/api/v1/rules/ns/${name}`);

/** Messages that a webhook got about an alert, by its path. */
const messages = (path: string, name: string): Message[] =>
  http.received
    .filter((taken) => taken.path === `/${path}`)
    .map(({ body }) => body as Message)
    .filter(({ groupLabels }) => groupLabels.alertname === name);
const textsAt = (path: string): string[] =>
  http.received.filter((taken) => taken.path.startsWith(path)).map(({ body }) => JSON.stringify(body));

it('tells each kind of receiver of an alert and of its end, whatever the others answer', async () => {
  await post(
    alerting(
      'First',
      '    labels: {severity: page}\n    annotations: {summary: "größer als {{ $value }}", skald_x: y}\n',
    ),
  );
  await until(() => messages('hook', 'First').length > 0);
  const [first] = messages('hook', 'First');
  expect(first).toMatchObject({
    status: 'firing',
    receiver: 'hook',
    alerts: [
      {
        labels: { alertname: 'First', cluster: 'c1', severity: 'page' },
        annotations: { summary: 'größer als 1' },
        endsAt: '0001-01-01T00:00:00Z',
      },
    ],
  });
  // What is said to the ruler is said to nobody else.
  expect(Object.keys(first?.alerts[0]?.annotations ?? {})).toEqual(['summary']);
  expect(http.received.find(({ path }) => path === '/hook')?.headers.authorization).toBe('Bearer from-file');
  await until(() => mail.mails.length > 0);
  expect(mail.mails[0]).toContain('Subject: [FIRING:1] First');
  expect(mail.mails[0]).toContain('To: me@example.org');
  await until(() => textsAt('/slack').length > 0);
  await until(() => http.received.some(({ body }) => (body as { topic?: string }).topic === 'topic'));
  await until(() =>
    ['hangs', 'refuses', 'busy', 'fails'].every((path) => messages(path, 'First').length > 0),
  );
  const evaluated = async (): Promise<number> => {
    const { text } = await call('GET', '/metrics');
    return Number(/rule_group_iterations_total\{[^}]*First[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  // Evaluation goes on beside a receiver that hangs.
  const before = await evaluated();
  await until(async () => (await evaluated()) >= before + 3);
  await remove('First');
  await until(() => messages('hook', 'First').some(({ status }) => status === 'resolved'));
  await until(() => mail.mails.some((text) => text.includes('Subject: [RESOLVED:1] First')));
  expect(textsAt('/slack').filter((text) => text.includes('RESOLVED'))).toEqual([]);
  expect(textsAt('/gotify')).toEqual([]);
  expect(textsAt('/others')).toEqual([]);
});

it('tells those alone that a rule names', async () => {
  await post(alerting('Named', '    annotations: {skald_notify: "named, nobody"}\n'));
  await until(() => textsAt('/gotify').length > 0);
  await post(alerting('Named2'));
  await until(() => messages('hook', 'Named2').length > 0);
  expect(messages('hook', 'Named')).toEqual([]);
  for (const name of ['Named', 'Named2']) await remove(name);
});

it('shows the lines that an alert is about, without what is not to be seen', async () => {
  const values = ['first token=abc', 'second token=def', 'third', 'fourth'].map((line, k) => [
    `${Date.now() - 10_000 + k}000000`,
    line,
  ]);
  const pushed = await fetch(`${server.baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ stream: { app: 'lines' }, values }] }),
  });
  expect(pushed.status).toBe(204);
  await post(
    `name: Lines
interval: 1s
rules:
  - alert: Lines
    expr: sum by (app) (count_over_time({app="lines"} != "fourth" [1h])) > 0
    annotations: {skald_lines: "2", skald_redact: 'token=\\w+', summary: s}
`,
  );
  await until(() => messages('hook', 'Lines').length > 0);
  expect(messages('hook', 'Lines')[0]?.alerts[0]?.annotations).toEqual({
    summary: 's',
    lines: 'second <redacted>\nthird',
  });
  await remove('Lines');
});

describe('silences', () => {
  const silence = (name: string, seconds = 3600, more: object = {}) =>
    JSON.stringify({
      matchers: [{ name: 'alertname', value: name, isRegex: true }],
      startsAt: new Date(0).toISOString(),
      endsAt: new Date(Date.now() + seconds * 1000).toISOString(),
      createdBy: 'me',
      comment: 'maintenance',
      ...more,
    });
  const set = async (body: string): Promise<string> => {
    const { status, text } = await call('POST', '/alertmanager/api/v2/silences', body);
    expect([status, text]).toEqual([200, expect.stringContaining('silenceID')]);
    return (JSON.parse(text) as { silenceID: string }).silenceID;
  };

  it('keep alerts from receivers until they end', async () => {
    const id = await set(silence('Quiet.*'));
    await post(alerting('Quiet'));
    await post(alerting('Loud'));
    await until(() => messages('hook', 'Loud').length > 0);
    type View = { labels: { alertname: string }; status: { state: string; silencedBy: string[] } };
    await until(async () => (await get<View[]>('/alertmanager/api/v2/alerts')).length === 2);
    const alerts = await get<View[]>('/alertmanager/api/v2/alerts');
    expect(alerts.map(({ labels, status }) => [labels.alertname, status.state, status.silencedBy])).toEqual(
      expect.arrayContaining([
        ['Quiet', 'suppressed', [id]],
        ['Loud', 'active', []],
      ]),
    );
    expect(await get<View[]>('/alertmanager/api/v2/alerts?silenced=false')).toHaveLength(1);
    expect(messages('hook', 'Quiet')).toEqual([]);
    expect((await call('DELETE', `/alertmanager/api/v2/silence/${id}`)).status).toBe(200);
    await until(() => messages('hook', 'Quiet').length > 0);
    const [listed] = await get<{ id: string; status: { state: string } }[]>('/alertmanager/api/v2/silences');
    expect(listed).toMatchObject({
      id,
      status: { state: 'expired' },
      createdBy: 'me',
      comment: 'maintenance',
    });
    for (const name of ['Quiet', 'Loud']) await remove(name);
  });

  it.each([
    ['no JSON', '{', 'the body is no JSON'],
    ['no matchers', silence('a', 60, { matchers: [] }), 'silence invalid: at least one matcher required'],
    [
      'matchers of everything',
      silence('a', 60, { matchers: [{ name: 'a', value: '.*', isRegex: true }] }),
      'silence invalid: at least one matcher must not match the empty string',
    ],
    ['an end in the past', silence('a', -60), "silence invalid: end time can't be in the past"],
    ['a time that is none', silence('a', 60, { startsAt: 'soon' }), 'startsAt: expected a time'],
    ['no comment', silence('a', 60, { comment: undefined }), 'comment: '],
    ['a pattern that is none', silence('a(', 60), 'missing closing )'],
  ])('are refused with %s', async (_, body, why) => {
    const { status, text } = await call('POST', '/alertmanager/api/v2/silences', body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toContain(why);
  });

  it('are changed in place, or give way to another', async () => {
    const id = await set(silence('one'));
    const { startsAt } = await get<{ startsAt: string }>(`/alertmanager/api/v2/silence/${id}`);
    expect(await set(silence('one', 7200, { id, startsAt }))).toBe(id);
    const other = await set(silence('two', 7200, { id, startsAt }));
    expect(other).not.toBe(id);
    const states = async (...ids: string[]) =>
      Promise.all(
        ids.map(
          async (one) =>
            (await get<{ status: { state: string } }>(`/alertmanager/api/v2/silence/${one}`)).status.state,
        ),
      );
    expect(await states(id, other)).toEqual(['expired', 'active']);
    expect((await call('GET', '/alertmanager/api/v2/silence/none')).status).toBe(404);
    expect(
      (await call('POST', '/alertmanager/api/v2/silences', silence('a', 60, { id: 'none' }))).status,
    ).toBe(404);
    const filtered = await get<unknown[]>('/alertmanager/api/v2/silences?filter=alertname%3D%22two%22');
    expect(filtered).toHaveLength(1);
  });
});

it('says what became of alerts', async () => {
  type History = { data: { transitions: { to: string; rule: string; value: string }[]; next?: string } };
  const { data } = await get<History>('/api/rules/history?rule=First');
  expect(data.transitions.map(({ to, value }) => [to, value])).toEqual([
    ['resolved', '1'],
    ['firing', '1'],
  ]);
  const page = await get<History>('/api/rules/history?limit=1');
  const next = await get<History>(`/api/rules/history?limit=1&before=${page.data.next}`);
  expect(next.data.transitions).toHaveLength(1);
  expect(next.data.transitions[0]).not.toEqual(page.data.transitions[0]);
  expect((await call('GET', '/api/rules/history?limit=x')).status).toBe(400);
  const { stdout } = await command('history', 'First');
  expect(stdout.split('\n').map((line) => line.split(/ +/)[2])).toEqual([
    'became',
    'resolved',
    'firing',
    undefined,
  ]);
});

const command = (...words: string[]) =>
  promisify(execFile)(process.execPath, ['dist/main.js', 'rules', '--addr', server.baseUrl, ...words]);

it('sends a test to one receiver or to all, and says what they answered', async () => {
  const { stdout } = await command('notify-test', 'hook');
  expect(stdout).toBe('hook (webhook): taken\n');
  expect(messages('hook', 'NotificationTest')).toHaveLength(1);
  mail.recipientAnswer = '550 nobody of that name';
  const failed = await command('notify-test').catch((error: { code: number; stdout: string }) => error);
  expect(failed).toMatchObject({ code: 1 });
  const answers = new Map(failed.stdout.split('\n').map((line) => line.split(': ', 2) as [string, string]));
  expect(answers.get('phone (ntfy)')).toBe('taken');
  expect(answers.get('hangs (webhook)')).toBe('FAILED');
  expect(failed.stdout).toContain('mail (email): FAILED: ');
  expect(failed.stdout).toContain('550 nobody of that name');
  expect(answers.has('others (webhook)')).toBe(false);
  mail.recipientAnswer = '250 fine';
  await expect(command('notify-test', 'bogus')).rejects.toMatchObject({
    stderr: expect.stringContaining('there is no receiver "bogus"'),
  });
});

it('knows after a kill what it has told, and tells what it has not', async () => {
  await post(alerting('Kept'));
  await until(() => messages('hook', 'Kept').length > 0);
  http.answers.set('hook', (response) => response.writeHead(503).end());
  await post(alerting('Untold'));
  await until(() => messages('hook', 'Untold').length > 0);
  const told = messages('hook', 'Kept').length;
  await server.stop('SIGKILL');
  http.answers.delete('hook');
  const from = messages('hook', 'Untold').length;
  server = await start(server.dataDir);
  await until(() => messages('hook', 'Untold').length > from);
  await remove('Kept');
  await until(() => messages('hook', 'Kept').some(({ status }) => status === 'resolved'));
  const again = messages('hook', 'Kept').slice(told);
  expect(again.map(({ status }) => status)).toEqual(['resolved']);
  expect(again[0]?.alerts[0]?.startsAt).toBe(messages('hook', 'Kept')[0]?.alerts[0]?.startsAt);
});
