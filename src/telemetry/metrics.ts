// The registry and the metrics of the process. Names that Loki's dashboards read mean here what they mean there; what is
// ours alone is named skald_. Values of labels that are known are at 0 from the start, so that increase() sees the first
// event. Other layers add theirs to the same registry.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { boundedLabel, tenantLabelsMax } from './bounded-label.ts';
import { httpMetrics } from './http-metrics.ts';
import { queryMetrics } from './query-metrics.ts';

/** prom-client's gauges that carry a counter's suffix, which `promtool check metrics` rejects. */
const misnamedDefaults = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** How often the event loop's delay is sampled: its own wake-ups cost an idle process CPU. */
const eventLoopPrecisionMs = 20;

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry per process; the default metrics measure the whole process and the main thread's event loop. */
export function createMetrics(build: BuildInfo) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });
  for (const name of misnamedDefaults) registry.removeSingleMetric(name);

  new Gauge({
    name: 'loki_build_info',
    help: 'Always 1; the labels name the build.',
    labelNames: ['version', 'revision', 'branch', 'goversion', 'goos', 'goarch', 'tags'],
    registers,
  }).set(
    {
      version: build.version,
      revision: build.revision,
      branch: '',
      goversion: '',
      goos: process.platform,
      goarch: process.arch,
      tags: 'skald',
    },
    1,
  );

  const metrics = {
    registry,
    tenantLabel: boundedLabel(tenantLabelsMax),
    panics: new Counter({
      name: 'loki_panic_total',
      help: 'Exceptions nobody expected, answered with status 500 or ending the process.',
      registers,
    }),
    logLines: new Counter({
      name: 'loki_internal_log_messages_total',
      help: 'Lines of the own log.',
      labelNames: ['level'],
      registers,
    }),
    ...httpMetrics(registry),
    ...queryMetrics(registry),
  };
  for (const level of ['debug', 'info', 'warn', 'error']) metrics.logLines.inc({ level }, 0);
  return metrics;
}
