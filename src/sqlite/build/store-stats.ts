// The store in figures.
import type { Database } from 'better-sqlite3';
import type { StoreStats } from '../../store/statistics.ts';
import { storedBytes } from '../format/open-database.ts';
import type { Builder } from './builder.ts';

export function storeStats(
  path: string,
  database: Database,
  {
    builder,
    ...rest
  }: { readonly builder: Builder } & Pick<StoreStats, 'retention' | 'compaction' | 'deletes'>,
): StoreStats {
  const { totals } = builder.table;
  const count = (sql: string): number => database.prepare<[], number>(sql).pluck().get() ?? 0;
  const pageBytes = database.pragma('page_size', { simple: true }) as number;
  // Not the file's own size: until SQLite's log is copied into it, that is of another state than the rest.
  const fileBytes = (database.pragma('page_count', { simple: true }) as number) * pageBytes;
  const freeBytes = (database.pragma('freelist_count', { simple: true }) as number) * pageBytes;
  const logBytes = storedBytes(`${path}-wal`);
  const unsealedBytes = count('SELECT coalesce(sum(length(body)), 0) FROM wal');
  return {
    ...rest,
    streams: count('SELECT count(*) FROM stream'),
    blocks: totals.blocks,
    blockEntries: totals.entries,
    blockRawBytes: totals.rawBytes,
    blockDataBytes: totals.dataBytes,
    blockFilterBytes: totals.filterBytes,
    diskBytes: fileBytes + logBytes,
    unsealedBytes,
    bytesByKind: {
      entries: totals.dataBytes,
      index: totals.filterBytes,
      wal: unsealedBytes + logBytes,
      free: freeBytes,
    },
    flushes: builder.flushes,
    lastFlush: builder.lastFlush,
    lastRetention: rest.retention.lastRun,
    damagedBlocks: builder.table.totals.damaged,
  };
}
