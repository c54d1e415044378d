// The contract of a collector: start, resume from checkpoints, stop.
import type { Sink } from '../ingest/sink.ts';

export type CollectorState = 'starting' | 'running' | 'waiting' | 'failed' | 'stopped';

export interface CollectorHealth {
  readonly name: string;
  readonly state: CollectorState;
  /** One sentence for people: what is wrong and how to mend it; empty when well. */
  readonly hint: string;
  readonly targets: number;
  readonly entriesTotal: number;
  readonly bytesTotal: number;
  readonly errorsTotal: number;
}

export interface Collector {
  /** "docker", "journal", "files", "syslog". */
  readonly name: string;
  /**
   * Runs until `signal` aborts; resolves when stopped, within 2 s. Trouble with the source is retried inside
   * and shown in `health()`; it rejects only for a bug.
   */
  run(sink: Sink, signal: AbortSignal): Promise<void>;
  health(): CollectorHealth;
}
