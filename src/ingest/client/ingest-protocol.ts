// What the main thread, the ingest worker, collectors and the tail worker say to each other.
import type { MessagePort } from 'node:worker_threads';
import type { Labels } from '../../model/labels.ts';
import type { CommittedBatch } from '../../store/commits.ts';
import type { Checkpoint, Snapshot, StreamId } from '../../store/store.ts';
import type { BodyLimits, TenantLimits } from '../limits/limits.ts';
import type { RepairCounts } from '../repair/repair-kind.ts';
import type { PackedEntries } from '../sink/packed-entries.ts';
import type { IngestMetricsDelta } from './ingest-metrics.ts';
import type { PushRequest, PushResponse } from './ingest-service.ts';

/** workerData of the ingest worker. */
export interface IngestWorkerData {
  /** Of the store's host. */
  readonly writer: unknown;
  readonly limits: TenantLimits;
  readonly bodyLimits: BodyLimits;
  /** A push that is decoded for this long is given up. */
  readonly hangTimeoutMs: number;
}

/** The ingest worker as the main thread calls it. */
export interface IngestForMain {
  /** Resolves once the store is open and replayed. */
  ready(params: undefined): void;
  push(params: PushRequest): PushResponse;
  /** A port over which a collector thread writes; its entries belong to `tenant`. */
  connectSink(params: { readonly port: MessagePort; readonly tenant: string }): void;
  /** A port to the tail worker. */
  connectTail(params: { readonly port: MessagePort }): void;
  /** From the next push on. */
  setLimits(params: TenantLimits): void;
  /** Commits what is queued and closes the store's writer. */
  close(params: undefined): void;
}

/** The main thread as the ingest worker calls it: notifications only, in order with the answers. */
export interface MainForIngest {
  head(params: Snapshot): void;
  metrics(params: IngestMetricsDelta): void;
  /** The thread that decodes large pushes has died or hung; another one takes its place. */
  decoderLost(params: { readonly message: string }): void;
}

/** The ingest worker as a collector thread calls it. */
export interface IngestForCollector {
  write(params: {
    readonly entries: PackedEntries;
    readonly checkpoints: readonly Checkpoint[];
    /** Name of the collector. */
    readonly source: string;
  }): RepairCounts;
  checkpoints(params: { readonly source: string }): readonly Checkpoint[];
}

/** A stream with an entry in a committed batch. */
export interface TailStream {
  readonly id: StreamId;
  readonly tenant: string;
  readonly labels: Labels;
}

/** The tail worker as the ingest worker calls it. */
export interface TailForIngest {
  /** `streams`: those of interest that this port has not named before. `forgotten`: ids that will not come again. */
  committed(params: {
    readonly batch: CommittedBatch;
    /** How many entries of whom: by tenant that has subscribers. */
    readonly entries: ReadonlyMap<string, number>;
    readonly streams: readonly TailStream[];
    readonly forgotten: readonly StreamId[];
  }): void;
}

/** The ingest worker as the tail worker calls it. */
export interface IngestForTail {
  /** Tenants with subscribers. Answered only when every commit from now on will be told. */
  watch(params: { readonly tenants: readonly string[] }): void;
}
