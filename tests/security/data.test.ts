// Data made to harm: names of JavaScript's own, patterns that take for ever, line breaks for the log, other tenants.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, push, queryLogs } from '../gateway/client.ts';
import { jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';

const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs - 1_000_000_000n, endNs: timestampNs + 1_000_000_000n };
const times = { start: String(range.startNs), end: String(range.endNs) };

/** Text, not objects: a literal with __proto__ would set the prototype instead of having the key. */
const pushText = (stream: string, line: string, metadata = '{}'): string =>
  `{"streams":[{"stream":${stream},"values":[["${timestampNs}",${JSON.stringify(line)},${metadata}]]}]}`;

describe('names of JavaScript’s own', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.remove());

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    '%s is a label, a field and metadata like any other, and nothing else changes',
    async (name) => {
      const line = `{"${name}":{"polluted":"yes"},"plain":"p"}`;
      const body = pushText(`{"app":"${name}","${name}":"value"}`, line, `{"${name}_x":"1"}`);
      expect(await push(server.baseUrl, body, jsonHeaders)).toEqual({ status: 204, text: '' });
      const selector = `{app="${name}", ${name}="value"}`;
      const [raw] = await queryLogs(server.baseUrl, selector, range);
      expect(JSON.stringify(raw?.stream)).toContain(`"${name}":"value"`);
      const [parsed] = await queryLogs(server.baseUrl, `${selector} | json`, range);
      expect(parsed?.stream.plain).toBe('p');
      expect(JSON.stringify(parsed?.stream)).toContain(`"${name}_polluted":"yes"`);
      const values = await get<{ data: string[] }>(
        server.baseUrl,
        `/loki/api/v1/label/${name}/values`,
        times,
      );
      expect(values.data).toEqual(['value']);
    },
  );

  it('keys of a push that are no streams change nothing', async () => {
    const body = pushText('{"app":"plain"}', 'x').replace(
      '{"streams"',
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"streams"',
    );
    expect((await push(server.baseUrl, body, jsonHeaders)).status).toBe(204);
    const [stream] = await queryLogs(server.baseUrl, '{app="plain"}', range);
    expect(Object.keys(stream?.stream ?? {}).sort()).toEqual(['app', 'detected_level', 'service_name']);
  });

  it.each(['__proto__=1', 'constructor=1', 'query[__proto__]=1', 'toString=1'])(
    'parameter %s is ignored',
    async (parameter) => {
      const answer = await fetch(`${server.baseUrl}/loki/api/v1/labels?${parameter}`);
      expect(answer.status).toBe(200);
    },
  );
});

describe('patterns that backtracking engines never finish', () => {
  let server: Server;
  const line = `${'a'.repeat(50_000)}!`;
  beforeAll(async () => {
    // Far less than a backtracking engine would take, far more than a linear one needs.
    server = await startServer({ environment: { SKALD_LIMITS_QUERY_TIMEOUT: '20s' } });
    expect((await push(server.baseUrl, pushText('{"app":"re"}', line), jsonHeaders)).status).toBe(204);
  });
  afterAll(() => server?.remove());

  it.each([
    '{app="re"} |~ "^(a+)+$"',
    '{app="re"} |~ "(a|aa)+$"',
    '{app="re"} |~ "(.*a){20}b"',
    '{app="re"} | regexp "^(?P<x>(a*)*)b"',
    '{app="re"} | label_format y="{{ regexReplaceAll `(a*)*b` __line__ `x` }}" | y="x"',
    '{app=~"((r|re|e)+)+$"} |= "zzz"',
  ])('%s is answered in time', async (query) => {
    const parameters = new URLSearchParams({ query, ...times });
    const answer = await fetch(`${server.baseUrl}/loki/api/v1/query_range?${parameters}`);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"success"')]);
  });
});

describe('text for the gateway’s own log', () => {
  const forged = 'x\n{"level":"error","msg":"forged"}\r\n2026-11-24T00:00:00.000Z error forged';

  it.each(['json', 'text'])('cannot begin a line of it, format %s', async (format) => {
    const server = await startServer({
      environment: { SKALD_LOG_LEVEL: 'debug', SKALD_LOG_FORMAT: format, SKALD_AUTH_ENABLED: 'true' },
    });
    try {
      const parameters = new URLSearchParams({ query: `{app="${forged}"} |= ${JSON.stringify(forged)}` });
      const headers = { 'X-Scope-OrgID': 'a', 'X-Request-Id': 'evil id', 'User-Agent': 'a{"forged":1}' };
      await fetch(`${server.baseUrl}/loki/api/v1/query_range?${parameters}`, { headers });
      await fetch(`${server.baseUrl}/loki/api/v1/labels%0a${encodeURIComponent(forged)}`, { headers });
      await push(server.baseUrl, `{"streams": ${forged}`, { ...jsonHeaders, ...headers });
      await server.stop();
      const lines = server
        .output()
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.length).toBeGreaterThan(2);
      if (format === 'json') {
        const messages = lines.map((line) => (JSON.parse(line) as { msg?: string }).msg);
        expect(messages).not.toContain('forged');
      } else {
        const isWhole = /^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info |warn |error) (?! *forged)/;
        expect(lines.filter((line) => !isWhole.test(line))).toEqual([]);
      }
    } finally {
      await server.remove();
    }
  });
});

describe('another tenant’s data', () => {
  let server: Server;
  const as = (tenant: string) => ({ headers: { 'X-Scope-OrgID': tenant } });
  beforeAll(async () => {
    server = await startServer({ environment: { SKALD_AUTH_ENABLED: 'true' } });
    const body = pushText(
      '{"app":"secret-app","only_a":"secret-value"}',
      'secret line id=7',
      '{"trace":"secret"}',
    );
    const answer = await push(server.baseUrl, body, { ...jsonHeaders, 'X-Scope-OrgID': 'a' });
    expect(answer).toEqual({ status: 204, text: '' });
  });
  afterAll(() => server?.remove());

  const all = 'query={app=~".%2B"}';
  const paths = [
    `query_range?${all}`,
    `query_range?query=count_over_time({app=~".%2B"}[5m])`,
    `query?query=sum(count_over_time({app=~".%2B"}[5m]))`,
    'labels?',
    'label/app/values?',
    'label/only_a/values?',
    'series?match[]={app=~".%2B"}',
    `index/stats?${all}`,
    `index/volume?${all}`,
    `index/volume_range?${all}`,
    'detected_labels?',
    `detected_fields?${all}`,
    `detected_field/id/values?${all}`,
    `patterns?${all}`,
  ];
  it.each(paths)('is not in the answer of %s', async (path) => {
    const url = `${server.baseUrl}/loki/api/v1/${path}&${new URLSearchParams(times)}`;
    const [own, foreign] = await Promise.all([fetch(url, as('a')), fetch(url, as('b'))]);
    expect([own.status, foreign.status]).toEqual([200, 200]);
    const text = await foreign.text();
    expect(text).not.toMatch(/secret|only_a/);
    // Counts are none, too: the answer is that of a tenant who has never been.
    const nobody = await fetch(url, as('never-was'));
    const data = (json: string): unknown => {
      const { data: _data, ...rest } = JSON.parse(json) as { data?: { result?: unknown } };
      return _data?.result ?? _data ?? rest;
    };
    expect(data(text)).toEqual(data(await nobody.text()));
    await own.text();
  });

  it.each(['a|b', 'A', 'a ', '../a', 'a%00', 'b,a'])('is not found by the name %j', async (name) => {
    const url = `${server.baseUrl}/loki/api/v1/labels?${new URLSearchParams(times)}`;
    const answer = await fetch(url, as(name));
    const text = await answer.text();
    // "a " is the tenant's own name: HTTP strips the spaces around a value.
    if (name.trim() !== 'a') expect(text).not.toContain('only_a');
  });
});
