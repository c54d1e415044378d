// The tables in figures, over all shards: of one replica each.
import type { StoreStats } from '../../store/statistics.ts';
import type { Cluster } from '../server/cluster.ts';
import { sqlText } from '../server/statement.ts';

/** Parts of ClickHouse are what blocks are elsewhere. */
export async function tableFigures(
  cluster: Cluster,
  database: string,
): Promise<Omit<StoreStats, 'retention' | 'lastRetention' | 'compaction' | 'deletes'>> {
  const rows = (
    await Promise.all(
      cluster.shards.map((shard) =>
        shard.rows<
          [table: string, parts: string, rows: string, raw: string, data: string, index: string, disk: string]
        >({
          sql: `SELECT table, toString(count()), toString(sum(rows)), toString(sum(data_uncompressed_bytes)), toString(sum(data_compressed_bytes)), toString(sum(secondary_indices_compressed_bytes)), toString(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = ${sqlText(database)} GROUP BY table FORMAT JSONCompactEachRow`,
          values: {},
        }),
      ),
    )
  ).flat();
  const streams = await Promise.all(
    cluster.shards.map((shard) =>
      shard.rows<[string]>({
        sql: `SELECT toString(uniqExact(tenant, stream)) FROM ${database}.stream FORMAT JSONCompactEachRow`,
        values: {},
      }),
    ),
  );
  const sum = (column: 1 | 2 | 3 | 4 | 5 | 6, ofEntries: boolean): number =>
    rows.reduce((total, row) => total + (row[0] === 'entry' || !ofEntries ? Number(row[column]) : 0), 0);
  const diskBytes = sum(6, false);
  const entryBytes = sum(6, true);
  return {
    streams: streams.reduce((total, [row]) => total + Number(row?.[0] ?? 0), 0),
    blocks: sum(1, true),
    blockEntries: sum(2, true),
    blockRawBytes: sum(3, true),
    blockDataBytes: sum(4, true),
    blockFilterBytes: sum(5, true),
    diskBytes,
    unsealedBytes: 0,
    bytesByKind: { entries: entryBytes, index: diskBytes - entryBytes },
    flushes: 0,
    lastFlush: undefined,
    damagedBlocks: 0,
  };
}
