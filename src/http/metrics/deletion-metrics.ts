// Deletions as metrics, by the names that Loki's dashboard of deletions reads.
import { Gauge } from 'prom-client';
import type { DeleteTotals } from '../../store/statistics.ts';
import { FollowingCounter } from '../../telemetry/following-counter.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Registers the metrics and returns what shows new totals. */
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
