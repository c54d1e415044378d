// What the ingest worker does: the one thread that accepts entries. Push bodies and collectors' entries come in, go through the
// processor to the store's writer, and are answered when the commit is durable.
import type { CommitReader } from '../../store/commits.ts';
import {
  type OpenWriter,
  StoreClosingError,
  StoreFullError,
  StoreUnavailableError,
} from '../../store/store.ts';
import { freeMemory } from '../../threads/free-memory.ts';
import { type RpcHandlers, RpcPeer, type RpcPort } from '../../threads/rpc.ts';
import { IngestMetrics } from '../client/ingest-metrics.ts';
import type {
  IngestForCollector,
  IngestForMain,
  IngestWorkerData,
  MainForIngest,
} from '../client/ingest-protocol.ts';
import type { PushRequest, PushResponse } from '../client/ingest-service.ts';
import { PushDecoder } from '../decode/push-decoder.ts';
import { doorOf } from '../doors/doors.ts';
import { type IngestLimits, limitsOf } from '../limits/limits.ts';
import { pushOfOneTurn } from '../limits/push-bounds.ts';
import { PushError } from '../limits/push-error.ts';
import { compileAttributePattern } from '../otlp/attribute-pattern.ts';
import { CollectorIntake } from '../repair/collector-intake.ts';
import { batchKey } from './batch-key.ts';
import { CommitFeed } from './commit-feed.ts';
import { LargePushThread } from './large-push-thread.ts';
import { LargePushes } from './large-pushes.ts';
import { PushProcessor } from './push-processor.ts';
import { PushQueue } from './push-queue.ts';

/** Increments wait this long for company on their way to the main thread. */
const metricsDelayMs = 250;
/** How often the numbers of streams are told while nothing comes. */
const streamsPollMs = 15_000;
/** Clients come back after this when the store has no room. */
const fullRetryAfterSeconds = 5;

/** The thread's parts that differ from one kind of store to another. */
export interface IngestStore {
  readonly openWriter: OpenWriter;
  readonly commits: CommitReader;
}

/** Opens the store's writer, and from then on does what comes over the port. */
export function serveIngest(port: RpcPort, data: IngestWorkerData, store: IngestStore): void {
  const feed = new CommitFeed(store.commits, (id) => writer.streamOwner(id));
  const writer = store.openWriter(data.writer, {
    // Called during replay too, when `main` is not there yet; still before the answers, which take longer.
    onHead: (head) => queueMicrotask(() => main.notify('head', head)),
    onCommitted: (batch) => feed.committed(batch),
  });
  const metrics = new IngestMetrics();
  let limitsNow = limitsOf(data.limits);
  const limits = (tenant: string): IngestLimits => limitsNow(tenant);
  const decoder = new PushDecoder({
    bodyLimits: data.bodyLimits,
    bounds: pushOfOneTurn,
    compileRegex: compileAttributePattern,
  });
  const { streams } = decoder;
  const processor = new PushProcessor({ decoder, limits, registry: writer, metrics, nowMs: Date.now });
  const collectors = new CollectorIntake({ streams, writer, limits, metrics, nowMs: Date.now });
  const largePushes = new LargePushes({
    thread: new LargePushThread({
      data: { bodyLimits: data.bodyLimits },
      hangTimeoutMs: data.hangTimeoutMs,
      onLost: (error) => main.notify('decoderLost', { message: error.message }),
    }),
    processor,
    limits,
    streams,
    writer,
    notStored,
    nowMs: Date.now,
  });
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
      const sender = `${request.tenant}\n${request.sender}`;
      const run = (): void => {
        // Before it is decoded, which writes into the body.
        const key = batchKey(request);
        const answer = pushNow(request, key) ?? largePushes.push(request, sender, key);
        answer.then(resolve, reject).finally(metricsChanged);
      };
      queue.add({ bytes: request.body.byteLength, sender, run });
    });
  /** Undefined: too much for one turn. */
  const pushNow = (request: PushRequest, key?: string): Promise<PushResponse> | undefined => {
    try {
      const processed = processor.process(request);
      if (processed === undefined) return undefined;
      // Refused, or the store copies the entries at once.
      const { store, isWhole, response } = processed;
      const marks = isWhole && key !== undefined ? { key } : {};
      const stored = store ? writer.append(decoder.columns, marks) : Promise.resolve();
      freeMemory(request.body);
      return stored.then(
        () => response,
        (error: unknown) => notStored(request, error),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  };

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
    setLimits: (changed) => {
      limitsNow = limitsOf(changed);
    },
    connectTail: ({ port: tailPort }) => feed.connect(tailPort),
    close: async () => {
      while (queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
      await largePushes.close();
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
  const later =
    error instanceof StoreFullError ||
    error instanceof StoreClosingError ||
    error instanceof StoreUnavailableError;
  const message = error instanceof Error ? error.message : String(error);
  const status = later ? 503 : 500;
  const retryAfterSeconds = status === 503 ? fullRetryAfterSeconds : undefined;
  return doorOf(request).refuse(request, new PushError(status, message, retryAfterSeconds));
}
