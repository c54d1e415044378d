// Ingest as the main thread holds it: starts the worker, hands bodies over, keeps the store's head current.
import { MessageChannel, type MessagePort, type Transferable, type Worker } from 'node:worker_threads';
import type { WriterSettings } from '../../sqlite/main/settings.ts';
import type { SegmentSnapshot } from '../../sqlite/threads/segment.ts';
import type { Snapshot } from '../../store/store.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { startThread } from '../../threads/start-thread.ts';
import { type VitalThread, watchVitalThread } from '../../threads/vital-thread.ts';
import type { BodyLimits, TenantLimits } from '../limits/limits.ts';
import type { IngestMetricsDelta } from './ingest-metrics.ts';
import type { IngestForMain, IngestWorkerData, MainForIngest } from './ingest-protocol.ts';
import type { IngestService, PushRequest, PushResponse } from './ingest-service.ts';

export interface IngestClientOptions {
  /** The store's main-thread side (SqliteStoreHost). */
  readonly store: {
    writerSettings(): { readonly settings: WriterSettings; readonly transfer: readonly Transferable[] };
    useSegments(segments: SegmentSnapshot): void;
    snapshot(): Snapshot;
  };
  readonly limits: TenantLimits;
  readonly bodyLimits: BodyLimits;
  readonly onMetrics: (delta: IngestMetricsDelta) => void;
  /** The worker died or hangs: nothing can be stored until the process starts again. */
  readonly onFailure: (error: Error) => void;
  /** The thread of large pushes was lost and is replaced: its push got 503. */
  readonly onDecoderLost?: (message: string) => void;
}

export class IngestClient implements IngestService {
  readonly #store: IngestClientOptions['store'];
  readonly #worker: Worker;
  readonly #ingest: RpcPeer<IngestForMain, MainForIngest>;
  #watch: VitalThread | undefined;
  readonly #hangTimeoutMs: number;
  #bytesInFlight = 0;
  #closing = false;

  /** Starts the worker; resolves when the store is open and replayed, rejects when it cannot be opened. */
  static async start(options: IngestClientOptions): Promise<IngestClient> {
    const client = new IngestClient(options);
    await client.#ingest.call('ready', undefined);
    // Only now: the replay may take long.
    client.#watch = watchVitalThread(client.#ingest, 'ingest', {
      hangTimeoutMs: client.#hangTimeoutMs,
      onLost: (error) => {
        if (!client.#closing) options.onFailure(error);
      },
    });
    return client;
  }

  private constructor(options: IngestClientOptions) {
    const { store, limits, bodyLimits, onMetrics, onDecoderLost } = options;
    this.#store = store;
    const { settings, transfer } = store.writerSettings();
    this.#hangTimeoutMs = settings.store.hangTimeoutMs;
    const data: IngestWorkerData = { writer: settings, limits, bodyLimits };
    this.#worker = startThread(import.meta.url, '../intake/ingest-worker.ts', {
      workerData: data,
      transferList: [...transfer],
      name: 'ingest',
    });
    this.#ingest = new RpcPeer<IngestForMain, MainForIngest>(this.#worker, {
      segments: (segments) => store.useSegments(segments),
      metrics: onMetrics,
      decoderLost: ({ message }) => onDecoderLost?.(message),
    });
  }

  async push(request: PushRequest): Promise<PushResponse> {
    const bytes = request.body.byteLength;
    this.#bytesInFlight += bytes;
    try {
      return await this.#ingest.call('push', request, { transfer: [request.body] });
    } finally {
      this.#bytesInFlight -= bytes;
    }
  }

  /** Why nothing can be stored now; undefined when all is well. */
  get problem(): string | undefined {
    return this.#watch?.problem;
  }

  bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  snapshot(): Snapshot {
    return this.#store.snapshot();
  }

  /** A port for `portSink` in a collector thread; transfer it there. Entries written to it belong to `tenant`. */
  sinkPort(tenant: string): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const connected = this.#ingest.call('connectSink', { port: port1, tenant }, { transfer: [port1] });
    connected.catch(() => port2.close());
    return port2;
  }

  /** A port for the tail worker. */
  tailPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const connected = this.#ingest.call('connectTail', { port: port1 }, { transfer: [port1] });
    connected.catch(() => port2.close());
    return port2;
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#ingest.call('close', undefined);
    this.#ingest.close();
    await this.#worker.terminate();
  }
}
