// The ingest worker: the one thread that accepts entries. Push bodies and collectors' entries come in, go through the
// processor to the store's writer, and are answered when the commit is durable.
import { parentPort, workerData } from 'node:worker_threads';
import { compileRegex, trustedPattern } from '../regex/regex.ts';
import { openWriter } from '../store/sqlite/writer.ts';
import { StoreFullError } from '../store/store.ts';
import { freeMemory } from '../threads/free-memory.ts';
import { type RpcHandlers, RpcPeer, type RpcPort } from '../threads/rpc.ts';
import { takePriority } from '../threads/thread-priority.ts';
import { CollectorIntake } from './collector-intake.ts';
import { CommitFeed } from './commit-feed.ts';
import { IngestMetrics } from './ingest-metrics.ts';
import type {
  IngestForCollector,
  IngestForMain,
  IngestWorkerData,
  MainForIngest,
} from './ingest-protocol.ts';
import type { PushRequest, PushResponse } from './ingest-service.ts';
import { limitsOf } from './limits.ts';
import { otlpErrorResponse } from './otlp-answer.ts';
import { PushProcessor } from './push-processor.ts';
import { PushQueue } from './push-queue.ts';

/** Increments wait this long for company on their way to the main thread. */
const metricsDelayMs = 250;
/** How often the numbers of streams are told while nothing comes. */
const streamsPollMs = 15_000;
/** Clients come back after this when the store has no room. */
const fullRetryAfterSeconds = 5;

function start(port: RpcPort, data: IngestWorkerData): void {
  const feed = new CommitFeed((id) => writer.streamOwner(id));
  const writer = openWriter(data.writer, {
    // Called during replay too, when `main` is not there yet; still before the answers, which take longer.
    onSegments: (segments) => queueMicrotask(() => main.notify('segments', segments)),
    onCommitted: (batch) => feed.committed(batch),
  });
  const metrics = new IngestMetrics();
  const limits = limitsOf(data.limits);
  const processor = new PushProcessor({
    limits,
    bodyLimits: data.bodyLimits,
    registry: writer,
    metrics,
    compileRegex: (pattern) => {
      const regex = compileRegex(pattern, trustedPattern);
      return (name) => regex.testFull(name);
    },
    nowMs: Date.now,
  });
  const collectors = new CollectorIntake({ processor, writer, limits, metrics, nowMs: Date.now });
  const queue = new PushQueue();
  let metricsTimer: NodeJS.Timeout | undefined;
  const sendMetrics = (): void => {
    metricsTimer = undefined;
    main.notify(
      'metrics',
      metrics.take((tenant) => writer.activeStreams(tenant), writer.streamChanges(), writer.labelChanges()),
    );
  };
  // Streams go idle without a push that would tell.
  const streamsTimer = setInterval(sendMetrics, streamsPollMs);
  const metricsChanged = (): void => {
    if (metrics.dirty) metricsTimer ??= setTimeout(sendMetrics, metricsDelayMs);
  };

  const push = (request: PushRequest): Promise<PushResponse> =>
    new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          const { store, response } = processor.process(request);
          metricsChanged();
          if (!store) resolve(response);
          else {
            writer.append(processor.columns).then(
              () => resolve(response),
              (error: unknown) => resolve(notStored(request, error)),
            );
          }
        } catch (error) {
          reject(error);
        } finally {
          // Refused, or the store has copied the entries.
          freeMemory(request.body);
        }
      };
      queue.add({ bytes: request.body.byteLength, run });
    });

  const handlers: RpcHandlers<IngestForMain> = {
    ready: () => {},
    push,
    connectSink: ({ port: sinkPort, tenant }) => {
      new RpcPeer<object, IngestForCollector>(sinkPort, {
        write: async ({ entries, checkpoints, source }) => {
          const repaired = await collectors.write({ tenant, source, entries, checkpoints });
          metricsChanged();
          return repaired;
        },
        checkpoints: ({ source }) => writer.checkpoints(source),
      });
    },
    connectTail: ({ port: tailPort }) => feed.connect(tailPort),
    close: async () => {
      while (queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
      await writer.close();
      clearTimeout(metricsTimer);
      clearInterval(streamsTimer);
      if (metrics.dirty) sendMetrics();
      feed.close();
    },
  };
  const main = new RpcPeer<MainForIngest, IngestForMain>(port, handlers);
}

/** Nothing of the push is stored; the client is to send it again. */
function notStored(request: PushRequest, error: unknown): PushResponse {
  const full = error instanceof StoreFullError;
  const message = error instanceof Error ? error.message : String(error);
  const status = full || /closing/.test(message) ? 503 : 500;
  const retry = status === 503 ? { retryAfterSeconds: fullRetryAfterSeconds } : {};
  if (request.format === 'otlp')
    return { ...otlpErrorResponse(status, message, request.contentType), ...retry };
  return { status, message, ...retry };
}

if (parentPort !== null) {
  takePriority('ingest');
  start(parentPort, workerData as IngestWorkerData);
}
