// Ingest as the main thread holds it: starts the worker, hands bodies over, keeps the store's head current.
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { StoreHost } from '../../store/host.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import type { StartThread } from '../../threads/start-thread.ts';
import { type VitalThread, watchVitalThread } from '../../threads/vital-thread.ts';
import type { BodyLimits, TenantLimits } from '../limits/limits.ts';
import type { IngestMetricsDelta } from './ingest-metrics.ts';
import type { IngestForMain, IngestWorkerData, MainForIngest } from './ingest-protocol.ts';
import type { IngestService, PushRequest, PushResponse } from './ingest-service.ts';

export interface IngestClientOptions {
  readonly store: Pick<StoreHost, 'writerSettings' | 'useHead'>;
  /** Starts the worker: see serveIngest. */
  readonly startThread: StartThread;
  readonly limits: TenantLimits;
  readonly bodyLimits: BodyLimits;
  /** A worker that does not answer for this long is given up. */
  readonly hangTimeoutMs: number;
  readonly onMetrics: (delta: IngestMetricsDelta) => void;
  /** The worker died or hangs: nothing can be stored until the process starts again. */
  readonly onFailure: (error: Error) => void;
  /** The thread of large pushes was lost and is replaced: its push got 503. */
  readonly onDecoderLost?: (message: string) => void;
}

export class IngestClient implements IngestService {
  readonly #worker: Worker;
  readonly #ingest: RpcPeer<IngestForMain, MainForIngest>;
  #watch: VitalThread | undefined;
  #bytesInFlight = 0;
  #closing = false;

  /** Starts the worker; resolves when the store is open and replayed, rejects when it cannot be opened. */
  static async start(options: IngestClientOptions): Promise<IngestClient> {
    const client = new IngestClient(options);
    await client.#ingest.call('ready', undefined);
    // Only now: the replay may take long.
    client.#watch = watchVitalThread(client.#ingest, 'ingest', {
      hangTimeoutMs: options.hangTimeoutMs,
      onLost: (error) => {
        if (!client.#closing) options.onFailure(error);
      },
    });
    return client;
  }

  private constructor(options: IngestClientOptions) {
    const { store, limits, bodyLimits, hangTimeoutMs, onMetrics, onDecoderLost } = options;
    const { settings, transfer } = store.writerSettings();
    const data: IngestWorkerData = { writer: settings, limits, bodyLimits, hangTimeoutMs };
    this.#worker = options.startThread({
      workerData: data,
      transferList: [...transfer],
      name: 'ingest',
    });
    this.#ingest = new RpcPeer<IngestForMain, MainForIngest>(this.#worker, {
      head: (head) => store.useHead(head),
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

  /** From the next push on. */
  setLimits(limits: TenantLimits): void {
    this.#ingest.notify('setLimits', limits);
  }

  /** Why nothing can be stored now; undefined when all is well. */
  get problem(): string | undefined {
    return this.#watch?.problem;
  }

  bytesInFlight(): number {
    return this.#bytesInFlight;
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
