// Main-thread side of the collectors: detection, the worker, health.

import { hostname } from 'node:os';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { RepairKind } from '../ingest/repair-kind.ts';
import { RpcPeer } from '../threads/rpc.ts';
import { workerFile } from '../threads/worker-file.ts';
import type { CollectorHealth } from './collector.ts';
import type { CollectorWorkerData, CollectorWorkerService } from './collector-worker.ts';
import { type Detection, detectSources } from './detect.ts';
import { kindsOf, repairSentence } from './repair-text.ts';
import type { CollectorsSettings } from './settings.ts';

export interface CollectorsOptions {
  readonly settings: CollectorsSettings;
  /** PATH, to look for journalctl. */
  readonly searchPath: string;
  /** Called when at least one collector runs: a port into the ingest worker (IngestClient.sinkPort). */
  readonly sinkPort: () => MessagePort;
  readonly onFailure: (error: Error) => void;
  /** Called once a source and kind; `sentence` without a full stop. */
  readonly onRepaired: (source: string, kind: RepairKind, sentence: string) => void;
}

const healthEveryMs = 1_000;
/** Collectors stop within 2 s; a worker that does not is ended. */
const stopMs = 3_000;

export interface Collectors {
  /** One sentence a source, for the start line. */
  readonly detections: readonly Detection[];
  /** As of at most a second ago. Empty when no collector runs. */
  health(): readonly CollectorHealth[];
  /** Resolves when senders find open what they send to, or health() says why not. */
  opened(): Promise<void>;
  /** Stops reading and commits what was read. */
  close(): Promise<void>;
}

/** Starts the collectors whose sources are there (or were demanded), in one worker thread; none: no thread. */
export async function startCollectors(options: CollectorsOptions): Promise<Collectors> {
  const { settings, searchPath, sinkPort, onFailure, onRepaired } = options;
  const detections = await detectSources(settings, searchPath);
  const runs = detections.filter((detection) => detection.runs).map(({ name }) => name);
  if (runs.length === 0)
    return { detections, health: () => [], opened: async () => {}, close: async () => {} };
  const port = sinkPort();
  const workerData: CollectorWorkerData = {
    settings,
    host: settings.host === '' ? hostname() : settings.host,
    runs,
    sinkPort: port,
  };
  const worker = new Worker(workerFile(import.meta.url, './collector-worker.ts'), {
    workerData,
    transferList: [port],
    name: 'collectors',
  });
  const peer = new RpcPeer<CollectorWorkerService>(worker, {});
  let health: readonly CollectorHealth[] = [];
  const told = new Set<string>();
  let closing = false;
  void peer.closed.then((error) => {
    clearInterval(asking);
    if (closing) return;
    health = health.map((one) => ({
      ...one,
      state: 'failed',
      hint: `The collectors' thread ended: ${error.message}`,
    }));
    onFailure(error);
  });
  const ask = (): void => {
    peer.call('health', null).then(
      (fresh) => {
        health = fresh;
        for (const { name, repairs } of fresh)
          for (const [kind, entries] of kindsOf(repairs)) {
            if (told.has(`${name} ${kind}`)) continue;
            told.add(`${name} ${kind}`);
            onRepaired(name, kind, repairSentence(kind, entries));
          }
      },
      () => {},
    );
  };
  const asking = setInterval(ask, healthEveryMs);
  asking.unref();
  ask();
  return {
    detections,
    health: () => health,
    // A thread that ends instead is for onFailure.
    opened: () => peer.call('opened', null).catch(() => {}),
    close: async () => {
      closing = true;
      clearInterval(asking);
      let late: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        late = setTimeout(resolve, stopMs);
      });
      await Promise.race([peer.call('stop', null).catch(() => {}), timeout]);
      clearTimeout(late);
      peer.close();
      await worker.terminate();
    },
  };
}
