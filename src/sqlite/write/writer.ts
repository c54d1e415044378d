// The one that accepts entries: lives in the ingest worker. An append copies its entries into the filling buffer; a
// group commit makes the buffer one row of the `wal` table, then a part of a shared segment, then answers.
import type { Database } from 'better-sqlite3';
import type { Labels } from '../../model/labels.ts';
import { int64Max } from '../../model/time.ts';
import {
  type BatchMarks,
  type Checkpoint,
  type EntryColumns,
  type LabelCardinality,
  StoreClosingError,
  StoreFullError,
  type StoreWriter,
  type StreamChanges,
  type StreamId,
  type StreamOwner,
  type WriterEvents,
} from '../../store/store.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { openForWriting } from '../format/open-database.ts';
import { lockHolders, type StoreSettings, type WriterSettings } from '../main/settings.ts';
import type { BuilderForWriter, WriterForBuilder } from '../threads/builder-protocol.ts';
import { ChangeTimesWriter } from '../threads/change-times.ts';
import { armFailpoint, failpoint } from '../threads/failpoint.ts';
import { readSliceHeader, sliceBytes, sliceMemory, sliceStream } from '../threads/segment.ts';
import { WriteLock } from '../threads/write-lock.ts';
import { CommitBuffer } from './commit-buffer.ts';
import { CommitLog } from './commit-log.ts';
import { FlushScheduler } from './flush-scheduler.ts';
import { SegmentList } from './segment-list.ts';
import { StreamRegistry } from './stream-registry.ts';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What one group commit carries. */
class Group {
  readonly buffer = new CommitBuffer();
  readonly streams = new Set<number>();
  checkpoints: Checkpoint[] = [];
  keys: string[] = [];
  waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.waiters.length === 0;
  }
  clear(): void {
    this.buffer.clear();
    this.streams.clear();
    this.checkpoints = [];
    this.keys = [];
    this.waiters = [];
  }
}

/** Bytes written to SQLite's log after which the builder is asked to checkpoint it. */
const logBytesNotified = 4 * 1024 * 1024;

export class SqliteStoreWriter implements StoreWriter {
  readonly #settings: StoreSettings;
  readonly #events: WriterEvents;
  readonly #database: Database;
  readonly #lock: WriteLock;
  readonly #changes: ChangeTimesWriter;
  readonly #registry: StreamRegistry;
  readonly #log: CommitLog;
  readonly #segments: SegmentList;
  readonly #builder: RpcPeer<BuilderForWriter, WriterForBuilder>;
  readonly #flushes: FlushScheduler;
  /** Batches that are not durable yet, by their keys. */
  readonly #keyed = new Map<string, Promise<void>>();
  #filling = new Group();
  #committing = new Group();
  #commitTimer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #loop: Promise<void> | undefined;
  #nextSeq: number;
  #logBytes = 0;
  #closing = false;

  /** Opens the file and replays; see {@link openWriter}. */
  constructor(settings: WriterSettings, events: WriterEvents) {
    const { store } = settings;
    this.#settings = store;
    this.#events = events;
    armFailpoint(store.failpoint);
    this.#changes = new ChangeTimesWriter(settings.changeTimes);
    this.#lock = new WriteLock(settings.writeLock, lockHolders.writer);
    this.#database = openForWriting(store.path);
    this.#registry = new StreamRegistry(this.#database, {
      idleMs: store.streamIdleMs,
      labelValuesWarned: store.labelValuesWarned,
      isHeld: (id) => this.#filling.streams.has(id) || this.#committing.streams.has(id),
    });
    this.#log = new CommitLog(this.#database, this.#registry);
    this.#segments = new SegmentList({
      segmentBytes: store.segmentBytes,
      pooledMax: Math.ceil(store.unsealedBytesMax / store.segmentBytes),
      firstNumber: settings.firstSegmentNumber,
    });
    this.#builder = new RpcPeer<BuilderForWriter, WriterForBuilder>(settings.builderPort, {
      flushAll: () => this.#flushes.flushAll(),
      releaseStreams: (ids) => this.#releaseStreams(ids),
    });
    this.#flushes = new FlushScheduler({
      settings: store,
      segments: this.#segments,
      builder: this.#builder,
      lastSeq: () => this.#nextSeq - 1,
      onReleased: () => this.#events.onHead(this.#segments.snapshot()),
    });
    this.#nextSeq = this.#replay() + 1;
    this.#events.onHead(this.#segments.snapshot());
    this.#flushes.flushIfDue();
  }

  stream(tenant: string, labels: Labels): StreamId {
    const id = this.#registry.id(tenant, labels);
    this.#registry.touch([id], Date.now());
    return id;
  }

  isActive(tenant: string, labels: Labels): boolean {
    return this.#registry.isActive(tenant, labels, Date.now());
  }

  /** Tenant and labels of a stream this writer gave out. */
  streamOwner(id: StreamId): StreamOwner | undefined {
    return this.#registry.owner(id);
  }

  activeStreams(tenant: string): number {
    return this.#registry.active(tenant, Date.now());
  }

  streamChanges(): readonly StreamChanges[] {
    return this.#registry.takeChanges(Date.now());
  }

  labelChanges(): readonly LabelCardinality[] {
    return this.#registry.takeLabelChanges();
  }

  /** Streams it has in memory. */
  get knownStreams(): number {
    return this.#registry.size;
  }

  append(entries: EntryColumns, { checkpoints = [], key }: BatchMarks = {}): Promise<void> {
    if (this.#closing) return Promise.reject(new StoreClosingError());
    if (key === undefined) return this.#queue(entries, checkpoints);
    const underWay = this.#keyed.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#log.hasBatch(key)) return Promise.resolve();
    const stored = this.#queue(entries, checkpoints, key).finally(() => this.#keyed.delete(key));
    this.#keyed.set(key, stored);
    return stored;
  }

  #queue(entries: EntryColumns, checkpoints: readonly Checkpoint[], key?: string): Promise<void> {
    if (this.#filling.buffer.usedBytes > this.#settings.queuedBytesMax)
      return Promise.reject(new StoreFullError('too many entries wait for the store: try later'));
    const group = this.#filling;
    try {
      const isKnown = (id: StreamId): boolean => this.#registry.owner(id) !== undefined;
      for (const id of group.buffer.append(entries, isKnown)) group.streams.add(id);
    } catch (error) {
      return Promise.reject(error);
    }
    group.checkpoints.push(...checkpoints);
    if (key !== undefined) group.keys.push(key);
    const done = new Promise<void>((resolve, reject) => group.waiters.push({ resolve, reject }));
    this.#schedule();
    return done;
  }

  pendingBytes(): number {
    return this.#filling.buffer.usedBytes + this.#committing.buffer.usedBytes + this.#segments.bytes;
  }

  checkpoints(source: string): readonly Checkpoint[] {
    return this.#log.checkpoints(source);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#flushes.close();
    this.#cancelTimer();
    while (this.#loop !== undefined || !this.#filling.isEmpty) await (this.#loop ?? this.#startLoop());
    this.#builder.close();
    this.#database.close();
  }

  #schedule(): void {
    if (this.#loop !== undefined) return;
    if (this.#filling.buffer.usedBytes >= this.#settings.commitBytes) {
      this.#cancelTimer();
      void this.#startLoop();
    } else this.#commitTimer ??= setTimeout(() => void this.#startLoop(), this.#settings.commitDelayMs);
  }

  #cancelTimer(): void {
    if (this.#commitTimer !== undefined) clearTimeout(this.#commitTimer as NodeJS.Timeout);
    this.#commitTimer = undefined;
  }

  #startLoop(): Promise<void> {
    this.#commitTimer = undefined;
    this.#loop ??= this.#commitGroups().finally(() => {
      this.#loop = undefined;
      if (!this.#filling.isEmpty && !this.#closing) this.#schedule();
    });
    return this.#loop;
  }

  /** Commits group after group while enough has gathered meanwhile. */
  async #commitGroups(): Promise<void> {
    do {
      // What is queued behind this turn of the loop (messages of the same poll) still joins the group.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#flushes.room();
      if (this.#flushes.isBlocked) {
        this.#refuse(this.#filling);
        continue;
      }
      const group = this.#filling;
      this.#filling = this.#committing;
      this.#committing = group;
      await this.#commit(group);
      group.clear();
    } while (
      this.#closing ? !this.#filling.isEmpty : this.#filling.buffer.usedBytes >= this.#settings.commitBytes
    );
  }

  async #commit(group: Group): Promise<void> {
    const slices = group.buffer.slices();
    const newStreams = this.#registry.unsaved(group.streams);
    const seq = this.#nextSeq;
    try {
      const body = this.#log.encode(slices);
      await this.#lock.acquireUrgent();
      try {
        const { rawBytes } = group.buffer;
        failpoint('commit: before the transaction');
        const { checkpoints, keys } = group;
        this.#log.write({ seq, slices, rawBytes, newStreams, checkpoints, keys }, body);
      } finally {
        this.#lock.release();
      }
      this.#logBytes += body?.length ?? 0;
    } catch (error) {
      for (const waiter of group.waiters) waiter.reject(error);
      return;
    }
    failpoint('commit: durable, not published');
    this.#registry.saved(newStreams);
    this.#registry.touch(group.streams, Date.now());
    if (slices.length > 0) {
      this.#nextSeq++;
      this.#publish(slices, seq);
    }
    failpoint('commit: published, not answered');
    for (const waiter of group.waiters) waiter.resolve();
    if (this.#logBytes >= logBytesNotified) {
      this.#logBytes = 0;
      this.#builder.notify('logGrew', undefined);
    }
    this.#flushes.flushIfDue();
  }

  #publish(slices: Uint8Array, seq: number): void {
    this.#flushes.noteEntries();
    const { ref, at, isNew } = this.#segments.publish(slices, seq);
    if (isNew) this.#events.onHead(this.#segments.snapshot());
    this.#changes.added(earliestNs(slices));
    this.#events.onCommitted?.({ segment: ref, startByte: at, endByte: at + slices.length });
  }

  #replay(): number {
    return this.#log.replay((seq, slices) => {
      this.#publish(new Uint8Array(slices), seq);
      const memory = sliceMemory(slices);
      const streams = new Set<number>();
      for (let at = 0; at < slices.byteLength; at += sliceBytes(memory, at))
        streams.add(sliceStream(memory, at));
      this.#registry.touch(streams, Date.now());
    });
  }

  #refuse(group: Group): void {
    const error = new StoreFullError('the store cannot cut blocks: nothing was stored, try later', {
      cause: this.#flushes.error,
    });
    for (const waiter of group.waiters) waiter.reject(error);
    group.clear();
  }

  /** The builder holds the write lock while it asks and until the rows are gone: no commit comes between. */
  #releaseStreams(ids: readonly number[]): readonly number[] {
    const used = this.#segments.streams();
    for (const id of this.#committing.streams) used.add(id);
    const released = ids.filter((id) => !used.has(id));
    this.#registry.release(released, Date.now());
    return released;
  }
}

function earliestNs(slices: Uint8Array): bigint {
  const memory = sliceMemory(slices.buffer, slices.byteOffset, slices.byteOffset + slices.length);
  let earliest = int64Max;
  for (let at = 0; at < slices.length; at += sliceBytes(memory, at)) {
    const { baseNs } = readSliceHeader(memory, at);
    if (baseNs < earliest) earliest = baseNs;
  }
  return earliest;
}

/** Opens the writer and replays what the last run committed but did not cut into blocks. */
export function openWriter(settings: WriterSettings, events: WriterEvents): SqliteStoreWriter {
  return new SqliteStoreWriter(settings, events);
}
