// What the store on ClickHouse and its threads are told. Structured-cloneable: worker threads get it as data.
import { mebibyte } from '../model/units.ts';
import { defaultStorePolicy, type StorePolicy } from '../store/policy.ts';

/** Of connections by https. PEM. */
export interface ClickHouseTls {
  readonly ca: string;
  /** What the gateway shows of itself; undefined: nothing. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

export interface ClickHouseSettings extends StorePolicy {
  /** Each shard's replicas: addresses of their HTTP interfaces. A stream lives on one shard. */
  readonly shards: readonly (readonly string[])[];
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Undefined: what the system trusts. */
  readonly tls: ClickHouseTls | undefined;
  /** Tables that are missing are made; else opening fails without them. */
  readonly createSchema: boolean;
  /** Inserts into a shard begin at least this long after each other: each makes a part that has to be merged. */
  readonly lingerMs: number;
  /** Entries that have waited with so many others do not linger. */
  readonly insertBytes: number;
  /** Rows of one insert: ClickHouse stores that many whole or not at all. */
  readonly insertRowsMax: number;
  /** Bytes of entries queued for inserts above which `append` refuses. */
  readonly queuedBytesMax: number;
  /** An insert whose outcome is not known is repeated for so long. */
  readonly insertRetryMs: number;
  /** A statement that takes longer is stopped by ClickHouse. */
  readonly statementTimeoutMs: number;
  /** A slice of a scan is about so large: lines and metadata, before filters. */
  readonly sliceBytes: number;
  readonly sliceRows: number;
  /** Of one answer; a longer one, as of very many entries of one moment, is refused. */
  readonly answerBytesMax: number;
}

export type ClickHouseChanges = Pick<ClickHouseSettings, 'shards'> & Partial<ClickHouseSettings>;

export const clickHouseDefaults: Omit<ClickHouseSettings, 'shards'> = {
  ...defaultStorePolicy,
  database: 'skald',
  user: 'default',
  password: '',
  tls: undefined,
  createSchema: true,
  lingerMs: 100,
  insertBytes: 8 * mebibyte,
  insertRowsMax: 200_000,
  queuedBytesMax: 64 * mebibyte,
  insertRetryMs: 30_000,
  statementTimeoutMs: 120_000,
  sliceBytes: 8 * mebibyte,
  sliceRows: 50_000,
  answerBytesMax: 256 * mebibyte,
};

export const clickHouseSettings = (changes: ClickHouseChanges): ClickHouseSettings => ({
  ...clickHouseDefaults,
  ...changes,
});
