// The contract of a collector: start, resume from checkpoints, stop.
import type { RepairCounts } from '../ingest/repair/repair-kind.ts';
import type { Sink } from '../ingest/sink/sink.ts';

export type CollectorState = 'starting' | 'running' | 'waiting' | 'failed' | 'stopped';

export interface CollectorHealth {
  readonly name: string;
  readonly state: CollectorState;
  /** For people: what is wrong and how to mend it, or what was repaired so that it could be stored; empty when neither. */
  readonly hint: string;
  readonly targets: number;
  readonly entriesTotal: number;
  readonly bytesTotal: number;
  readonly errorsTotal: number;
  /** Datagrams that came and were lost before they could be stored: by the system, or for want of room here. */
  readonly droppedTotal: number;
  /** Entries that were stored otherwise than they came. */
  readonly repairs: RepairCounts;
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
  /** Of a source that is sent to: resolves when senders find it open, or it has said why not. */
  opened?(): Promise<void>;
}
