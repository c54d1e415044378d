// The ruler's metrics, by the names that Loki's dashboards and mixins read. Nothing stands there while it has no thread.
import { Gauge } from 'prom-client';
import type { GroupReport, RulerReport, TargetReport } from '../../ruler/ruler-protocol.ts';
import { boundedLabel } from '../../telemetry/bounded-label.ts';
import { FollowingCounter } from '../../telemetry/following-counter.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

export interface RulerReporter {
  /** Undefined: there is nothing to be said. */
  report(): Promise<RulerReport | undefined>;
}

/** Groups with a label of their own; the others share "other". */
const groupLabelsMax = 1000;

type GroupLabel = 'user' | 'rule_group';
type Row<T> = readonly [name: string, help: string, value: (report: T) => number];

const groupCounters: readonly Row<GroupReport>[] = [
  ['rule_evaluations_total', 'Rules evaluated.', ({ evaluations }) => evaluations],
  ['rule_evaluation_failures_total', 'Rules that could not be evaluated.', ({ failures }) => failures],
  ['rule_group_iterations_total', 'Evaluations of the group that were due.', ({ iterations }) => iterations],
  ['rule_group_iterations_missed_total', 'Of these, left out.', ({ missed }) => missed],
];
const groupGauges: readonly Row<GroupReport>[] = [
  ['rule_group_rules', 'Rules of the group.', ({ rules }) => rules],
  ['rule_group_interval_seconds', 'Interval of the group.', ({ intervalSeconds }) => intervalSeconds],
  ['rule_group_last_duration_seconds', 'Time of the last evaluation.', ({ lastSeconds }) => lastSeconds],
  [
    'rule_group_last_evaluation_timestamp_seconds',
    'When the last evaluation began.',
    ({ lastEvaluationSeconds }) => lastEvaluationSeconds,
  ],
  ['last_evaluation_samples', 'Series of the last evaluation.', ({ lastSamples }) => lastSamples],
];
interface TargetRows {
  readonly prefix: string;
  readonly counters: readonly Row<TargetReport>[];
  readonly gauges: readonly Row<TargetReport>[];
}
const alertmanagerRows: TargetRows = {
  prefix: 'loki_prometheus_notifications_',
  counters: [
    ['sent_total', 'Alerts that the Alertmanager has taken.', ({ sent }) => sent],
    ['dropped_total', 'Alerts given up: refused, or too many waited.', ({ dropped }) => dropped],
    ['errors_total', 'Posts of alerts that were not taken.', ({ errors }) => errors],
  ],
  gauges: [
    ['queue_length', 'Posts that wait for the Alertmanager.', ({ waiting }) => waiting],
    ['latency_seconds', 'Time of the last post of alerts.', ({ latencySeconds }) => latencySeconds],
  ],
};
const remoteWriteRows: TargetRows = {
  prefix: 'skald_ruler_remote_write_',
  counters: [
    ['posts_total', 'Posts of samples that the receiver has taken.', ({ sent }) => sent],
    ['dropped_total', 'Posts of samples given up: refused, or too many waited.', ({ dropped }) => dropped],
    ['errors_total', 'Posts of samples that were not taken at once.', ({ errors }) => errors],
  ],
  gauges: [
    ['waiting', 'Posts that wait for the receiver.', ({ waiting }) => waiting],
    ['latency_seconds', 'Time of the last post of samples.', ({ latencySeconds }) => latencySeconds],
  ],
};

const prefix = 'loki_prometheus_';

export function rulerMetrics({ registry, tenantLabel }: Metrics, ruler: RulerReporter): void {
  const groupLabel = boundedLabel(groupLabelsMax);
  const labelsOf = ({ tenant, group }: GroupReport): Record<GroupLabel, string> => ({
    user: tenantLabel(tenant),
    rule_group: groupLabel(group),
  });
  let asking: Promise<void> | undefined;
  // All metrics of a scrape wait for one question.
  const collect = (): Promise<void> => {
    asking ??= ruler
      .report()
      .then(show)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const gauge = <T extends string>(name: string, help: string, ...labelNames: T[]): Gauge<T> =>
    new Gauge({ name, help, labelNames, registers: [registry], collect });
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new FollowingCounter<T>({ name, help, labelNames, collect }, registry);

  const managers = gauge('loki_ruler_managers_total', 'Tenants that have rules.');
  const reloads = counter('loki_ruler_config_updates_total', 'Times that rules were taken up.');
  const filesGood = gauge(
    'loki_ruler_config_last_reload_successful',
    '1 while every rule file is used as it is; 0 while what one of them last said is kept.',
    'user',
  );
  const lastGood = gauge(
    'loki_ruler_config_last_reload_successful_seconds',
    'When every rule file was last used as it was.',
  );
  const ofGroups = groupGauges.map(
    ([name, help, value]) => [gauge(prefix + name, help, 'user', 'rule_group'), value] as const,
  );
  const countsOfGroups = groupCounters.map(
    ([name, help, value]) => [counter(prefix + name, help, 'user', 'rule_group'), value] as const,
  );
  const ofTarget = <T extends string>(rows: TargetRows, label: T) => {
    const counts = rows.counters.map(
      ([name, help, value]) => [counter(rows.prefix + name, help, label), value] as const,
    );
    const gauges = rows.gauges.map(
      ([name, help, value]) => [gauge(rows.prefix + name, help, label), value] as const,
    );
    return (target: TargetReport): void => {
      const labels = { [label]: target.name } as Record<T, string>;
      for (const [metric, value] of counts) metric.raiseTo(value(target), labels);
      for (const [metric, value] of gauges) metric.set(labels, value(target));
    };
  };
  const showTarget = {
    alerts: ofTarget(alertmanagerRows, 'alertmanager'),
    samples: ofTarget(remoteWriteRows, 'target'),
  };

  function show(report: RulerReport | undefined): void {
    for (const [metric] of ofGroups) metric.reset();
    filesGood.reset();
    const tenants = new Set(report?.groups.map(({ tenant }) => tenant));
    managers.set(tenants.size);
    if (report === undefined) return;
    for (const group of report.groups) {
      for (const [metric, value] of countsOfGroups) metric.raiseTo(value(group), labelsOf(group));
      for (const [metric, value] of ofGroups) metric.set(labelsOf(group), value(group));
    }
    for (const target of report.targets) showTarget[target.kind](target);
    reloads.raiseTo(report.reloads, {});
    for (const tenant of new Set([...tenants, ...report.tenantsWithBadFiles]))
      filesGood.set({ user: tenantLabel(tenant) }, report.tenantsWithBadFiles.includes(tenant) ? 0 : 1);
    if (report.lastGoodSeconds !== undefined) lastGood.set(report.lastGoodSeconds);
  }
}
