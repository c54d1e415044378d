// A Loki file as a configuration of ours, and what became of the settings that have no counterpart.
import { overrideNames } from '../../config/limits-schema.ts';
import { schema } from '../../config/schema.ts';
import type { PromtailSection } from './section.ts';
import { translateServer } from './server-section.ts';

type Config = Record<string, unknown>;

/** The file that holds overrides of tenants, as the Loki file names it; undefined: it cannot be read. */
export type ReadOverrides = (file: string) => Promise<OverridesFile | undefined>;

export interface OverridesFile {
  readonly section: PromtailSection;
  /** The gateway takes it as it is. */
  readonly isUsable: boolean;
}

/** Parts of a cluster, of which one process with one file has no need. */
const notNeeded: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...[
      'target',
      'schema_config',
      'storage_config',
      'chunk_store_config',
      'ingester',
      'ingester_client',
      'querier',
    ],
    ...['query_range', 'frontend', 'frontend_worker', 'query_scheduler', 'index_gateway', 'memberlist'],
    ...[
      'pattern_ingester',
      'bloom_build',
      'bloom_gateway',
      'analytics',
      'tracing',
      'ballast_bytes',
      'internal_server',
    ],
    ...[
      'limits_cluster',
      'ingest_limits',
      'ingest_limits_frontend',
      'kafka_config',
      'operational_config',
      'profiling',
    ],
    ...[
      'shutdown_delay',
      'memory_ballast',
      'use_wal',
      'ui',
      'querier_rf1',
      'block_builder',
      'block_scheduler',
    ],
  ].map((name) => [name, 'one process with one file has no such part']),
);

/** Fills `config` with what the file says; each setting that is not in it is a remark. */
export async function translateLoki(
  root: PromtailSection,
  config: Config,
  readOverrides: ReadOverrides,
): Promise<void> {
  translateServer(root.section('server'), config, { listens: true });
  const auth = root.text('auth_enabled');
  // Loki asks for tenants unless told not to.
  config.auth_enabled = auth !== 'false';
  if (auth === undefined)
    root.differs('auth_enabled', 'Loki has it on unless set, so it is written down as true');
  const compactor = root.section('compactor');
  const isRetentionOn = compactor?.text('retention_enabled') === 'true';
  for (const name of compactor?.keys ?? [])
    compactor?.notNeeded(name, 'the gateway deletes and merges by itself');
  limits(root.section('limits_config'), config, isRetentionOn);
  oldRetention(root.section('table_manager'), config);
  await tenants(root, config, readOverrides);
  ruler(root.section('ruler'), config);
  distributor(root.section('distributor'), config);
  const common = root.section('common');
  for (const name of common?.keys ?? [])
    common?.notNeeded(
      name,
      'lines are kept in data_dir, one file; those in Loki stay there, see docs/migrating.md',
    );
  root.notNeeded('runtime_config', 'there is one file of overrides');
  for (const [name, reason] of Object.entries(notNeeded)) root.notNeeded(name, reason);
  root.end('this part of Loki is not known');
}

function limits(section: PromtailSection | undefined, config: Config, isRetentionOn: boolean): void {
  if (section === undefined) return;
  const own: Config = {};
  for (const name of section.keys) {
    if (name === 'retention_period' || name === 'retention_stream') {
      config[name] = section.value(name);
      if (!isRetentionOn)
        section.differs(name, 'Loki deletes nothing without compactor.retention_enabled; the gateway does');
    } else if (name === 'multi_tenant_queries_enabled') config[name] = section.value(name);
    else if (Object.hasOwn(schema.members.limits.members, name)) own[name] = section.value(name);
  }
  if (Object.keys(own).length > 0) config.limits = own;
  section.end('there is no such limit');
}

/** Before Loki 2.3 the tables had an age. */
function oldRetention(section: PromtailSection | undefined, config: Config): void {
  const period = section?.text('retention_period');
  if (
    period !== undefined &&
    section?.text('retention_deletes_enabled') === 'true' &&
    config.retention_period === undefined
  )
    config.retention_period = period;
  for (const name of section?.keys ?? []) section?.notNeeded(name, 'there are no tables');
}

async function tenants(root: PromtailSection, config: Config, readOverrides: ReadOverrides): Promise<void> {
  const runtime = root.section('runtime_config');
  const file = runtime?.text('file') ?? root.text('per_tenant_override_config') ?? '';
  const inline = root.section('overrides');
  const read = file === '' ? undefined : await readOverrides(file);
  if (file !== '' && read === undefined)
    root.leftOut(
      'runtime_config.file',
      `${file} cannot be read here; it belongs under limits.overrides_file, or its overrides under overrides`,
    );
  if (read?.isUsable === true) {
    const period = runtime?.text('period');
    config.limits = {
      ...(config.limits as Config | undefined),
      overrides_file: file,
      ...(period !== undefined && { overrides_period: period }),
    };
  } else if (read !== undefined)
    root.differs(
      'runtime_config.file',
      `${file} has what limits.overrides_file cannot have: its limits stand under overrides and are read at the start`,
    );
  const overrides: Config = {};
  for (const section of [inline, read?.isUsable === true ? undefined : read?.section.section('overrides')])
    for (const tenant of section?.keys ?? []) {
      const limitsOf = section?.section(tenant);
      const own: Config = {};
      for (const name of limitsOf?.keys ?? [])
        if (overrideNames.includes(name)) own[name] = limitsOf?.value(name);
      limitsOf?.end('there is no such limit');
      overrides[tenant] = own;
    }
  if (Object.keys(overrides).length > 0) config.overrides = overrides;
}

/** Settings whose names are the same. */
function ruler(section: PromtailSection | undefined, config: Config): void {
  if (section === undefined) return;
  const own: Config = {};
  const storage = section.section('storage');
  const folder = storage?.section('local')?.text('directory');
  if (folder !== undefined) own.rules_dir = folder;
  storage?.text('type');
  storage?.end('rules are files of rules_dir');
  const same = [
    'alertmanager_url',
    'external_url',
    'datasource_uid',
    'external_labels',
    'evaluation_interval',
    'poll_interval',
    'for_outage_tolerance',
    'resend_delay',
    'notification_queue_capacity',
    'notification_timeout',
  ];
  Object.assign(own, sameKeys(section, same));
  const client = section.section('alertmanager_client');
  if (client !== undefined) {
    const names = ['basic_auth_username', 'basic_auth_password', 'type', 'credentials', 'credentials_file'];
    const tls = ['ca_path', 'cert_path', 'key_path', 'server_name', 'insecure_skip_verify'];
    own.alertmanager_client = sameKeys(client, [...names, ...tls.map((name) => `tls_${name}`)]);
    client.end('there is no such setting');
  }
  const clients = remoteWriteClients(section.section('remote_write'));
  if (clients !== undefined) own.remote_write = { clients };
  if (Object.keys(own).length > 0) config.ruler = own;
  for (const name of section.keys)
    section.notNeeded(name, 'one process evaluates the rules; see docs/alerting.md');
}

function sameKeys(section: PromtailSection | undefined, names: readonly string[]): Config {
  const own: Config = {};
  for (const name of names) if (section?.keys.includes(name) === true) own[name] = section.value(name);
  return own;
}

/** Receivers of recorded series by name; undefined: nothing is sent. */
function remoteWriteClients(section: PromtailSection | undefined): Config | undefined {
  if (section === undefined || section.text('enabled') === 'false') return undefined;
  const all = section.section('clients');
  const clients: Config = {};
  for (const name of all?.keys ?? []) {
    const client = all?.section(name);
    clients[name] = sameKeys(client, [
      ...['url', 'headers', 'remote_timeout', 'basic_auth', 'authorization'],
      ...['tls_config', 'write_relabel_configs'],
    ]);
    client?.end('posts are sent as they are, again and again until they are taken');
  }
  section.end('every tenant has the same receivers');
  return Object.keys(clients).length > 0 ? clients : undefined;
}

function distributor(section: PromtailSection | undefined, config: Config): void {
  const http = (config.http as Config | undefined) ?? {};
  for (const name of ['max_recv_msg_size', 'max_decompressed_size']) {
    const size = section?.value(name);
    if (size !== undefined) http[name] = size;
  }
  if (Object.keys(http).length > 0) config.http = http;
  for (const name of section?.keys ?? []) section?.notNeeded(name, 'one process has no ring');
}
