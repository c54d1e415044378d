// What the collectors say of themselves, as metrics.
import { Gauge } from 'prom-client';
import type { Collectors } from '../../collectors/manager.ts';
import { FollowingCounter } from '../../telemetry/following-counter.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Counters follow the collectors' totals; the figures are at most a second old. */
export function collectorMetrics({ registry }: Metrics, collectors: Pick<Collectors, 'health'>): void {
  const registers = [registry];
  const labelNames = ['source'] as const;
  const following = (
    name: string,
    help: string,
    total: (health: ReturnType<Collectors['health']>[number]) => number,
  ): void => {
    const counter = new FollowingCounter(
      {
        name,
        help,
        labelNames,
        collect() {
          for (const health of collectors.health()) counter.raiseTo(total(health), { source: health.name });
        },
      },
      registry,
    );
  };
  following('skald_source_entries_total', 'Entries collected.', (health) => health.entriesTotal);
  following('skald_source_bytes_total', 'Line bytes collected.', (health) => health.bytesTotal);
  following('skald_source_errors_total', 'Troubles met while collecting.', (health) => health.errorsTotal);
  following(
    'skald_source_dropped_total',
    'Datagrams that came and were lost before they could be stored.',
    (health) => health.droppedTotal,
  );
  const repaired = new FollowingCounter(
    {
      name: 'skald_source_repaired_total',
      help: 'Entries stored otherwise than they came, by what they would have been refused for.',
      labelNames: ['source', 'reason'],
      collect() {
        for (const { name: source, repairs } of collectors.health())
          for (const [reason, entries] of Object.entries(repairs))
            repaired.raiseTo(entries, { source, reason });
      },
    },
    registry,
  );
  new Gauge({
    name: 'skald_source_targets',
    help: 'Containers, journals or files being followed.',
    labelNames,
    registers,
    collect() {
      for (const { name, targets } of collectors.health()) this.set({ source: name }, targets);
    },
  });
  new Gauge({
    name: 'skald_source_up',
    help: '1 while a source is followed, 0 while it is waited for or has failed.',
    labelNames,
    registers,
    collect() {
      for (const { name, state } of collectors.health())
        this.set({ source: name }, state === 'running' ? 1 : 0);
    },
  });
}
