// Main-thread side of the collectors: detection, the worker, health.

import { hostname } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { RepairKind } from '../ingest/repair/repair-kind.ts';
import type { CollectorHealth } from './collector.ts';
import { type CollectorName, detectSources, type NamedDetection } from './collector-kinds.ts';
import { CollectorThread } from './collector-thread.ts';
import { kindsOf, repairSentence } from './repair-text.ts';
import type { CollectorsSettings } from './settings.ts';

export interface CollectorsOptions {
  readonly settings: CollectorsSettings;
  /** PATH, to look for journalctl. */
  readonly searchPath: string;
  /** Called when at least one collector runs: a port into the ingest worker (IngestClient.sinkPort). */
  readonly sinkPort: () => MessagePort;
  /** Without an answer from their thread for so long another takes its place; a quarter of it is a problem. */
  readonly hangTimeoutMs: number;
  readonly onFailure: (error: Error) => void;
  /** The thread hangs: it is being ended, and another started as soon as it has ended. */
  readonly onHung: (error: Error) => void;
  /** Called once a source and kind; `sentence` without a full stop. */
  readonly onRepaired: (source: string, kind: RepairKind, sentence: string) => void;
}

export interface Collectors {
  /** One sentence a source, for the start line. */
  readonly detections: readonly NamedDetection[];
  /** As of at most a second ago. Empty when no collector runs. */
  health(): readonly CollectorHealth[];
  /** Resolves when senders find open what they send to, or health() says why not. */
  opened(): Promise<void>;
  /** Why nothing may be collected now; undefined when all is well. */
  readonly problem: string | undefined;
  /** Stops reading and commits what was read. */
  close(): Promise<void>;
}

/** Starts the collectors whose sources are there (or were demanded), in one worker thread; none: no thread. */
export async function startCollectors(options: CollectorsOptions): Promise<Collectors> {
  const { settings, searchPath } = options;
  const detections = await detectSources(settings, searchPath);
  const runs = detections.filter((detection) => detection.runs).map(({ name }) => name);
  if (runs.length === 0) return { ...none, detections };
  return new RunningCollectors(options, detections, runs);
}

const none: Omit<Collectors, 'detections'> = {
  problem: undefined,
  health: () => [],
  opened: async () => {},
  close: async () => {},
};

class RunningCollectors implements Collectors {
  readonly detections: readonly NamedDetection[];
  readonly #options: CollectorsOptions;
  readonly #runs: readonly CollectorName[];
  readonly #told = new Set<string>();
  #health: readonly CollectorHealth[] = [];
  #thread: CollectorThread;
  #closing = false;

  constructor(
    options: CollectorsOptions,
    detections: readonly NamedDetection[],
    runs: readonly CollectorName[],
  ) {
    this.#options = options;
    this.detections = detections;
    this.#runs = runs;
    this.#thread = this.#start();
  }

  health(): readonly CollectorHealth[] {
    return this.#health;
  }

  opened(): Promise<void> {
    return this.#thread.opened();
  }

  get problem(): string | undefined {
    return this.#thread.problem;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#thread.close();
  }

  #start(): CollectorThread {
    const { settings, sinkPort, hangTimeoutMs, onFailure, onHung } = this.#options;
    const thread = new CollectorThread({
      data: { settings, host: settings.host === '' ? hostname() : settings.host, runs: this.#runs },
      sinkPort: sinkPort(),
      hangTimeoutMs,
      onHealth: (health) => this.#heard(health),
      onEnd: (error) => {
        this.#failed(`The collectors' thread ended: ${error.message}`);
        onFailure(error);
      },
      onHung: (error) => {
        this.#failed(`The collectors' thread hangs: ${error.message}`);
        onHung(error);
        // Not while it hangs in a call of the system: what it has open, sockets among it, is its own until then.
        void thread.terminate().then(() => {
          if (!this.#closing) this.#thread = this.#start();
        });
      },
    });
    return thread;
  }

  #failed(hint: string): void {
    this.#health = this.#health.map((one) => ({ ...one, state: 'failed', hint }));
  }

  #heard(health: readonly CollectorHealth[]): void {
    this.#health = health;
    for (const { name, repairs } of health)
      for (const [kind, entries] of kindsOf(repairs)) {
        if (this.#told.has(`${name} ${kind}`)) continue;
        this.#told.add(`${name} ${kind}`);
        this.#options.onRepaired(name, kind, repairSentence(kind, entries));
      }
  }
}
