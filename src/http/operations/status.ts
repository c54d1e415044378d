// GET /api/status: the gateway's state for its own page and for scripts.
import type { Metrics } from '../../telemetry/metrics.ts';
import { answering, type Gateway, jsonType, type Route } from '../server/api.ts';

/** What the rest of the program tells about itself. */
export interface StatusSource {
  readonly startedMs: number;
  store(): Promise<StoreFigures>;
  disk(): Promise<DiskFigures>;
  /** One row a source, also for those that are off. */
  collectors(): readonly CollectorFigures[];
  /** 0: nothing is deleted for its age. */
  readonly retentionPeriodMs: number;
  readonly retentionEveryMs: number;
}

export interface StoreFigures {
  /** On disk, all together. */
  readonly fileBytes: number;
  /** Line bytes and lines in blocks. */
  readonly rawBytes: number;
  readonly entries: number;
  readonly streams: number;
  /** Committed and not yet in blocks, compressed. */
  readonly unsealedBytes: number;
  /** Unix ms. */
  readonly lastRetentionMs: number | undefined;
}

/** Of the file system that the data folder is on. */
export interface DiskFigures {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

export interface CollectorFigures {
  readonly name: string;
  /** A collector's state, or "off". */
  readonly state: string;
  readonly hint: string;
  readonly targets: number;
  readonly entries: number;
  /** Entries stored otherwise than they came, by reason. */
  readonly repaired: Readonly<Record<string, number>>;
  /** The same for people, where the hint is about something else; else ''. */
  readonly repairs: string;
}

/** Asking the store takes some of the builder's time: open pages share an answer this long. */
const storeAnswerMs = 2000;

export function statusRoutes(gateway: Gateway): readonly Route[] {
  const { status, metrics, operations, settings, build } = gateway;
  let store: { readonly untilMs: number; readonly figures: Promise<StoreFigures> } | undefined;
  const storeFigures = (): Promise<StoreFigures> => {
    const nowMs = performance.now();
    if (store === undefined || nowMs > store.untilMs)
      store = { untilMs: nowMs + storeAnswerMs, figures: status.store() };
    return store.figures;
  };
  const answer = async () => {
    const [found, disk, lines, bytes, discarded] = await Promise.all([
      // What is wrong with the store is in `notReady`, and the rest is told all the same.
      storeFigures().catch(() => undefined),
      status.disk().catch(() => null),
      total(metrics, 'loki_distributor_lines_received_total'),
      total(metrics, 'loki_distributor_bytes_received_total'),
      total(metrics, 'loki_discarded_samples_total'),
    ]);
    const { lastRetentionMs, ...figures } = found ?? {};
    const nowMs = Date.now();
    const { startedMs, retentionPeriodMs, retentionEveryMs } = status;
    const body = {
      version: build.version,
      nowMs,
      startedMs,
      notReady: operations.notReady() ?? null,
      authEnabled: settings.authEnabled,
      ingest: { lines, bytes, discarded },
      store: found === undefined ? null : figures,
      disk,
      retention: {
        periodMs: retentionPeriodMs,
        lastRunMs: lastRetentionMs ?? null,
        nextRunMs:
          retentionPeriodMs === 0 ? null : nextRun(lastRetentionMs ?? startedMs, retentionEveryMs, nowMs),
      },
      collectors: status.collectors(),
    };
    return {
      contentType: jsonType,
      headers: { 'Cache-Control': 'no-store' },
      body: JSON.stringify(body),
    };
  };
  return [{ path: '/api/status', methods: { GET: 'status' }, tenant: false, handle: answering(answer) }];
}

/** The first whole period after the last run that is not over. */
function nextRun(lastMs: number, everyMs: number, nowMs: number): number {
  const periods = Math.max(1, Math.ceil((nowMs - lastMs) / everyMs));
  return lastMs + periods * everyMs;
}

/** The sum over all labels; 0 for a metric nobody has registered. */
async function total({ registry }: Metrics, name: string): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}
