// Entry of the collector worker: all collectors run here, off the HTTP thread.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { portSink } from '../ingest/sink/port-sink.ts';
import { collectAtRest } from '../threads/collect-at-rest.ts';
import { RpcPeer } from '../threads/rpc.ts';
import { takePriority } from '../threads/thread-priority.ts';
import type { Collector, CollectorHealth } from './collector.ts';
import { DockerCollector } from './docker/docker-collector.ts';
import { FilesCollector } from './files/files-collector.ts';
import { HealthTally } from './health.ts';
import { JournalCollector } from './journal/journal-collector.ts';
import type { CollectorsSettings } from './settings.ts';
import { SyslogCollector } from './syslog/syslog-collector.ts';

/** What the manager hands to the worker. */
export interface CollectorWorkerData {
  readonly settings: CollectorsSettings;
  readonly host: string;
  /** Names of the collectors that run. */
  readonly runs: readonly string[];
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

/** The collectors that run. One whose settings cannot be used stands in as failed, and says why. */
export function makeCollectors(data: Omit<CollectorWorkerData, 'sinkPort'>): Collector[] {
  const { settings, host, runs } = data;
  const make: Readonly<Record<string, () => Collector>> = {
    docker: () => new DockerCollector(settings.docker, host),
    journal: () => new JournalCollector(settings.journal, host),
    files: () => new FilesCollector(settings.files, host),
    syslog: () => new SyslogCollector(settings.syslog),
  };
  return Object.entries(make).flatMap(([name, create]) => {
    if (!runs.includes(name)) return [];
    try {
      return [create()];
    } catch (error) {
      return [failedCollector(name, (error as Error).message)];
    }
  });
}

function failedCollector(name: string, reason: string): Collector {
  const tally = new HealthTally(name);
  tally.errorsTotal = 1;
  tally.failed(`The settings cannot be used: ${reason}`);
  return { name, run: async () => {}, health: () => tally.snapshot() };
}

function serve(port: MessagePort, data: CollectorWorkerData): void {
  const collectors = makeCollectors(data);
  const sink = portSink(data.sinkPort);
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
  serve(parentPort, workerData as CollectorWorkerData);
}
