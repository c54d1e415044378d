// The store in figures.
import type { Database } from 'better-sqlite3';
import { storedBytes } from '../format/open-database.ts';
import type { StoreStats } from '../threads/builder-protocol.ts';
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
  return {
    ...rest,
    streams: count('SELECT count(*) FROM stream'),
    blocks: totals.blocks,
    blockEntries: totals.entries,
    blockRawBytes: totals.rawBytes,
    blockDataBytes: totals.dataBytes,
    blockFilterBytes: totals.filterBytes,
    // Not the file's own size: until SQLite's log is copied into it, that is of another state than the rest.
    fileBytes: (database.pragma('page_count', { simple: true }) as number) * pageBytes,
    fileFreeBytes: (database.pragma('freelist_count', { simple: true }) as number) * pageBytes,
    sqliteLogBytes: storedBytes(`${path}-wal`),
    walCommits: count('SELECT count(*) FROM wal'),
    walBytes: count('SELECT coalesce(sum(length(body)), 0) FROM wal'),
    flushes: builder.flushes,
    lastFlush: builder.lastFlush,
    lastRetention: rest.retention.lastRun,
    damagedBlocks: builder.table.totals.damaged,
  };
}
