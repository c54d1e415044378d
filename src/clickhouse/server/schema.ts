// The tables, and what version of them there is.
import { StoreFileError } from '../../store/store.ts';
import { hoursPerDay, nsPerDay, nsPerHour } from '../format/time-units.ts';
import type { ClickHouseSettings } from '../settings.ts';
import type { Cluster } from './cluster.ts';
import { codeOf } from './failures.ts';
import type { Shard } from './shard.ts';
import { sqlText } from './statement.ts';

/** Raised by every change of the tables. */
export const schemaVersion = 1;
/** Before it some settings and functions that are used do not exist. */
const serverVersionMin = [26, 2] as const;

interface Table {
  readonly name: string;
  readonly columns: string;
  /** Of the MergeTree family, its arguments after those of replication. */
  readonly engine: readonly [name: string, ...args: string[]];
  readonly rest: string;
}

// An inserted row is on disk when the insert is answered, and one that is sent again under its token is not stored again.
const durable = 'fsync_after_insert = 1, fsync_part_directory = 1';
const window = (isReplicated: boolean): string =>
  isReplicated
    ? 'replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800'
    : 'non_replicated_deduplication_window = 10000';

// `entry`
//   keep    days after which the stream's rule gives the entry up, rounded up; 0: never. Retention drops partitions.
//   seq     order of arrival: microseconds of the gateway's clock << 12, and more
//   first   of copies of an entry the one with the largest stays: the first that arrived
//   No TTL: times before 1970 and after 2106 wrap in DateTime, and would be gone at once.
// `stream`, aggregated by whoever reads it: bounds of the entries' times within an hour.
const tables: readonly Table[] = [
  {
    name: 'entry',
    columns: `tenant LowCardinality(String),
  stream UInt64,
  ts Int64 CODEC(Delta, ZSTD(1)),
  hash UInt64 MATERIALIZED sipHash64(line, level, meta) CODEC(NONE),
  seq UInt64 CODEC(Delta, ZSTD(1)),
  first UInt64 MATERIALIZED 18446744073709551615 - seq CODEC(Delta, ZSTD(1)),
  level UInt8 CODEC(ZSTD(1)),
  meta Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  line String CODEC(ZSTD(1)),
  keep UInt16,
  INDEX seq_bounds seq TYPE minmax GRANULARITY 1,
  INDEX grams lower(line) TYPE ngrambf_v1(4, 65536, 2, 0) GRANULARITY 1`,
    engine: ['ReplacingMergeTree', 'first'],
    rest: `PARTITION BY (intDiv(ts, ${nsPerDay}), keep)
PRIMARY KEY (tenant, intDiv(ts, ${nsPerHour}), stream, ts)
ORDER BY (tenant, intDiv(ts, ${nsPerHour}), stream, ts, hash)
SETTINGS materialize_skip_indexes_on_insert = 0, materialize_skip_indexes_on_merge = 0, ${durable}`,
  },
  {
    name: 'stream',
    columns: `tenant LowCardinality(String),
  hour Int32,
  stream UInt64,
  labels SimpleAggregateFunction(anyLast, Map(String, String)),
  first_ts SimpleAggregateFunction(min, Int64),
  last_ts SimpleAggregateFunction(max, Int64),
  keep UInt16`,
    engine: ['AggregatingMergeTree'],
    rest: `PARTITION BY (intDiv(hour, ${hoursPerDay}), keep)
ORDER BY (tenant, hour, stream)
SETTINGS ${durable}`,
  },
  {
    name: 'delete_request',
    columns: `tenant LowCardinality(String),
  id String,
  query String,
  first_ts Int64,
  last_ts Int64,
  created UInt64,
  status UInt8,
  deleted UInt64,
  version UInt64`,
    engine: ['ReplacingMergeTree', 'version'],
    rest: `ORDER BY (tenant, id)
SETTINGS ${durable}`,
  },
  {
    name: 'checkpoint',
    columns: `source LowCardinality(String),
  key String,
  state String,
  version UInt64`,
    engine: ['ReplacingMergeTree', 'version'],
    rest: `ORDER BY (source, key)
SETTINGS ${durable}`,
  },
  {
    name: 'batch_key',
    columns: 'key String, at DateTime',
    engine: ['ReplacingMergeTree'],
    rest: `ORDER BY key
TTL at + INTERVAL 8 DAY
SETTINGS ${durable}`,
  },
  {
    name: 'meta',
    columns: 'key String, value String, version UInt64',
    engine: ['ReplacingMergeTree', 'version'],
    rest: `ORDER BY key
SETTINGS ${durable}`,
  },
];

/** The statements that make the tables, to be run at every replica. */
export function schemaStatements({ shards, database }: ClickHouseSettings): readonly string[] {
  const isReplicated = shards.some((replicas) => replicas.length > 1);
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    ...tables.map(({ name, columns, engine: [engine, ...args], rest }) => {
      const replication = isReplicated
        ? [`'/clickhouse/tables/{shard}/${database}/${name}'`, "'{replica}'", ...args]
        : args;
      return `CREATE TABLE IF NOT EXISTS ${database}.${name} (
  ${columns}
) ENGINE = ${isReplicated ? 'Replicated' : ''}${engine}(${replication.join(', ')})
${rest}, ${window(isReplicated)}`;
    }),
    `INSERT INTO ${database}.meta (key, value, version) SELECT 'schema', '${schemaVersion}', ${schemaVersion} WHERE NOT EXISTS (SELECT 1 FROM ${database}.meta WHERE key = 'schema')`,
  ];
}

/** Makes what is missing if it may. Rejects with StoreFileError when the tables cannot be used. */
export async function prepareSchema(cluster: Cluster, settings: ClickHouseSettings): Promise<void> {
  for (const shard of cluster.shards) {
    await checkServer(shard);
    if (settings.createSchema) for (const sql of schemaStatements(settings)) await shard.everywhere(sql);
    await checkVersion(shard, settings);
  }
}

async function checkServer(shard: Shard): Promise<void> {
  const [row] = await shard.rows<[string]>({ sql: 'SELECT version() FORMAT JSONCompactEachRow', values: {} });
  const version = row?.[0] ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = serverVersionMin;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  throw new StoreFileError(
    `ClickHouse ${shard.name} is version ${version}: ${serverVersionMin.join('.')} or newer is needed`,
  );
}

async function checkVersion(shard: Shard, { database }: ClickHouseSettings): Promise<void> {
  const missing = `ClickHouse ${shard.name} has no tables of Skald in the database ${sqlText(database)}: create them with what \`skald schema\` prints, or set store.clickhouse.create_schema`;
  let found: readonly (readonly [string])[];
  try {
    found = await shard.rows<[string]>({
      sql: `SELECT value FROM ${database}.meta FINAL WHERE key = 'schema' FORMAT JSONCompactEachRow`,
      values: {},
    });
  } catch (error) {
    if (codeOf(error) === unknownTable || codeOf(error) === unknownDatabase)
      throw new StoreFileError(missing);
    throw error;
  }
  const [row] = found;
  if (row === undefined) throw new StoreFileError(missing);
  const version = Number(row[0]);
  if (version > schemaVersion)
    throw new StoreFileError(
      `the tables on ClickHouse ${shard.name} are of version ${version}, made by a newer Skald: this one knows ${schemaVersion}`,
    );
}

const unknownTable = 60;
const unknownDatabase = 81;
