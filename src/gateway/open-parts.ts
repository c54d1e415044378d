// The parts of the gateway that have threads of their own, opened in the order in which they need each other.
import type { Config } from '../config/config.ts';
import type { QueryEngine } from '../engine/run/query-engine.ts';
import { ingestMetrics } from '../http/metrics/ingest-metrics.ts';
import type { createHttpServer } from '../http/server/server.ts';
import { IngestClient } from '../ingest/client/ingest-client.ts';
import type { RuleHost, StoreHost } from '../store/host.ts';
import { TailHub } from '../tail/tail-hub.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Ending } from './ending.ts';
import { openStore } from './open-store.ts';

export interface GatewayParts {
  readonly store: StoreHost;
  /** What the ruler keeps. */
  readonly rules: RuleHost;
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
  const opening = openStore(config, {
    onWarning: ({ message, fields }) => logger.warn(fields, message),
    onLost: (part, error) => ending.lose(part, error),
  });
  // Modules that take long to load are loaded while the store's threads start.
  const loading = Promise.all([import('../engine/run/query-engine.ts'), import('../http/server/server.ts')]);
  loading.catch(() => {});
  const { store, threads, rules, isAlone, hangTimeoutMs } = await opening;
  const starting = IngestClient.start({
    store,
    startThread: threads.ingest,
    limits: config.limits.ingest,
    bodyLimits: config.body,
    hangTimeoutMs,
    onMetrics: ingestMetrics(metrics, logger),
    onFailure: (error) => ending.lose('ingest', error),
    onDecoderLost: (error) =>
      logger.error({ error }, 'the thread that decodes large pushes has failed and is being replaced'),
  });
  starting.catch(() => {});
  const [{ openQueryEngine }, { createHttpServer }] = await loading;
  const queries = openQueryEngine({
    ...(config.queryWorkers > 0 && { count: config.queryWorkers }),
    startThread: threads.scan,
    head: store,
    reader: () => store.readerSettings(),
    // Finished steps are kept only where all additions are known.
    ...(isAlone && { changes: store.changes }),
    onWorkerLost: (error) => logger.error({ error }, 'a query worker has failed and is being replaced'),
  });
  const ingest = await starting;
  const tail = new TailHub({
    startThread: threads.tail,
    ingestPort: () => ingest.tailPort(),
    onDropped: (tenant, entries) =>
      metrics.tailDroppedEntries.inc({ tenant: metrics.tenantLabel(tenant) }, entries),
    onWorkerLost: (error) => logger.error({ error }, 'the tail worker has failed; its tails have ended'),
  });
  return { store, rules, ingest, queries, tail, createHttpServer };
}
