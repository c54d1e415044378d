// The parts of the gateway that have threads of their own, opened in the order in which they need each other.
import type { Config } from '../config/config.ts';
import { testStoreVariable } from '../config/sources/load-config.ts';
import { storePath } from '../config/store-path.ts';
import type { QueryEngine } from '../engine/run/query-engine.ts';
import { ingestMetrics } from '../http/metrics/ingest-metrics.ts';
import type { createHttpServer } from '../http/server/server.ts';
import { IngestClient } from '../ingest/client/ingest-client.ts';
import { SqliteStoreHost } from '../sqlite/main/host.ts';
import { type StoreSettings, storeSettings } from '../sqlite/main/settings.ts';
import type { StoreHost } from '../store/host.ts';
import { TailHub } from '../tail/tail-hub.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Ending } from './ending.ts';
import { startIngestThread, startScanThread, startTailThread } from './threads/start.ts';

export interface GatewayParts {
  readonly store: StoreHost;
  readonly ingest: IngestClient;
  readonly queries: QueryEngine;
  readonly tail: TailHub;
  /** Loaded meanwhile. */
  readonly createHttpServer: typeof createHttpServer;
}

/** Rejects when the store cannot be opened or a thread does not start. What is lost later is told to `ending` or logged. */
export async function openParts(
  config: Config,
  {
    metrics,
    logger,
    ending,
  }: { readonly metrics: Metrics; readonly logger: Logger; readonly ending: Ending },
): Promise<GatewayParts> {
  const settings = storeSettings(storePath(config.dataDir), {
    retentionNs: config.retentionNs,
    retentionRules: config.retentionRules,
    storeBytesMax: config.storeBytesMax,
    diskFreeBytesMin: config.diskFreeBytesMin,
    ...config.store,
    ...(JSON.parse(process.env[testStoreVariable] ?? '{}') as Partial<StoreSettings>),
  });
  const opening: Promise<StoreHost> = SqliteStoreHost.open(settings, {
    onWarning: ({ message, fields }) => logger.warn(fields, message),
    onBuilderLost: (error) => ending.lose('the block builder', error),
  });
  // Modules that take long to load are loaded while the store's threads start.
  const loading = Promise.all([import('../engine/run/query-engine.ts'), import('../http/server/server.ts')]);
  loading.catch(() => {});
  const store = await opening;
  const starting = IngestClient.start({
    store,
    startThread: startIngestThread,
    limits: config.limits.ingest,
    bodyLimits: config.body,
    hangTimeoutMs: settings.hangTimeoutMs,
    onMetrics: ingestMetrics(metrics, logger),
    onFailure: (error) => ending.lose('ingest', error),
    onDecoderLost: (error) =>
      logger.error({ error }, 'the thread that decodes large pushes has failed and is being replaced'),
  });
  starting.catch(() => {});
  const [{ openQueryEngine }, { createHttpServer }] = await loading;
  const queries = openQueryEngine({
    ...(config.queryWorkers > 0 && { count: config.queryWorkers }),
    startThread: startScanThread,
    head: store,
    reader: () => store.readerSettings(),
    changes: store.changes,
    onWorkerLost: (error) => logger.error({ error }, 'a query worker has failed and is being replaced'),
  });
  const ingest = await starting;
  const tail = new TailHub({
    startThread: startTailThread,
    ingestPort: () => ingest.tailPort(),
    onDropped: (tenant, entries) =>
      metrics.tailDroppedEntries.inc({ tenant: metrics.tenantLabel(tenant) }, entries),
    onWorkerLost: (error) => logger.error({ error }, 'the tail worker has failed; its tails have ended'),
  });
  return { store, ingest, queries, tail, createHttpServer };
}
