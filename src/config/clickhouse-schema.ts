// Settings of the store on ClickHouse: `store.clickhouse`.
import { readFileSync } from 'node:fs';
import type { ClickHouseChanges, ClickHouseTls } from '../clickhouse/settings.ts';
import { clickHouseDefaults } from '../clickhouse/settings.ts';
import { ConfigError, UnreadableFileError } from './config-error.ts';
import { ownSecretOrFile, secret } from './secret.ts';
import { section, setting, type Values } from './section.ts';
import { byteSize, duration, flag, type SettingType, text } from './setting-types.ts';
import { isWebAddress, withoutPassword } from './web-address.ts';

const texts = (value: unknown, separator: string): readonly string[] | undefined => {
  const items = typeof value === 'string' ? value.split(separator) : value;
  if (!Array.isArray(items)) return undefined;
  const trimmed = items.map((item) => (typeof item === 'string' ? item.trim() : ''));
  return trimmed.every((item) => item !== '') ? trimmed : undefined;
};

/** A list of shards, each a list of its replicas' addresses. */
const shardList: SettingType<readonly (readonly string[])[]> = {
  expected:
    'a list of shards, each an address such as http://clickhouse:8123 or a list of its replicas; as text, shards separated by commas and replicas by |',
  parse: (value) => {
    if (value === '') return [];
    const shards = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(shards)) return undefined;
    const lists = shards.map((shard) => texts(shard, '|'));
    return lists.every((list) => list?.every(isWebAddress)) ? (lists as (readonly string[])[]) : undefined;
  },
  print: (shards) => shards.map((replicas) => replicas.map(withoutPassword)),
};

const identifier: SettingType<string> = {
  expected: 'a name of letters, digits and _',
  parse: (value) => (typeof value === 'string' && /^[a-zA-Z_]\w*$/.test(value) ? value : undefined),
  print: (name) => name,
};

export const clickHouseSection = section({
  shards: setting(shardList, []),
  database: setting(identifier, clickHouseDefaults.database),
  user: setting(text, clickHouseDefaults.user),
  password: setting(secret, ''),
  password_file: setting(text, ''),
  tls_ca_file: setting(text, ''),
  tls_cert_file: setting(text, ''),
  tls_key_file: setting(text, ''),
  /** Missing tables are made at the start. */
  create_schema: setting(flag, clickHouseDefaults.createSchema),
  /** Inserts into a shard begin at least this long after each other. */
  linger: setting(duration, clickHouseDefaults.lingerMs),
  insert_size: setting(byteSize, clickHouseDefaults.insertBytes),
  insert_retry_timeout: setting(duration, clickHouseDefaults.insertRetryMs),
  statement_timeout: setting(duration, clickHouseDefaults.statementTimeoutMs),
});

type ClickHouseValues = Values<(typeof clickHouseSection)['members']>;

/** Reads the files of secrets and certificates. Throws ConfigError. */
export function clickHouseChanges(values: ClickHouseValues): ClickHouseChanges {
  if (values.shards.length === 0)
    throw new ConfigError(['store.clickhouse.shards: at least one shard is needed']);
  return {
    shards: values.shards,
    database: values.database,
    user: values.user,
    password: ownSecretOrFile(values.password, 'store.clickhouse.password_file', values.password_file),
    tls: tlsOf(values),
    createSchema: values.create_schema,
    lingerMs: values.linger,
    insertBytes: values.insert_size,
    insertRetryMs: values.insert_retry_timeout,
    statementTimeoutMs: values.statement_timeout,
  };
}

function tlsOf({ tls_ca_file, tls_cert_file, tls_key_file }: ClickHouseValues): ClickHouseTls | undefined {
  if ((tls_cert_file === '') !== (tls_key_file === ''))
    throw new ConfigError(['store.clickhouse: tls_cert_file and tls_key_file belong together']);
  if (tls_ca_file === '') {
    if (tls_cert_file === '') return undefined;
    throw new ConfigError(['store.clickhouse: a client certificate needs tls_ca_file']);
  }
  return {
    ca: readPem('tls_ca_file', tls_ca_file),
    client:
      tls_cert_file === ''
        ? undefined
        : { cert: readPem('tls_cert_file', tls_cert_file), key: readPem('tls_key_file', tls_key_file) },
  };
}

function readPem(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnreadableFileError([`store.clickhouse.${name}: ${(error as Error).message}`]);
  }
}
