// Settings of a gateway whose store is on the engines of a test.
import type { Shim } from './shims.ts';

export const clickHouseEnvironment = (
  shims: readonly Shim[],
  database: string,
): Readonly<Record<string, string>> => ({
  SKALD_STORE_KIND: 'clickhouse',
  SKALD_STORE_CLICKHOUSE_SHARDS: shims.map(({ url }) => url).join(','),
  SKALD_STORE_CLICKHOUSE_DATABASE: database,
  SKALD_STORE_CLICKHOUSE_LINGER: '0',
});
