// Promtail files as people have them, translated; what cannot be translated is said.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { translateConfig } from '../../src/commands/promtail/translate.ts';
import { startServer } from '../server.ts';
import { runCommandLine } from './run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skald-import-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const translate = async (
  text: string,
  environment: Record<string, string> = {},
  others: Record<string, string> = {},
) => {
  const readOther = (file: string): string | undefined => others[file];
  const { yaml, remarks } = await translateConfig('promtail.yaml', text, { environment, readOther });
  return { config: parse(yaml) as Record<string, unknown>, remarks };
};
const leftOut = async (text: string): Promise<readonly string[]> =>
  (await translate(text)).remarks.filter(({ kind }) => kind === 'left out').map(({ path }) => path);
/** One source around some stages. */
const withStages = (stages: string): string => `
scrape_configs:
  - job_name: web
    static_configs: [{ targets: [localhost], labels: { job: web, __path__: /w.log } }]
    pipeline_stages: ${stages}`;

const example = `
server:
  http_listen_port: 9080
  grpc_listen_port: 0
  log_level: warn
positions:
  filename: /tmp/positions.yaml
clients:
  - url: http://loki:3100/loki/api/v1/push
    batchwait: 1s
    external_labels: { cluster: home, job: never }
limits_config:
  max_line_size: 256KB
target_config:
  sync_period: 10s
scrape_configs:
  - job_name: system
    static_configs:
      - targets: [localhost]
        labels:
          job: varlogs
          __path__: /var/log/*.log
          __path_exclude__: /var/log/wtmp.log
  - job_name: shop
    encoding: ISO-8859-1
    decompression: { enabled: true, format: gz }
    static_configs:
      - labels: { job: shop, env: prod, __path__: "/srv/shop/{a,b}/*.log" }
    pipeline_stages:
      - multiline: { firstline: '^\\d{4}-', max_wait_time: 5s, max_lines: 500 }
      - regex: { expression: '^(?P<ts>\\S+) (?P<level>\\w+)' }
      - timestamp: { source: ts, format: RFC3339Nano, location: Europe/Berlin }
      - labels: { level: }
      - drop: { expression: healthcheck, drop_counter_reason: noise }
    relabel_configs:
      - { source_labels: [env], regex: 'p(.*)', target_label: stage, replacement: 'x$1' }
`;

describe('files', () => {
  it('become targets with their labels, rules and stages', async () => {
    const { config, remarks } = await translate(example);
    expect(config).toEqual({
      log: { level: 'warn' },
      limits: { max_line_size: '256KB' },
      collectors: ['files'],
      files: {
        scan_interval: '10s',
        multiline_wait: '5s',
        multiline_lines_max: 500,
        targets: [
          {
            include: ['/var/log/*.log'],
            exclude: ['/var/log/wtmp.log'],
            labels: { cluster: 'home', job: 'varlogs' },
            timestamp: 'source',
          },
          {
            include: ['/srv/shop/{a,b}/*.log'],
            labels: { cluster: 'home', job: 'shop', env: 'prod' },
            encoding: 'latin1',
            compressed: true,
            timestamp: 'source',
            multiline_first_line: '^\\d{4}-',
            relabel: [{ source_labels: ['env'], regex: 'p(.*)', target_label: 'stage', replacement: 'x$1' }],
            stages: [
              { regex: { expression: '^(?P<ts>\\S+) (?P<level>\\w+)' } },
              { timestamp: { source: 'ts', format: 'RFC3339Nano', location: 'Europe/Berlin' } },
              { labels: { level: null } },
              { drop: { expression: 'healthcheck' } },
            ],
          },
        ],
      },
    });
    expect(remarks.filter(({ kind }) => kind !== 'not needed')).toEqual([]);
    expect(remarks.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['positions', 'clients[0].url', 'server.grpc_listen_port']),
    );
  });

  it.each([
    [
      'json',
      '[{json: {expressions: {msg: , lvl: level.name, q: \'"a.b"\'}}}]',
      { json: { expressions: { msg: null, lvl: 'level.name', q: 'a.b' } } },
    ],
    [
      'logfmt',
      '[{logfmt: {mapping: {d: duration}, source: msg}}]',
      { logfmt: { mapping: { d: 'duration' }, source: 'msg' } },
    ],
    ['output', '[{output: {source: msg}}]', { output: { source: 'msg' } }],
    [
      'replace',
      "[{replace: {expression: 'pw=(\\S+)', replace: '***'}}]",
      { replace: { expression: 'pw=(\\S+)', replace: '***' } },
    ],
    [
      'structured_metadata',
      '[{structured_metadata: {trace: traceID}}]',
      { structured_metadata: { trace: 'traceID' } },
    ],
    ['static_labels', '[{static_labels: {team: a}}]', { static_labels: { team: 'a' } }],
    ['labeldrop', '[{labeldrop: [filename]}]', { labeldrop: ['filename'] }],
    [
      'drop by value',
      '[{drop: {source: lvl, value: a.b}}]',
      { drop: { source: 'lvl', expression: '^a\\.b$' } },
    ],
    [
      'drop by age and size',
      '[{drop: {older_than: 24h0m0s, longer_than: 8kb}}]',
      { drop: { older_than: '1d', longer_than: '8kb' } },
    ],
    [
      'match that drops lines',
      '[{match: {selector: \'{job="web"} |= "GET /"\', action: drop}}]',
      { drop: { expression: 'GET /' } },
    ],
    [
      'match that drops by label',
      '[{match: {selector: \'{level=~"debug|trace"}\', action: drop}}]',
      { drop: { source: 'level', expression: '^(?:debug|trace)$' } },
    ],
    [
      'match of every entry',
      '[{match: {selector: \'{job=~"w.*"}\', stages: [{output: {source: msg}}]}}]',
      { output: { source: 'msg' } },
    ],
  ])('the stage %s', async (_, stages, want) => {
    const { config, remarks } = await translate(withStages(stages));
    expect(config).toMatchObject({ files: { targets: [{ stages: [want] }] } });
    expect(remarks.filter(({ kind }) => kind === 'left out')).toEqual([]);
  });

  it('of container runtimes are taken apart', async () => {
    expect((await translate(withStages('[{cri: {}}]'))).config).toMatchObject({
      files: { targets: [{ format: 'cri' }] },
    });
    const docker = (await translate(withStages('[{docker: }]'))).config;
    expect(docker).toMatchObject({
      files: { targets: [{ format: 'docker' }] },
    });
    expect(docker).not.toHaveProperty('files.targets.0.stages');
    const behind = (await translate(withStages('[{drop: {longer_than: 1MB}}, {docker: {}}]'))).config;
    expect(behind).toMatchObject({
      files: { targets: [{ stages: expect.arrayContaining([{ output: { source: 'output' } }]) }] },
    });
  });

  it('a match that no entry fulfils is not needed', async () => {
    const { config, remarks } = await translate(
      withStages('[{match: {selector: \'{job="db"}\', stages: [{template: {}}]}}]'),
    );
    expect(config).not.toHaveProperty('files.targets.0.stages');
    expect(remarks.filter(({ kind }) => kind === 'left out')).toEqual([]);
  });
});

describe('other sources', () => {
  it('the journal, with its names of fields', async () => {
    const { config } = await translate(`
scrape_configs:
  - job_name: journal
    journal: { max_age: 12h0m0s, path: /host/journal, matches: _TRANSPORT=kernel PRIORITY=3, labels: { job: j } }
    relabel_configs:
      - { source_labels: [__journal__systemd_unit], target_label: unit }
      - { source_labels: [__journal__systemd_unit], target_label: systemd_unit }
      - { source_labels: [__journal_priority_keyword], target_label: level }
      - { source_labels: [__journal__pid], target_label: pid }
      - { source_labels: [__journal_syslog_identifier], regex: cron, action: drop }`);
    expect(config).toEqual({
      collectors: ['journal'],
      journal: {
        directory: '/host/journal',
        history: '12h',
        matches: ['_TRANSPORT=kernel', 'PRIORITY=3'],
        labels: { job: 'j' },
        relabel: [
          { source_labels: ['unit'], target_label: 'systemd_unit' },
          { source_labels: ['__journal_priority'], target_label: 'level' },
          { source_labels: ['__journal_pid'], target_label: 'pid' },
          { source_labels: ['__journal_syslog_identifier'], regex: 'cron', action: 'drop' },
        ],
      },
    });
  });

  it('containers, with filters and the names of the engine', async () => {
    const { config, remarks } = await translate(`
scrape_configs:
  - job_name: docker
    docker_sd_configs:
      - host: unix:///run/docker.sock
        refresh_interval: 5s
        filters: [{ name: label, values: [logging=promtail, team] }, { name: name, values: [web] }]
    relabel_configs:
      - { source_labels: [__meta_docker_container_name], regex: '/(.*)', target_label: container }
      - { source_labels: [__meta_docker_container_log_stream], target_label: logstream }
      - { regex: __meta_docker_container_label_(.+), action: labelmap }
    pipeline_stages: [{ docker: {} }]`);
    expect(config).toEqual({
      collectors: ['docker'],
      docker: {
        host: 'unix:///run/docker.sock',
        include: { names: ['*web*'] },
        relabel: [
          { action: 'keep', source_labels: ['__meta_docker_container_label_logging'], regex: '^promtail$' },
          { action: 'keep', source_labels: ['__meta_docker_container_label_team'], regex: '.+' },
          { source_labels: ['__meta_docker_container_name'], regex: '/(.*)', target_label: 'container' },
          { source_labels: ['stream'], target_label: 'logstream' },
          { action: 'labelmap', regex: '__meta_docker_container_label_(.+)' },
        ],
      },
    });
    expect(remarks.filter(({ kind }) => kind !== 'not needed')).toEqual([]);
  });

  it('syslog by TCP and UDP is one section', async () => {
    const job = (protocol: string, port: number): string => `
  - syslog:
      { listen_address: '0.0.0.0:${port}', listen_protocol: ${protocol}, use_incoming_timestamp: true, labels: { job: s } }
    relabel_configs: [{ source_labels: [__syslog_message_hostname], target_label: host }]`;
    const { config, remarks } = await translate(`scrape_configs:${job('tcp', 1514)}${job('udp', 1515)}`);
    expect(config).toEqual({
      collectors: ['syslog'],
      syslog: {
        listen_address: '0.0.0.0',
        tcp_port: 1514,
        udp_port: 1515,
        timestamp: 'message',
        labels: { job: 's' },
        relabel: [{ source_labels: ['__syslog_hostname'], target_label: 'host' }],
      },
    });
    expect(remarks).toEqual([]);
  });
});

describe('what is left out is named', () => {
  it.each([
    [withStages('[{template: {source: a, template: b}}]'), 'scrape_configs[0].pipeline_stages[0].template'],
    [withStages('[{nosuch: {}}]'), 'scrape_configs[0].pipeline_stages[0].nosuch'],
    [withStages("[{regex: {expression: '(?=a)'}}]"), 'scrape_configs[0].pipeline_stages[0].regex'],
    [
      withStages('[{json: {expressions: {a: "b[0]"}}}]'),
      'scrape_configs[0].pipeline_stages[0].json.expressions.a',
    ],
    [
      withStages('[{match: {selector: \'{job="web"} |= "x"\', stages: [{output: {source: m}}]}}]'),
      'scrape_configs[0].pipeline_stages[0].match',
    ],
    [
      withStages('[{output: {source: m}}, {multiline: {firstline: x}}]'),
      'scrape_configs[0].pipeline_stages[1].multiline',
    ],
    ['clients: [{ url: u, tenant_id: t }]', 'clients[0].tenant_id'],
    ['tracing: { enabled: true }', 'tracing'],
    [
      'scrape_configs: [{ job_name: k, kubernetes_sd_configs: [{ role: pod }] }]',
      'scrape_configs[0].kubernetes_sd_configs',
    ],
    ['scrape_configs: [{ kafka: { topics: [a] } }]', 'scrape_configs[0].kafka'],
    [
      'scrape_configs: [{ static_configs: [{ labels: { job: a } }] }]',
      'scrape_configs[0].static_configs[0].labels',
    ],
    ['scrape_configs: [{ journal: { json: true } }]', 'scrape_configs[0].journal.json'],
    ['scrape_configs: [{ journal: {} }, { journal: { path: /b } }]', 'scrape_configs[1].journal'],
    [
      'scrape_configs: [{ journal: {}, relabel_configs: [{ source_labels: [__journal__boot_id], target_label: b }] }]',
      'scrape_configs[0].relabel_configs[0]',
    ],
  ])('%s', async (text, path) => expect(await leftOut(text)).toContain(path));

  it('whatever stands in the file, the result is a configuration or an error that says why', async () => {
    const words = fc.constantFrom(
      'scrape_configs',
      'journal',
      'syslog',
      'pipeline_stages',
      'relabel_configs',
      'static_configs',
      'labels',
      'clients',
      'server',
      'match',
      'json',
      'drop',
      'docker_sd_configs',
      'filters',
      '__proto__',
      'x',
    );
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(words, tie('node'), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(words, node, { maxKeys: 6 }), async (file) => {
        try {
          await translate(stringify(file));
        } catch (error) {
          expect(['ConfigError', 'CommandError']).toContain((error as Error).name);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a Loki file', () => {
  const loki = `
auth_enabled: false
server: { http_listen_port: 3100, grpc_listen_port: 9096, log_level: debug, http_server_read_timeout: 2m }
common: { path_prefix: /loki, replication_factor: 1, ring: { kvstore: { store: inmemory } } }
schema_config: { configs: [{ from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13 }] }
limits_config:
  retention_period: 744h
  retention_stream: [{ selector: '{env="dev"}', priority: 1, period: 24h }]
  ingestion_rate_mb: 8
  max_query_series: 1000
  shard_streams: { enabled: true }
compactor: { working_directory: /loki/c, retention_enabled: true, delete_request_store: filesystem }
distributor: { max_recv_msg_size: 33554432, ring: {} }
ruler:
  alertmanager_url: http://alertmanager:9093
  storage: { type: local, local: { directory: /loki/rules } }
  rule_path: /tmp/rules
  alertmanager_client: { basic_auth_username: u, basic_auth_password: p, tls_ca_path: /ca }
  enable_api: true
  remote_write:
    enabled: true
    clients: { prom: { url: 'http://prometheus:9090/api/v1/write', queue_config: {} } }
runtime_config: { file: overrides.yaml, period: 10s }
`;
  const overrides =
    'overrides:\n  shop: { retention_period: 48h, max_query_series: 7, cardinality_limit: 5 }\n';

  it('keeps limits, retention, tenants, server and rules, and says what has no counterpart', async () => {
    const { config, remarks } = await translate(loki, {}, { 'overrides.yaml': overrides });
    expect(config).toEqual({
      http: { listen_port: 3100, request_timeout: '2m', max_recv_msg_size: 33_554_432 },
      log: { level: 'debug' },
      auth_enabled: false,
      retention_period: '744h',
      retention_stream: [{ selector: '{env="dev"}', priority: 1, period: '24h' }],
      limits: { ingestion_rate_mb: 8, max_query_series: 1000 },
      overrides: { shop: { retention_period: '48h', max_query_series: 7 } },
      ruler: {
        alertmanager_url: 'http://alertmanager:9093',
        rules_dir: '/loki/rules',
        alertmanager_client: { basic_auth_username: 'u', basic_auth_password: 'p', tls_ca_path: '/ca' },
        remote_write: { clients: { prom: { url: 'http://prometheus:9090/api/v1/write' } } },
      },
    });
    const lost = remarks.filter(({ kind }) => kind === 'left out').map(({ path }) => path);
    expect(lost).toEqual([
      'limits_config.shard_streams',
      'overrides.shop.cardinality_limit',
      'ruler.remote_write.clients.prom.queue_config',
    ]);
  });

  it.each<[name: string, held: string, config: object]>([
    [
      'that serves as it is',
      'overrides: { shop: { max_query_series: 7 } }',
      { limits: { ingestion_rate_mb: 8, overrides_file: 'overrides.yaml', overrides_period: '10s' } },
    ],
    [
      'with a period of retention, which threads of the store keep',
      'overrides: { shop: { max_query_series: 7, retention_period: 48h } }',
      {
        limits: { ingestion_rate_mb: 8 },
        overrides: { shop: { max_query_series: 7, retention_period: '48h' } },
      },
    ],
    [
      'with other things of Loki',
      'multi_kv_config: {}\noverrides: { shop: { max_query_series: 7 } }',
      { limits: { ingestion_rate_mb: 8 }, overrides: { shop: { max_query_series: 7 } } },
    ],
    [
      'with a variable',
      `overrides: { shop: { max_query_series: \${SERIES:7} } }`,
      { limits: { ingestion_rate_mb: 8 }, overrides: { shop: { max_query_series: 7 } } },
    ],
  ])('keeps a file of overrides %s', async (_name, held, wanted) => {
    const text =
      'limits_config: { ingestion_rate_mb: 8 }\nruntime_config: { file: overrides.yaml, period: 10s }';
    const { config, remarks } = await translate(text, {}, { 'overrides.yaml': held });
    const { limits, overrides } = config;
    expect({ limits, ...(overrides !== undefined && { overrides }) }).toEqual(wanted);
    expect(remarks.some(({ kind, path }) => kind === 'differs' && path === 'runtime_config.file')).toBe(
      'overrides' in wanted,
    );
  });

  it.each<[name: string, text: string, kind: string, path: string, reason: string]>([
    [
      'with a retention that Loki does not apply',
      'limits_config: { retention_period: 744h }',
      'differs',
      'limits_config.retention_period',
      'compactor.retention_enabled',
    ],
    ['without a word on tenants', 'common: {}', 'differs', 'auth_enabled', 'Loki has it on'],
    [
      'whose overrides are elsewhere',
      'runtime_config: { file: gone.yaml }',
      'left out',
      'runtime_config.file',
      'cannot be read here',
    ],
    ['with a part that nobody knows', 'common: {}\nnonsense: {}', 'left out', 'nonsense', 'not known'],
  ])('%s', async (_name, text, kind, path, reason) => {
    expect((await translate(text)).remarks).toContainEqual({
      kind,
      path,
      reason: expect.stringContaining(reason),
    });
  });
});

describe('variables', () => {
  it('that are set or have a default are put in', async () => {
    const text = `limits_config: { retention_period: "\${KEPT:744h}", max_query_series: \${SERIES} }`;
    const { config, remarks } = await translate(text, { SERIES: '9' });
    expect(config).toMatchObject({ retention_period: '744h', limits: { max_query_series: 9 } });
    expect(remarks.filter(({ path }) => path.includes('{'))).toEqual([]);
  });

  it('that are not set are left to the gateway', async () => {
    const { config, remarks } = await translate(
      `auth_enabled: false\nlimits_config: { retention_period: "\${KEPT}" }`,
    );
    expect(config).toMatchObject({ retention_period: `\${KEPT}` });
    expect(remarks).toContainEqual({ kind: 'differs', path: `\${KEPT}`, reason: expect.any(String) });
  });
});

describe('skald import-config', () => {
  it('prints a configuration that the gateway takes, and says what is missing', async () => {
    const file = join(folder, 'promtail.yaml');
    const made = join(folder, 'made.yaml');
    writeFileSync(file, example);
    const whole = await runCommandLine(['import-config', file]);
    expect(whole).toMatchObject({ code: 0, notes: expect.stringMatching(/^(# not needed: .*\n)+$/) });
    writeFileSync(made, whole.out);
    expect(await runCommandLine(['check-config', '--config.file', made])).toMatchObject({ code: 0 });
    writeFileSync(file, `${example}\ntracing: {}\n`);
    const partly = await runCommandLine(['import-config', file]);
    expect(partly).toMatchObject({ code: 3, out: whole.out });
    expect(partly.notes).toContain('# left out: tracing: requests are not traced\n');
    expect(await runCommandLine(['import-config', join(folder, 'none')])).toMatchObject({ code: 1, out: '' });
  });

  it('the gateway reads the files of the Promtail file, as it says', async () => {
    const log = join(folder, 'web.log');
    appendFileSync(log, '{"lvl":"warn","msg":"first","ts":"1"}\n{"lvl":"debug","msg":"noise"}\n');
    const promtail = join(folder, 'real.yaml');
    writeFileSync(
      promtail,
      `
clients: [{ url: 'http://x/', external_labels: { cluster: home } }]
scrape_configs:
  - job_name: web
    static_configs: [{ targets: [localhost], labels: { job: web, __path__: ${log} } }]
    relabel_configs: [{ source_labels: [job], target_label: team, replacement: 'of-$1' }]
    pipeline_stages:
      - match:
          selector: '{job="web"}'
          stages:
            - json: { expressions: { lvl: , msg: } }
            - labels: { level: lvl }
      - match: { selector: '{level="debug"}', action: drop }
      - output: { source: msg }`,
    );
    const made = join(folder, 'real-made.yaml');
    writeFileSync(made, (await runCommandLine(['import-config', promtail])).out);
    const server = await startServer({
      arguments: ['--config.file', made],
      environment: { SKALD_COLLECTORS: 'files' },
    });
    try {
      const query = async (): Promise<readonly { stream: object; values: [string, string][] }[]> => {
        const answer = await fetch(`${server.baseUrl}/loki/api/v1/query_range?query={job="web"}`);
        return ((await answer.json()) as { data: { result: [] } }).data.result;
      };
      await expect.poll(async () => (await query()).length).toBeGreaterThan(0);
      expect(await query()).toMatchObject([
        {
          stream: { job: 'web', cluster: 'home', team: 'of-web', level: 'warn' },
          values: [[expect.any(String), 'first']],
        },
      ]);
    } finally {
      await server.remove();
    }
  });
});
