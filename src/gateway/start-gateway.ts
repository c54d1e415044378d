// The gateway: store → ingest → engine → tail → HTTP → collectors; then drain.
import type { Collectors } from '../collectors/manager.ts';
import type { OverrideValues } from '../config/limits-schema.ts';
import type { LoadedConfig } from '../config/sources/load-config.ts';
import { formatPrometheusDuration } from '../go/prometheus-duration.ts';
import { singleTenant } from '../http/auth/tenant.ts';
import { collectorMetrics } from '../http/metrics/collector-metrics.ts';
import { queryWorkerMetrics } from '../http/metrics/query-metrics.ts';
import { rulerMetrics } from '../http/metrics/ruler-metrics.ts';
import { storeMetrics } from '../http/metrics/store-metrics.ts';
import { statusSource } from '../http/operations/status-source.ts';
import { limitsOfSeveral } from '../http/parameters/strictest-limits.ts';
import type { Gateway } from '../http/server/api.ts';
import { systemClock } from '../model/time.ts';
import { rulerOff } from '../ruler/no-rules.ts';
import { createLogger, type Logger, logLevels } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { collectAtRest } from '../threads/collect-at-rest.ts';
import { boundHeapGrowth } from '../threads/heap-growth.ts';
import { Ending } from './ending.ts';
import { LimitsNow } from './limits-now.ts';
import { openParts } from './open-parts.ts';
import { startRuler } from './start-ruler.ts';
import type { OverridesFile } from './watch-overrides.ts';

/** What was built: the package's version, the commit and its date. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly date: string;
}

/** Starts everything in order, listens, and sees to an orderly end. Rejects when something cannot be opened. */
export async function startGateway(
  { config, limitsWith, configText, warnings }: LoadedConfig,
  { version, revision, date }: Build,
): Promise<void> {
  boundHeapGrowth();
  collectAtRest();
  const metrics = createMetrics({ version, revision });
  const logger = createLogger({ ...config.log, onLine: (level) => metrics.logLines.inc({ level }) });
  for (const warning of warnings) logger.warn(warning);
  const ending = new Ending(logger, () => metrics.panics.inc());

  const told = { metrics, logger, ending };
  const { store, rules, ingest, queries, tail, createHttpServer } = await openParts(config, told);
  /** What may mend itself, or is being replaced. */
  const brokenParts = (): string | undefined =>
    [ingest.problem, store.problem, queries.problem, collectors?.problem]
      .filter((problem) => problem !== undefined)
      .join('; ') || undefined;
  queryWorkerMetrics(metrics, queries);
  storeMetrics(metrics, store, config.dataDir, ending.signal);

  const limits = new LimitsNow(config.limits);
  const limitsOf = limitsOfSeveral((tenant) => limits.query(tenant));
  const ruler = config.ruler && startRuler(config.ruler, { rules, queries, limitsOf, logger });
  if (ruler !== undefined) rulerMetrics(metrics, ruler);
  const gateway: Gateway = {
    settings: config.http,
    logger,
    metrics,
    clock: systemClock,
    queries,
    ingest,
    tail,
    deletes: store.deletes,
    rules: ruler ?? rulerOff,
    limitsOf,
    shownLimits: (tenant) => ({
      ...limits.shown(tenant),
      retention_period: formatPrometheusDuration(config.tenantRetentionNs[tenant] ?? config.retentionNs),
    }),
    operations: {
      notReady: () => ending.notReady ?? brokenParts(),
      configYaml: configText,
      overridesYaml: () => limits.overridesYaml,
      services: () =>
        ['server', 'store', 'ingest', 'query', 'tail'].map((name) => [name, 'Running'] as const),
      flush: () => store.flush(),
      logLevel: () => logger.level,
      setLogLevel: (level) => setLogLevel(logger, level),
    },
    status: statusSource({
      store,
      dataDir: config.dataDir,
      collectors: () => collectors,
      retentionNs: config.retentionNs,
      retentionEveryMs: config.store.retentionCheckMs,
    }),
    build: { version, revision, date },
  };
  if (config.overridesFile !== undefined)
    await followOverrides(config.overridesFile, gateway, (own) =>
      limits.use(limitsWith(own), { ingest, ruler }),
    );
  const server = createHttpServer(gateway);
  let collectors: Collectors | undefined;

  // Before anybody is told that we are ready, so that the first signal already drains.
  ending.onSignals(config.shutdownTimeoutMs, [
    {
      part: 'requests and collectors',
      by: 0.7,
      run: (timeoutMs) => Promise.all([server.close(timeoutMs * 0.9), collectors?.close()]),
    },
    { part: 'tails', by: 0.8, run: () => tail.close() },
    { part: 'rules', by: 0.85, run: () => ruler?.close() ?? Promise.resolve() },
    { part: 'ingest', by: 0.9, run: () => ingest.close() },
    { part: 'queries', by: 0.95, run: () => queries.close() },
    { part: 'store', by: 1, run: () => store.close() },
  ]);

  const port = await server.listen();
  // Not before: what is loaded at the start may keep a slow machine busy for long.
  store.watchThisThread();
  const { startCollectors } = await import('../collectors/manager.ts');
  if (ending.signal.aborted) return;
  collectors = await startCollectors({
    settings: config.collectors,
    searchPath: process.env.PATH ?? '',
    sinkPort: () => ingest.sinkPort(singleTenant),
    hangTimeoutMs: config.store.hangTimeoutMs,
    onFailure: (error) => ending.fatal('collecting', error),
    onHung: (error) => logger.error({ error }, 'the thread of the collectors hangs and is being replaced'),
    onRepaired: (source, reason, sentence) => logger.warn({ source, reason }, `${source}: ${sentence}`),
  });
  collectorMetrics(metrics, collectors);
  // Who is told that we are ready may send syslog at once.
  await collectors.opened();
  ending.started();
  const { listenAddress, pathPrefix } = config.http;
  const found = collectors.detections.map(({ sentence }) => sentence).join('; ');
  logger.info(
    { port, dataDir: config.dataDir },
    `listening on http://${listenAddress}:${port}${pathPrefix}; ${found}`,
  );
}

/** Uses the file's overrides from now on, as they change. */
async function followOverrides(
  file: OverridesFile,
  parts: Pick<Gateway, 'metrics' | 'logger'>,
  use: (overrides: OverrideValues) => void,
): Promise<void> {
  const { watchOverrides } = await import('./watch-overrides.ts');
  const { readOverridesFile } = await import('../config/sources/overrides-file.ts');
  watchOverrides(file, parts, async (name) => use(await readOverridesFile(name)));
}

function setLogLevel(logger: Logger, level: string): boolean {
  const known = logLevels.find((name) => name === level);
  if (known === undefined) return false;
  logger.level = known;
  return true;
}
