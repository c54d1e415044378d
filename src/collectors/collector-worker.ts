// Entry of the collector worker: all collectors run here, off the HTTP thread.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { portSink } from '../ingest/sink/port-sink.ts';
import { collectAtRest } from '../threads/collect-at-rest.ts';
import { RpcPeer } from '../threads/rpc.ts';
import { takePriority } from '../threads/thread-priority.ts';
import type { CollectorHealth } from './collector.ts';
import { type CollectorName, makeCollectors } from './collector-kinds.ts';
import type { CollectorsSettings } from './settings.ts';

/** What the manager hands to the worker. */
export interface CollectorWorkerData {
  readonly settings: CollectorsSettings;
  readonly host: string;
  /** Names of the collectors that run. */
  readonly runs: readonly CollectorName[];
  /** To the ingest worker, made by IngestClient.sinkPort. */
  readonly sinkPort: MessagePort;
}

/** What the worker offers the manager. */
export interface CollectorWorkerService {
  health(params: null): CollectorHealth[];
  /** Resolves when those that are sent to are open, or have said why not. */
  opened(params: null): Promise<void>;
  /** Resolves when all collectors have stopped and what they read is committed. */
  stop(params: null): Promise<void>;
}

async function serve(
  port: MessagePort,
  { settings, host, runs, sinkPort }: CollectorWorkerData,
): Promise<void> {
  const collectors = await makeCollectors(settings, host, runs);
  const sink = portSink(sinkPort);
  const abort = new AbortController();
  const running = Promise.all(collectors.map((collector) => collector.run(sink, abort.signal)));
  const peer = new RpcPeer<object, CollectorWorkerService>(port, {
    health: () => collectors.map((collector) => collector.health()),
    opened: async () => {
      await Promise.all(collectors.map((collector) => collector.opened?.()));
    },
    stop: async () => {
      abort.abort();
      await running;
      sink.close();
      // After the answer is on its way.
      setImmediate(() => peer.close());
    },
  });
}

if (parentPort) {
  takePriority('collector');
  collectAtRest();
  await serve(parentPort, workerData as CollectorWorkerData);
}
