// Retention: partitions of which every entry has outlived its period are dropped whole. A TTL of ClickHouse would count
// in DateTime, where times before 1970 and after 2106 wrap.
import { nsPerMs } from '../../model/time.ts';
import type { RetentionReport, RetentionStatus } from '../../store/statistics.ts';
import { nsPerDay } from '../format/time-units.ts';
import type { Cluster } from '../server/cluster.ts';
import type { Shard } from '../server/shard.ts';
import { sqlText } from '../server/statement.ts';
import type { ClickHouseSettings } from '../settings.ts';

/** Tables that are partitioned by day and days kept. */
const tables = ['entry', 'stream'] as const;

interface Partition {
  readonly table: (typeof tables)[number];
  readonly id: string;
  readonly parts: number;
  readonly bytes: number;
}

export class Retention {
  readonly #cluster: Cluster;
  readonly #settings: ClickHouseSettings;
  #lastRun: RetentionReport | undefined;
  #failures = 0;
  #freedBytes = 0;
  #nextRunMs: number;

  constructor(cluster: Cluster, settings: ClickHouseSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#nextRunMs = Date.now() + settings.retentionCheckMs;
  }

  get status(): RetentionStatus {
    return {
      lastRun: this.#lastRun,
      failures: this.#failures,
      nextRunMs: this.#nextRunMs,
      freedBytes: { age: this.#freedBytes, size: 0, disk: 0 },
    };
  }

  async run(): Promise<void> {
    const startedMs = Date.now();
    this.#nextRunMs = startedMs + this.#settings.retentionCheckMs;
    try {
      let parts = 0;
      for (const shard of this.#cluster.shards)
        for (const partition of await this.#outlived(shard, BigInt(startedMs) * nsPerMs)) {
          const { table, id } = partition;
          await shard.command(
            `ALTER TABLE ${this.#settings.database}.${table} DROP PARTITION ID ${sqlText(id)}`,
          );
          parts += partition.parts;
          this.#freedBytes += partition.bytes;
        }
      const endedMs = Date.now();
      this.#lastRun = { endedMs, durationMs: endedMs - startedMs, blocks: parts, streams: 0 };
    } catch (error) {
      this.#failures++;
      throw error;
    }
  }

  async #outlived(shard: Shard, nowNs: bigint): Promise<readonly Partition[]> {
    const rows = await shard.rows<[Partition['table'], string, string, string, string]>({
      sql: `SELECT table, partition_id, any(partition), toString(count()), toString(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = ${sqlText(this.#settings.database)} AND table IN (${tables.map(sqlText).join(', ')}) GROUP BY table, partition_id FORMAT JSONCompactEachRow`,
      values: {},
    });
    return rows.flatMap(([table, id, partition, parts, bytes]) =>
      isOutlived(partition, nowNs) ? [{ table, id, parts: Number(parts), bytes: Number(bytes) }] : [],
    );
  }
}

/** `partition`: `(day, days kept)`. */
export function isOutlived(partition: string, nowNs: bigint): boolean {
  const [, day, keepDays] = /^\((-?\d+),\s*(\d+)\)$/.exec(partition) ?? [];
  if (day === undefined || keepDays === undefined || keepDays === '0') return false;
  return (BigInt(day) + 1n + BigInt(keepDays)) * nsPerDay <= nowNs;
}
