// Variables in configuration files, and one word for each mistake.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { escapeVariables, expandVariables } from '../../src/config/sources/expand-variables.ts';
import { loadConfig } from '../../src/config/sources/load-config.ts';

const environment = { PORT: '4000', EMPTY: '', HOST: 'a: b', REF: `\${PORT}` };
const load = async (text: string) =>
  (await loadConfig({ file: { name: 's.yaml', text }, environment })).config;
const problemsOf = async (text: string): Promise<readonly string[]> => {
  try {
    await load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

it.each([
  [`\${PORT}`, '4000'],
  [`a\${PORT}b\${PORT}`, 'a4000b4000'],
  [`\${NONE:3100}`, '3100'],
  [`\${NONE:-3100}`, '3100'],
  [`\${NONE:}`, ''],
  [`\${PORT:1}`, '4000'],
  [`\${EMPTY}`, ''],
  [`\${EMPTY:x}`, 'x'],
  [`$\${PORT}`, `\${PORT}`],
  [`$PORT $1 \${1} $$`, `$PORT $1 \${1} $$`],
  [`\${REF}`, `\${PORT}`],
])('%s → %s', (text, want) => {
  expect(expandVariables(text, environment)).toEqual({ text: want, missing: [] });
});

it('what has no value stays, and is named', () => {
  expect(expandVariables(`\${A}\${PORT}\${B}`, environment)).toEqual({
    text: `\${A}4000\${B}`,
    missing: ['A', 'B'],
  });
});

it('what is escaped comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-', ' ') }), (text) => {
      expect(expandVariables(escapeVariables(text), {})).toEqual({ text, missing: [] });
    }),
  );
});

it('texts without a dollar are left alone', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replaceAll('$', '');
      expect(expandVariables(plain, {}).text).toBe(plain);
    }),
  );
});

describe('in a file', () => {
  it('they are values of their kind, and nothing but values', async () => {
    const { http, dataDir } = await load(
      `http:\n  listen_port: \${PORT}\n  listen_address: "\${ADDRESS:::1}"\ndata_dir: \${HOST} # \${COMMENT}\n`,
    );
    expect({ port: http.listenPort, address: http.listenAddress, dataDir }).toEqual({
      port: 4000,
      address: '::1',
      dataDir: 'a: b',
    });
  });

  it('one that is not set is an error with its place', async () => {
    expect(await problemsOf(`http:\n  listen_port: \${NO_PORT}\n`)).toEqual([
      expect.stringMatching(/^s\.yaml:2:16: the variable NO_PORT is not set/),
    ]);
  });
});

describe('one cause, one word', () => {
  it.each([
    ['a tab', 'http:\n  listen_port: 1\n\tlisten_address: x\n  path_prefix: y\n', 's.yaml:3:1: '],
    [
      'a section that is not indented',
      'limits:\nmax_line_size: 5\nmax_query_series: 4\n',
      's.yaml:1:1: limits: nothing stands below it; indent its settings (max_line_size, max_query_series)',
    ],
    [
      'a key of another section',
      'listen_port: 3100\n',
      's.yaml:1:1: unknown key "listen_port"; did you mean "http.listen_port" or "grpc.listen_port"?',
    ],
    [
      'a key that is an old friend',
      'port: 3100\n',
      's.yaml:1:1: unknown key "port"; did you mean "http.listen_port"?',
    ],
    [
      'the beginning of a key',
      'retention: 7d\n',
      'unknown key "retention"; did you mean "retention_period" or ',
    ],
    [
      'a mistyped key that is needed',
      'files: { targets: [{ path: /x }] }',
      'unknown key "files.targets.0.path"; did you mean "include"?',
    ],
    ['a mistyped word', 'collectors: [dokcer]\n', 'got ["dokcer"]; did you mean "docker"?'],
    [
      'a password',
      'auth: { users: [{ name: a, password: b }] }',
      'a password is given as password_hash, which "skald hash-password" prints',
    ],
    [
      'a file of Loki',
      'schema_config: {}\nlimits_config: { retention_period: 744h }\ningester: {}\n',
      's.yaml:1:1: this is a configuration of Loki: "skald import-config s.yaml"',
    ],
    [
      'a file of Promtail',
      'server: {}\nscrape_configs: []\n',
      's.yaml:1:1: this is a configuration of Promtail',
    ],
  ])('%s', async (_name, text, word) => {
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(word);
  });
});
