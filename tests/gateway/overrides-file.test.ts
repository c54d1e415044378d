// Limits of tenants that change while the gateway runs.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseOverrides } from '../../src/config/sources/overrides-file.ts';
import { until } from '../ruler/until.ts';
import { type Server, startServer } from '../server.ts';

let server: Server;
let folder: string;
let file: string;

const write = (text: string): void => {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skald-overrides-'));
  file = join(folder, 'overrides.yaml');
  write('overrides:\n  a: { max_line_size: 10, ruler_max_rule_groups_per_tenant: 1 }\n');
  server = await startServer({
    environment: {
      SKALD_AUTH_ENABLED: 'true',
      SKALD_LIMITS_OVERRIDES_FILE: file,
      SKALD_LIMITS_OVERRIDES_PERIOD: '1s',
    },
  });
});
afterAll(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true });
});

async function call(tenant: string, method: string, path: string, body?: string) {
  const headers = {
    'X-Scope-OrgID': tenant,
    ...(body?.startsWith('{') && { 'content-type': 'application/json' }),
  };
  const response = await fetch(server.baseUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}
const push = async (tenant: string, line: string): Promise<number> => {
  const values = [[`${Date.now()}000000`, line]];
  const body = JSON.stringify({ streams: [{ stream: { app: 'x' }, values }] });
  return (await call(tenant, 'POST', '/loki/api/v1/push', body)).status;
};
const rule = async (namespace: string): Promise<number> =>
  (await call('a', 'POST', `/loki/api/v1/rules/${namespace}`, 'name: g\nrules: []\n')).status;
const query = async (limit: number): Promise<number> =>
  (await call('a', 'GET', `/loki/api/v1/query_range?query=${encodeURIComponent('{app="x"}')}&limit=${limit}`))
    .status;
const isGood = async (): Promise<string | undefined> =>
  /^loki_runtime_config_last_reload_successful (\d)$/m.exec((await call('a', 'GET', '/metrics')).text)?.[1];
const shown = async (): Promise<unknown> => parse((await call('a', 'GET', '/config?mode=overrides')).text);
const long = 'x'.repeat(11);

it('hold for pushes, queries and rules from the start, and as they change', async () => {
  expect([await push('a', long), await push('b', long)]).toEqual([400, 204]);
  expect([await rule('one'), await rule('two')]).toEqual([202, 400]);
  expect(await query(100)).toBe(200);
  write('overrides:\n  a: { max_entries_limit_per_query: 50 }\n  b: { max_line_size: 10B }\n');
  await until(async () => (await push('a', long)) === 204);
  expect(await push('b', long)).toBe(400);
  expect([await query(100), await query(50)]).toEqual([400, 200]);
  expect(await rule('two')).toBe(202);
});

it('stay as they were when the file cannot be used', async () => {
  write('overrides:\n  b: { max_line_size: 10, max_lin_size: 1 }\n');
  await until(async () => (await isGood()) === '0');
  expect(await push('b', long)).toBe(400);
  expect(server.output()).toContain('overrides.yaml:2:');
  rmSync(file);
  await until(() => server.output().includes('no such file'));
  expect(await push('b', long)).toBe(400);
  write('overrides: {}\n');
  await until(async () => (await isGood()) === '1');
  expect(await push('b', long)).toBe(204);
});

it('are shown', async () => {
  write('overrides:\n  a: { query_timeout: 5s }\n');
  await until(async () => JSON.stringify(await shown()).includes('"query_timeout":"5s"'));
  const { text } = await call('a', 'GET', '/config/tenant/v1/limits');
  expect(parse(text)).toMatchObject({ query_timeout: '5s' });
  expect((await call('a', 'GET', '/runtime_config')).text).toBe(
    (await call('a', 'GET', '/config?mode=overrides')).text,
  );
  const diff = parse((await call('a', 'GET', '/config?mode=diff')).text) as Record<string, object>;
  expect(diff).toMatchObject({
    auth_enabled: true,
    limits: { overrides_file: file, overrides_period: '1s' },
  });
  expect(Object.keys(diff.limits ?? {})).toEqual(['overrides_file', 'overrides_period']);
  const defaults = parse((await call('a', 'GET', '/config?mode=defaults')).text);
  expect(defaults).toMatchObject({ auth_enabled: false, limits: { overrides_file: '' } });
  expect((await call('a', 'GET', '/config?mode=x')).status).toBe(400);
});

describe('a file', () => {
  it.each([
    ['an unknown limit', 'overrides: {a: {max_lin_size: 1}}', 'max_lin_size'],
    ['a value that is none', 'overrides: {a: {max_line_size: many}}', 'expected a size'],
    ['other settings', 'limits: {}', 'limits'],
    [
      'periods, which need a restart',
      'overrides: {a: {retention_period: 1d}}',
      'retention_period belongs to',
    ],
    ['no mapping', '- a', 'mapping'],
  ])('with %s is refused, with its place', async (_, text, why) => {
    await expect(parseOverrides('o.yaml', text)).rejects.toThrow(/^o\.yaml:1:\d+/);
    await expect(parseOverrides('o.yaml', text)).rejects.toThrow(why);
  });

  it.each(['', 'overrides:\n', 'overrides: {a: {}}'])('may say nothing: %j', async (text) => {
    expect(Object.values(await parseOverrides('o.yaml', text)).flatMap(Object.keys)).toEqual([]);
  });
});
