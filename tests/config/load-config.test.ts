import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseCommandLine } from '../../src/config/sources/command-line.ts';
import { environmentName, loadConfig, settingsByName } from '../../src/config/sources/load-config.ts';
import { hashToken } from '../../src/http/auth/credentials.ts';
import { hashPassword } from '../../src/http/auth/password-hash.ts';

const load = (text: string, environment: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  loadConfig({ file: { name: 'skald.yaml', text }, environment, flags });

async function problems(run: () => unknown): Promise<readonly string[]> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('accepted');
}

const dayMs = 86_400_000;
const passwordHash = hashPassword('x');

type Case = [
  name: string,
  text: string,
  environment: Record<string, string>,
  read: (config: Config) => unknown,
  want: unknown,
];

describe('loadConfig', () => {
  it.each<Case>([
    ['default port', '', {}, (c) => c.http.listenPort, 3100],
    ['default address is local', '', {}, (c) => c.http.listenAddress, '127.0.0.1'],
    ['default retention', '', {}, (c) => c.retentionNs, BigInt(7 * dayMs) * 1_000_000n],
    ['port from the file', 'http: {listen_port: 8080}', {}, (c) => c.http.listenPort, 8080],
    [
      'environment wins over the file',
      'http: {listen_port: 8080}',
      { SKALD_HTTP_LISTEN_PORT: '81' },
      (c) => c.http.listenPort,
      81,
    ],
    [
      'fixed name: address',
      '',
      { SKALD_HTTP_LISTEN_ADDRESS: '0.0.0.0' },
      (c) => c.http.listenAddress,
      '0.0.0.0',
    ],
    ['fixed name: data', '', { SKALD_DATA_DIR: '/var/lib/x' }, (c) => c.dataDir, '/var/lib/x'],
    ['fixed name: retention, 0 keeps', '', { SKALD_RETENTION_PERIOD: '0' }, (c) => c.retentionNs, 0n],
    [
      'fixed name: old samples',
      '',
      { SKALD_REJECT_OLD_SAMPLES: 'false' },
      (c) => c.limits.ingest.defaults.rejectOldSamples,
      false,
    ],
    [
      'its long name',
      '',
      { SKALD_LIMITS_REJECT_OLD_SAMPLES: 'false' },
      (c) => c.limits.ingest.defaults.rejectOldSamples,
      false,
    ],
    ['fixed name: auth', '', { SKALD_AUTH_ENABLED: 'true' }, (c) => c.http.authEnabled, true],
    [
      'metrics with a credential of all tenants',
      `auth_enabled: true\nauth: {tokens: [{name: t, token_hash: "${hashToken('t')}"}]}`,
      {},
      (c) => c.http.auth.metricsOpen,
      true,
    ],
    [
      'metrics with one of some',
      `auth_enabled: true\nauth: {tokens: [{name: t, token_hash: "${hashToken('t')}", tenants: [a]}]}`,
      {},
      (c) => c.http.auth.metricsOpen,
      false,
    ],
    [
      'metrics with one of some, opened',
      `auth_enabled: true\nauth: {tokens: [{name: t, token_hash: "${hashToken('t')}", tenants: [a]}], metrics_open: true}`,
      {},
      (c) => c.http.auth.metricsOpen,
      true,
    ],
    [
      'metrics closed',
      `auth_enabled: true\nauth: {tokens: [{name: t, token_hash: "${hashToken('t')}"}], metrics_open: false}`,
      {},
      (c) => c.http.auth.metricsOpen,
      false,
    ],
    [
      'collectors auto',
      '',
      {},
      (c) => [c.collectors.docker.enabled, c.collectors.journal.enabled],
      ['auto', 'auto'],
    ],
    [
      'collectors none',
      '',
      { SKALD_COLLECTORS: 'none' },
      (c) => [c.collectors.docker.enabled, c.collectors.journal.enabled],
      [false, false],
    ],
    [
      'collectors listed',
      '',
      { SKALD_COLLECTORS: 'docker,files' },
      (c) => [c.collectors.docker.enabled, c.collectors.journal.enabled],
      [true, false],
    ],
    [
      'file globs',
      '',
      { SKALD_FILES_PATHS: '/a/*.log, /b.log' },
      (c) => c.collectors.files.targets.map((t) => t.include),
      [['/a/*.log', '/b.log']],
    ],
    ...(
      [
        ['{a,b}.log', ['{a,b}.log']],
        ['/x/{a,{b,c}}/*.log,/y/{d,e}', ['/x/{a,{b,c}}/*.log', '/y/{d,e}']],
        [' /a , ,/b,', ['/a', '/b']],
        ['/a\\,b,/c', ['/a\\,b', '/c']],
        ['/a{b,/c', ['/a{b', '/c']],
        ['/a}b,/c', ['/a}b', '/c']],
        ['', []],
      ] as const
    ).map(
      ([globs, want]): Case => [
        `file globs ${JSON.stringify(globs)}`,
        '',
        { SKALD_FILES_PATHS: globs },
        (c) => c.collectors.files.targets.flatMap((t) => t.include),
        want,
      ],
    ),
    [
      'file globs without the collector',
      '',
      { SKALD_FILES_PATHS: '/a', SKALD_COLLECTORS: 'docker' },
      (c) => c.collectors.files.targets,
      [],
    ],
    [
      'sizes are powers of 1024',
      'limits: {max_line_size: 1MB}',
      {},
      (c) => c.limits.ingest.defaults.maxLineSizeBytes,
      2 ** 20,
    ],
    [
      'override of one tenant',
      'overrides: {a: {max_query_series: 7}}',
      {},
      (c) => [c.limits.query.overrides.a?.maxQuerySeries, c.limits.query.defaults.maxQuerySeries],
      [7, 500],
    ],
    [
      'override keeps the other limits',
      'limits: {max_line_size: 1MB}\noverrides: {a: {max_query_series: 7}}',
      {},
      (c) => c.limits.ingest.overrides.a?.maxLineSizeBytes,
      2 ** 20,
    ],
    [
      'a stream kept longer',
      'retention_stream: [{selector: \'{app="x"}\', period: 30d}]',
      {},
      (c) => c.retentionRules.rules.map(({ periodNs, priority }) => [periodNs, priority]),
      [[BigInt(30 * dayMs) * 1_000_000n, 0]],
    ],
    [
      'the same in the environment',
      '',
      { SKALD_RETENTION_STREAM: '[{"selector": "{app=\\"x\\"}", "period": "1d"}]' },
      (c) => c.retentionRules.rules.map(({ matchers }) => matchers.length),
      [1],
    ],
    [
      "a tenant's own retention",
      'retention_period: 1d\noverrides: {a: {retention_period: 2d}, b: {max_query_series: 1}}',
      {},
      (c) => [
        c.retentionRules.tenants,
        c.tenantRetentionNs,
        c.limits.ingest.overrides.a?.retentionHours,
        c.limits.ingest.overrides.b?.retentionHours,
      ],
      [
        { a: { rules: undefined, periodNs: BigInt(2 * dayMs) * 1_000_000n } },
        { a: BigInt(2 * dayMs) * 1_000_000n },
        '48',
        '24',
      ],
    ],
    [
      'ingestion blocked until a time',
      'limits: {block_ingestion_until: 2026-11-24T12:00:00Z}',
      {},
      (c) => c.limits.ingest.defaults.blockIngestionUntilMs,
      Date.UTC(2026, 10, 24, 12),
    ],
    [
      "Loki's otlp_config",
      'overrides: {a: {otlp_config: {resource_attributes: {attributes_config: [{action: index_label, attributes: [team]}]}}}}',
      {},
      (c) => c.limits.ingest.overrides.a?.otlpConfig?.resourceAttributes,
      {
        ignoreDefaults: false,
        attributesConfig: [{ action: 'index_label', attributes: ['team'], regex: '' }],
      },
    ],
    [
      'a token from the environment, kept as its hash',
      '',
      { SKALD_AUTH_TOKEN: 'secret' },
      (c) => c.http.auth.credentials,
      [
        {
          name: 'token',
          kind: 'token',
          hash: hashToken('secret'),
          scopes: ['push', 'query', 'admin'],
          tenants: [],
        },
      ],
    ],
    [
      'a user with a scope',
      `auth: {users: [{name: g, password_hash: "${passwordHash}", scopes: [query]}]}`,
      {},
      (c) => c.http.auth.credentials.map(({ name, scopes }) => [name, scopes]),
      [['g', ['query']]],
    ],
    ['one server is not throttled', '', {}, (c) => c.limits.ingest.defaults.ingestionRateMb, 0],
    [
      'labels as text',
      '',
      { SKALD_JOURNAL_LABELS: 'job=j,site=x' },
      (c) => c.collectors.journal.labels,
      { job: 'j', site: 'x' },
    ],
  ])('%s', async (_name, text, environment, read, want) => {
    expect(read((await load(text, environment)).config)).toEqual(want);
  });

  it.each([
    ['', false],
    ['tls_client_ca_file: a', true],
    ['tls_client_ca_file: a, tls_client_cert_required: true', true],
    ['tls_client_ca_file: a, tls_client_cert_required: false', false],
  ])(
    'demands client certificates as soon as there is an authority: "%s" → %s',
    async (settings, required) => {
      const { config } = await load(`http: {tls_cert_file: c, tls_key_file: k, ${settings}}`);
      expect(config.http.tls?.clientCertRequired).toBe(required);
    },
  );

  it('lets flags win over the environment', async () => {
    const { config } = await load('', { SKALD_HTTP_LISTEN_PORT: '81' }, { 'http.listen_port': '82' });
    expect(config.http.listenPort).toBe(82);
  });

  it.each([
    [
      'wrong type',
      'http:\n  listen_port: abc',
      {},
      'skald.yaml:2:3: http.listen_port: expected a whole number from 0 to 65535, got "abc"',
    ],
    [
      'unknown key',
      'http:\n  listen_prt: 1',
      {},
      'skald.yaml:2:3: unknown key "http.listen_prt"; did you mean "listen_port"?',
    ],
    ['unknown section', 'htpp: {}', {}, 'skald.yaml:1:1: unknown key "htpp"; did you mean "http"?'],
    [
      'unknown limit of a tenant',
      'overrides:\n  a:\n    max_query_serie: 1',
      {},
      'skald.yaml:3:5: unknown key "overrides.a.max_query_serie"; did you mean "max_query_series"?',
    ],
    [
      'a line larger than the store takes',
      'limits: {max_line_size: 9MB}',
      {},
      'limits.max_line_size: expected a size such as 256KB, at most 8MB, got "9MB"',
    ],
    ['section that is no mapping', 'http: 5', {}, 'skald.yaml:1:1: http: expected a mapping, got 5'],
    ['bad YAML', 'a: [1', {}, 'skald.yaml:1:'],
    ['not a mapping', '- 1', {}, 'skald.yaml:1:1: expected a mapping of settings'],
    [
      'environment',
      '',
      { SKALD_RETENTION_PERIOD: 'soon' },
      'environment SKALD_RETENTION_PERIOD: retention_period: expected a duration such as 7d, 1h30m or 500ms, got "soon"',
    ],
    [
      'collector name',
      '',
      { SKALD_COLLECTORS: 'dokcer' },
      'environment SKALD_COLLECTORS: collectors: expected auto, none, or a list of docker, journal, files, syslog, got "dokcer"',
    ],
    [
      'missing include of a target',
      'files:\n  targets:\n    - {exclude: [x]}',
      {},
      'skald.yaml:3:7: files.targets.0.include: expected a list of texts',
    ],
    [
      'a selector that is none',
      'retention_stream: [{selector: "x", period: 1d}]',
      {},
      'retention_stream: expected a list of {selector:',
    ],
    [
      'no RE2',
      'limits: {otlp_config: {log_attributes: [{action: drop, regex: "("}]}}',
      {},
      'expected otlp_config',
    ],
    [
      'a password as it is',
      'auth: {users: [{name: g, password_hash: geheim}]}',
      {},
      'auth.users.0.password_hash',
    ],
    ['a scope', 'auth: {tokens: [{name: t, scopes: [all]}]}', {}, 'expected a list of push, query, admin'],
    [
      'a page’s address as an origin',
      'http: {allowed_origins: ["https://grafana.example.org/d/1"]}',
      {},
      'http.allowed_origins: expected origins such as https://grafana.example.org',
    ],
    ['an origin without scheme', '', { SKALD_HTTP_ALLOWED_ORIGINS: 'grafana' }, 'expected origins such as'],
    ['a host with its port', 'http: {allowed_hosts: "logs.example.org:443"}', {}, 'expected names of hosts'],
    [
      'tenants without tenants',
      `auth: {tokens: [{name: t, token_hash: "${hashToken('t')}", tenants: [a]}]}`,
      {},
      'which needs auth_enabled: true',
    ],
    [
      'demand without an authority',
      'http: {tls_cert_file: c, tls_key_file: k, tls_client_cert_required: true}',
      {},
      'tls_client_cert_required needs tls_client_ca_file',
    ],
    ['half of TLS', 'http: {tls_cert_file: x}', {}, 'tls_cert_file and tls_key_file belong together'],
  ])('says what is wrong: %s', async (_name, text, environment, want) => {
    expect((await problems(() => load(text, environment as Record<string, string>)))[0]).toContain(want);
  });

  it('lists every problem at once', async () => {
    expect(await problems(() => load('http: {listen_port: x}\nlog: {level: loud}'))).toHaveLength(2);
  });

  it('warns of an unknown variable and goes on: platforms add their own', async () => {
    const { warnings } = await load('', { SKALD_PORT_3100_TCP: 'tcp://10.0.0.1:3100', SKALD_DATA_DRI: 'x' });
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain('did you mean "SKALD_DATA_DIR"?');
  });

  it('prints a configuration that loads to the same', async () => {
    const text =
      'http: {listen_port: 8080}\nlimits: {max_line_size: 300KB}\noverrides: {a: {query_timeout: 2m}}\nfiles: {targets: [{include: [/x]}]}';
    const { config } = await load(text);
    expect((await load(config.yaml)).config).toEqual(config);
  });

  it('shows no secret', async () => {
    const token = 'very-secret-token';
    const text = `auth: {users: [{name: g, password_hash: "${passwordHash}"}], token: ${token}}`;
    const { config } = await load(text);
    expect(config.yaml).toContain('<secret>');
    for (const part of [token, passwordHash, hashToken(token)]) expect(config.yaml).not.toContain(part);
  });

  it('is frozen', async () => {
    const { config } = await load('');
    expect(() => Object.assign(config.http, { listenPort: 1 })).toThrow(TypeError);
  });

  it('gives every setting a variable of its own', () => {
    const names = [...settingsByName.values()].map(({ keys }) => environmentName(keys));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('parseCommandLine', () => {
  it.each([
    [['-config.file=x.yaml'], { command: 'run', configFile: 'x.yaml' }],
    [['--config.file', 'x.yaml'], { command: 'run', configFile: 'x.yaml' }],
    [['check-config', '-config.file', 'x'], { command: 'check-config', configFile: 'x' }],
    [['--http.listen_port=1'], { command: 'run', flags: { 'http.listen_port': '1' } }],
    [['--print-config'], { command: 'print-config' }],
    [['-h'], { command: 'help' }],
    [['--version'], { command: 'version' }],
  ])('%j', (arguments_, want) => {
    expect(parseCommandLine(arguments_)).toMatchObject(want);
  });

  it.each([
    [['--confg.file', 'x'], 'unknown flag --confg.file; did you mean "config.file"?'],
    [['--config.file'], 'flag --config.file needs a value'],
    [['--http.listn_prt', '1'], 'unknown flag --http.listn_prt; did you mean "http.listen_port"?'],
    [['start'], 'unknown command "start"'],
  ])('refuses %j', async (arguments_, want) => {
    expect((await problems(() => parseCommandLine(arguments_)))[0]).toContain(want);
  });
});
