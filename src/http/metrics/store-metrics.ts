// The store's state as metrics. A scrape does no I/O: the figures are fetched in the background.
import { statfs } from 'node:fs/promises';
import { Counter, Gauge } from 'prom-client';
import type { DeleteTotals, StoreStats } from '../../store/statistics.ts';
import { FollowingCounter } from '../../telemetry/following-counter.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** How old the figures of a scrape may be. */
const refreshMs = 15_000;

export interface StoreMetricsSource {
  stats(): Promise<StoreStats>;
}

/** Registers the metrics and keeps them fresh until `signal` fires. Errors leave the last figures standing. */
export function storeMetrics(
  metrics: Metrics,
  store: StoreMetricsSource,
  dataDir: string,
  signal: AbortSignal,
): void {
  const { registry } = metrics;
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const bytes = new Gauge({
    name: 'skald_store_bytes',
    help: 'Bytes of the store by what they hold.',
    labelNames: ['kind'],
    registers,
  });
  const free = gauge('skald_store_disk_free_bytes', 'Free bytes of the file system that holds the data.');
  const size = gauge('skald_store_disk_size_bytes', 'Size of the file system that holds the data.');
  const streams = gauge('skald_store_streams', 'Streams in the store.');
  const blocks = gauge('skald_store_blocks', 'Blocks in the store.');
  const entries = gauge('skald_store_block_entries', 'Entries in blocks.');
  const flushes = new FollowingCounter(
    { name: 'skald_store_flushes_total', help: 'Times that committed entries were cut into blocks.' },
    registry,
  );
  const retentionRun = gauge(
    'loki_compactor_apply_retention_last_successful_run_timestamp_seconds',
    'End of the last retention run.',
  );
  const retentionDuration = gauge(
    'loki_compactor_apply_retention_operation_duration_seconds',
    'Duration of the last retention run.',
  );
  gauge('loki_boltdb_shipper_compactor_running', '1 while the maintenance of the store runs.').set(1);

  const freed = new FollowingCounter(
    {
      name: 'skald_retention_deleted_bytes_total',
      help: 'Bytes of blocks that went, by cause.',
      labelNames: ['cause'],
    },
    registry,
  );
  const showDeletions = deletionMetrics(metrics);
  const damaged = gauge('skald_store_damaged_blocks', 'Blocks found damaged, which queries leave out.');
  const retentionNext = gauge('skald_retention_next_run_timestamp_seconds', 'Next retention run; 0: off.');
  const maintained = gauge(
    'loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds',
    'When the maintenance of the store was last seen at work.',
  );
  const retentionRuns = new Counter({
    name: 'loki_compactor_apply_retention_operation_total',
    help: 'Retention runs.',
    labelNames: ['status'],
    registers,
  });
  for (const status of ['success', 'failure']) retentionRuns.inc({ status }, 0);

  let retentionSeenMs = 0;
  let retentionFailuresSeen = 0;
  const refresh = async (): Promise<void> => {
    const [stats, disk] = await Promise.all([store.stats(), statfs(dataDir)]);
    for (const [kind, held] of Object.entries(stats.bytesByKind)) bytes.set({ kind }, held);
    streams.set(stats.streams);
    blocks.set(stats.blocks);
    entries.set(stats.blockEntries);
    flushes.raiseTo(stats.flushes, {});
    for (const cause of ['age', 'size', 'disk'] as const)
      freed.raiseTo(stats.retention.freedBytes[cause], { cause });
    freed.raiseTo(stats.deletes.freedBytes, { cause: 'request' });
    showDeletions(stats.deletes);
    damaged.set(stats.damagedBlocks);
    retentionNext.set((stats.retention.nextRunMs ?? 0) / 1000);
    // The maintenance loop has just answered: its last pass is over.
    maintained.set(Date.now() / 1000);
    retentionRuns.inc({ status: 'failure' }, stats.retention.failures - retentionFailuresSeen);
    retentionFailuresSeen = stats.retention.failures;
    if (stats.lastRetention !== undefined && stats.lastRetention.endedMs !== retentionSeenMs) {
      retentionSeenMs = stats.lastRetention.endedMs;
      retentionRuns.inc({ status: 'success' });
      retentionRun.set(stats.lastRetention.endedMs / 1000);
      retentionDuration.set(stats.lastRetention.durationMs / 1000);
    }
    free.set(disk.bavail * disk.bsize);
    size.set(disk.blocks * disk.bsize);
  };
  keepFresh(refresh, signal);
}

/** Calls `refresh` now and then, until `signal` fires. One at a time: the builder answers late while it cuts blocks. */
function keepFresh(refresh: () => Promise<void>, signal: AbortSignal): void {
  let running = false;
  const tick = (): void => {
    if (running) return;
    running = true;
    refresh()
      .catch(() => {})
      .finally(() => {
        running = false;
      });
  };
  tick();
  const timer = setInterval(tick, refreshMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Deletions, by the names that Loki's dashboard of deletions reads. Registers the metrics and returns what shows new totals. */
export function deletionMetrics({ registry, tenantLabel }: Metrics): (totals: DeleteTotals) => void {
  const registers = [registry];
  const pending = new Gauge({
    name: 'loki_compactor_pending_delete_requests_count',
    help: 'Deletions that are not processed yet.',
    registers,
  });
  const oldest = new Gauge({
    name: 'loki_compactor_oldest_pending_delete_request_age_seconds',
    help: 'Age of the oldest of them; 0: there is none.',
    registers,
  });
  const processed = new FollowingCounter(
    {
      name: 'loki_compactor_delete_requests_processed_total',
      help: 'Deletions whose entries are gone from the data.',
      labelNames: ['user'],
    },
    registry,
  );
  const lines = new FollowingCounter(
    {
      name: 'loki_compactor_deleted_lines',
      help: 'Lines removed by deletion requests.',
      labelNames: ['user'],
    },
    registry,
  );
  return (totals) => {
    pending.set(totals.pending);
    oldest.set(
      totals.oldestPendingMs === undefined ? 0 : Math.max(0, Date.now() - totals.oldestPendingMs) / 1000,
    );
    for (const { tenant, ...counts } of totals.byTenant) {
      const labels = { user: tenantLabel(tenant) };
      processed.raiseTo(counts.processed, labels);
      lines.raiseTo(counts.deletedEntries, labels);
    }
  };
}
