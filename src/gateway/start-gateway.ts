// The gateway: store → ingest → engine → tail → HTTP → collectors; then drain.
import { setTimeout as delay } from 'node:timers/promises';
import type { Collectors } from '../collectors/manager.ts';
import { type LoadedConfig, testStoreVariable } from '../config/load-config.ts';
import { storePath } from '../config/store-path.ts';
import type { Gateway } from '../http/api.ts';
import { collectorMetrics } from '../http/collector-metrics.ts';
import { ingestMetrics } from '../http/ingest-metrics.ts';
import { queryWorkerMetrics } from '../http/query-metrics.ts';
import { limitsOfSeveral } from '../http/several-limits.ts';
import { statusSource } from '../http/status-source.ts';
import { storeMetrics } from '../http/store-metrics.ts';
import { singleTenant } from '../http/tenant.ts';
import { IngestClient } from '../ingest/ingest-client.ts';
import { formatPrometheusDuration } from '../model/prometheus-duration.ts';
import { systemClock } from '../model/time.ts';
import { SqliteStoreHost } from '../store/sqlite/host.ts';
import { type StoreSettings, storeSettings } from '../store/sqlite/settings.ts';
import { TailHub } from '../tail/tail-hub.ts';
import { createLogger, type Logger, logLevels } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { collectAtRest } from '../threads/collect-at-rest.ts';
import { boundHeapGrowth } from '../threads/heap-growth.ts';

const exitFailure = 1;
const atStart = 'starting';
/** A thread that nothing can go on without was lost; EX_SOFTWARE of sysexits.h. */
const exitPartLost = 70;
/** So long the process still answers after that, so that everybody under way hears 503 instead of nothing. */
const lostGraceMs = 1000;
/** So long its threads may take to end after that: on a loaded machine more than a moment. */
const threadsEndMs = 10_000;

/** What was built: the package's version, the commit and its date. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly date: string;
}

/** Starts everything in order, listens, and sees to an orderly end. Rejects when something cannot be opened. */
export async function startGateway(
  { config, warnings }: LoadedConfig,
  { version, revision, date }: Build,
): Promise<void> {
  boundHeapGrowth();
  collectAtRest();
  const metrics = createMetrics({ version, revision });
  const logger = createLogger({ ...config.log, onLine: (level) => metrics.logLines.inc({ level }) });
  for (const warning of warnings) logger.warn(warning);
  const end = new AbortController();
  const state = { notReady: atStart as string | undefined };
  const vital: Terminable[] = [];
  const tell = (part: string, error: unknown): void => {
    state.notReady = `${part} has failed`;
    metrics.panics.inc();
    logger.fatal({ error }, `${part} has failed; the process ends`);
  };
  /** The main thread or the collectors are gone: nothing is waited for. */
  const fatal = (part: string, error: unknown): void => {
    if (end.signal.aborted) return;
    tell(part, error);
    process.exit(exitPartLost);
  };
  /**
   * A thread that nothing can go on without is gone: say so, be unready, end; a supervisor starts us again. A thread of
   * the same process could not take its place: the lost one may still be inside a write, and two writers of one file
   * would break what is promised of it, while a start knows how to go on after any end.
   */
  const lose = (part: string, error: unknown): void => {
    if (end.signal.aborted || state.notReady?.endsWith('has failed')) return;
    tell(part, error);
    setTimeout(() => void endWithout(vital), lostGraceMs);
  };
  process.on('uncaughtException', (error) => fatal('the main thread', error));
  process.on('unhandledRejection', (error) => fatal('the main thread', error));

  const opening = SqliteStoreHost.open(
    storeSettings(storePath(config.dataDir), {
      retentionNs: config.retentionNs,
      retentionRules: config.retentionRules,
      storeBytesMax: config.storeBytesMax,
      diskFreeBytesMin: config.diskFreeBytesMin,
      ...config.store,
      ...(JSON.parse(process.env[testStoreVariable] ?? '{}') as Partial<StoreSettings>),
    }),
    {
      onWarning: ({ message, fields }) => logger.warn(fields, message),
      onBuilderLost: (error) => lose('the block builder', error),
    },
  );
  // Modules that take long to load are loaded while the store's threads start.
  const loading = Promise.all([import('../engine/query-engine.ts'), import('../http/server.ts')]);
  loading.catch(() => {});
  const store = await opening;
  vital.push(store);
  const starting = IngestClient.start({
    store,
    limits: config.ingestLimits,
    bodyLimits: config.body,
    onMetrics: ingestMetrics(metrics, logger),
    onFailure: (error) => lose('ingest', error),
    onDecoderLost: (error) =>
      logger.error({ error }, 'the thread that decodes large pushes has failed and is being replaced'),
  });
  starting.catch(() => {});
  const [{ openQueryEngine }, { createHttpServer }] = await loading;
  const queries = openQueryEngine({
    ...(config.queryWorkers > 0 && { count: config.queryWorkers }),
    reader: () => store.readerSettings(),
    snapshot: () => store.snapshot(),
    changes: store.changes,
    onWorkerLost: (error) => logger.error({ error }, 'a query worker has failed and is being replaced'),
  });
  const ingest = await starting;
  vital.push(ingest);
  const tail = new TailHub({
    ingestPort: () => ingest.tailPort(),
    onDropped: (tenant, entries) =>
      metrics.tailDroppedEntries.inc({ tenant: metrics.tenantLabel(tenant) }, entries),
    onWorkerLost: (error) => logger.error({ error }, 'the tail worker has failed; its tails have ended'),
  });
  /** What may mend itself, or is being replaced. */
  const brokenPart = (): string | undefined => ingest.problem ?? store.problem ?? queries.problem;
  queryWorkerMetrics(metrics, queries);
  storeMetrics(metrics, store, config.dataDir, end.signal);

  const queryLimits = new Map(Object.entries(config.queryLimits.overrides));
  const shownLimits = new Map(Object.entries(config.shownLimits.overrides));
  const gateway: Gateway = {
    settings: config.http,
    logger,
    metrics,
    clock: systemClock,
    queries,
    ingest,
    tail,
    deletes: store.deletes,
    limitsOf: limitsOfSeveral((tenant) => queryLimits.get(tenant) ?? config.queryLimits.defaults),
    shownLimits: (tenant) => ({
      ...(shownLimits.get(tenant) ?? config.shownLimits.defaults),
      retention_period: formatPrometheusDuration(config.tenantRetentionNs[tenant] ?? config.retentionNs),
    }),
    operations: {
      notReady: () => state.notReady ?? brokenPart(),
      configYaml: () => config.yaml,
      services: () =>
        ['server', 'store', 'ingest', 'query', 'tail'].map((name) => [name, 'Running'] as const),
      flush: () => store.flush(),
      logLevel: () => logger.level,
      setLogLevel: (level) => setLogLevel(logger, level),
    },
    status: statusSource({
      store,
      collectors: () => collectors,
      retentionNs: config.retentionNs,
      retentionEveryMs: config.store.retentionCheckMs,
    }),
    build: { version, revision, date },
  };
  const server = createHttpServer(gateway);
  let collectors: Collectors | undefined;

  const stop = async (): Promise<void> => {
    await Promise.all([server.close(config.shutdownTimeoutMs), collectors?.close()]);
    await tail.close();
    await ingest.close();
    await queries.close();
    await store.close();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (end.signal.aborted) {
      logger.warn(`${signal} again: ending at once`);
      process.exit(exitFailure);
    }
    end.abort();
    state.notReady = 'shutting down';
    logger.info(`${signal}: shutting down`);
    stop().then(
      () => {
        logger.info('ended');
        process.exit(0);
      },
      (error: unknown) => {
        logger.fatal({ error }, 'the shutdown has failed');
        process.exit(exitFailure);
      },
    );
  };
  // Before anybody is told that we are ready, so that the first signal already drains.
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  const port = await server.listen();
  // Not before: what is loaded at the start may keep a slow machine busy for long.
  store.watchThisThread();
  const { startCollectors } = await import('../collectors/manager.ts');
  if (end.signal.aborted) return;
  collectors = await startCollectors({
    settings: config.collectors,
    searchPath: process.env.PATH ?? '',
    sinkPort: () => ingest.sinkPort(singleTenant),
    onFailure: (error) => fatal('collecting', error),
    onRepaired: (source, reason, sentence) => logger.warn({ source, reason }, `${source}: ${sentence}`),
  });
  collectorMetrics(metrics, collectors);
  // Who is told that we are ready may send syslog at once.
  await collectors.opened();
  if (state.notReady === atStart) state.notReady = undefined;
  const { listenAddress, pathPrefix } = config.http;
  const found = collectors.detections.map(({ sentence }) => sentence).join('; ');
  logger.info(
    { port, dataDir: config.dataDir },
    `listening on http://${listenAddress}:${port}${pathPrefix}; ${found}`,
  );
}

interface Terminable {
  terminate(): Promise<void>;
}

/** The process cannot exit while one of its threads hangs in a call of the system: then it is killed. */
async function endWithout(threads: readonly Terminable[]): Promise<never> {
  const ended = Promise.all(threads.map((thread) => thread.terminate())).then(() => true);
  if (await Promise.race([ended, delay(threadsEndMs, false)])) process.exit(exitPartLost);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

function setLogLevel(logger: Logger, level: string): boolean {
  const known = logLevels.find((name) => name === level);
  if (known === undefined) return false;
  logger.level = known;
  return true;
}
