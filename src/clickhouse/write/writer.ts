// The one of a gateway that accepts entries: lives in the ingest worker. An append copies its entries into the filling
// group; a commit cuts the group into inserts, and answers when ClickHouse has answered all that hold an entry of it.
import { randomUUID } from 'node:crypto';
import type { Labels } from '../../model/labels.ts';
import { int64Max, joinNs } from '../../model/time.ts';
import { RetentionPolicy } from '../../store/retention-policy.ts';
import {
  type BatchMarks,
  batchKeysMax,
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
import { insertedColumns } from '../format/entry-rows.ts';
import { keepDaysOf } from '../format/keep-days.ts';
import { RowWriter } from '../format/row-writer.ts';
import type { Head } from '../main/head.ts';
import { Cluster } from '../server/cluster.ts';
import type { Shard } from '../server/shard.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { type ActiveStream, ActiveStreams } from './active-streams.ts';
import { BatchKeys } from './batch-keys.ts';
import { entryParts, type Part, streamColumns, streamParts } from './commit-parts.ts';
import { committedEntries, EntryGroup } from './entry-group.ts';

/** For the ingest worker: `workerData`, then `openWriter(settings, events)` there. */
export interface WriterSettings {
  readonly store: ClickHouseSettings;
  /** Those of all sources. */
  readonly checkpoints: readonly Checkpoint[];
}

/** One append: its entries are `[from, to)` of the group. */
interface Waiter {
  readonly from: number;
  readonly to: number;
  readonly checkpoints: readonly Checkpoint[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Appends that one commit stores. One with a key has a commit to itself. */
class Group {
  readonly key: string | undefined;
  readonly entries = new EntryGroup();
  readonly waiters: Waiter[] = [];

  constructor(key?: string) {
    this.key = key;
  }
}

/** Inserts of one commit that run at a time; entries of many days are many. */
const insertsAtOnce = 4;

export class ClickHouseWriter implements StoreWriter {
  readonly #settings: ClickHouseSettings;
  readonly #events: WriterEvents;
  readonly #cluster: Cluster;
  readonly #streams: ActiveStreams;
  readonly #checkpoints = new Map<string, Checkpoint>();
  /** Part of every token: no other writer gives the same. */
  readonly #id = randomUUID();
  readonly #keys: BatchKeys;
  /** Oldest first; the first may be on its way. */
  readonly #groups: Group[] = [];
  #timer: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;
  #startedMs = 0;
  #inserts = 0;
  #lastSeq = 0n;
  #isCommitting = false;
  #closing = false;

  constructor({ store, checkpoints }: WriterSettings, events: WriterEvents) {
    this.#settings = store;
    this.#events = events;
    this.#cluster = new Cluster(store);
    const retention = new RetentionPolicy(store.retentionNs, store.retentionRules);
    this.#streams = new ActiveStreams({
      idleMs: store.streamIdleMs,
      labelValuesWarned: store.labelValuesWarned,
      shards: store.shards.length,
      keepDaysOf: ({ tenant, labels }) => keepDaysOf(retention.periodNs(tenant, labels)),
      isHeld: (id) => this.#groups.some(({ entries }) => entries.streams.has(id)),
    });
    this.#keys = new BatchKeys(this.#cluster.first, store.database, batchKeysMax);
    for (const checkpoint of checkpoints) this.#remember(checkpoint);
  }

  stream(tenant: string, labels: Labels): StreamId {
    const id = this.#streams.id(tenant, labels);
    this.#streams.touch([id], Date.now());
    return id;
  }

  streamOwner(id: StreamId): StreamOwner | undefined {
    const stream = this.#streams.get(id);
    return stream && { tenant: stream.tenant, labels: stream.labels };
  }

  isActive(tenant: string, labels: Labels): boolean {
    return this.#streams.isActive(tenant, labels, Date.now());
  }

  activeStreams(tenant: string): number {
    return this.#streams.active(tenant, Date.now());
  }

  streamChanges(): readonly StreamChanges[] {
    return this.#streams.takeChanges(Date.now());
  }

  labelChanges(): readonly LabelCardinality[] {
    return this.#streams.takeLabelChanges();
  }

  append(entries: EntryColumns, { checkpoints = [], key }: BatchMarks = {}): Promise<void> {
    if (this.#closing) return Promise.reject(new StoreClosingError());
    if (this.pendingBytes() > this.#settings.queuedBytesMax)
      return Promise.reject(new StoreFullError('too many entries wait for ClickHouse: try later'));
    const unknown = entries.streams.find((id) => this.#streams.get(id) === undefined);
    if (unknown !== undefined)
      return Promise.reject(new Error(`stream ${unknown} was not named by this writer`));
    const group = this.#groupFor(key);
    const from = group.entries.count;
    group.entries.append(entries);
    const stored = new Promise<void>((resolve, reject) =>
      group.waiters.push({ from, to: group.entries.count, checkpoints, resolve, reject }),
    );
    this.#schedule();
    return stored;
  }

  pendingBytes(): number {
    return this.#groups.reduce((bytes, { entries }) => bytes + entries.usedBytes, 0);
  }

  checkpoints(source: string): readonly Checkpoint[] {
    return [...this.#checkpoints.values()].filter((checkpoint) => checkpoint.source === source);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#timer);
    while (this.#loop !== undefined || this.#groups.length > 0) await (this.#loop ?? this.#start());
    await this.#cluster.close();
  }

  /** Commits begin `lingerMs` after each other, or at once when enough waits. */
  #schedule(): void {
    if (this.#loop !== undefined) return;
    const { lingerMs, insertBytes } = this.#settings;
    const isFull = this.#groups.length > 1 || this.pendingBytes() >= insertBytes;
    const waitMs = isFull ? 0 : this.#startedMs + lingerMs - Date.now();
    if (waitMs <= 0) {
      clearTimeout(this.#timer);
      void this.#start();
    } else this.#timer ??= setTimeout(() => void this.#start(), waitMs);
  }

  #start(): Promise<void> {
    this.#timer = undefined;
    this.#loop ??= this.#commitNext().finally(() => {
      this.#loop = undefined;
      if (this.#groups.length > 0 && !this.#closing) this.#schedule();
    });
    return this.#loop;
  }

  async #commitNext(): Promise<void> {
    // What is queued behind this turn of the loop (messages of the same poll) still joins the group.
    await new Promise((resolve) => setImmediate(resolve));
    this.#startedMs = Date.now();
    const [group] = this.#groups;
    if (group === undefined) return;
    this.#isCommitting = true;
    try {
      await this.#commit(group);
    } catch (error) {
      for (const waiter of group.waiters) waiter.reject(error);
    } finally {
      this.#isCommitting = false;
      this.#groups.shift();
    }
  }

  /** The one that entries go into: the last, unless it is on its way or another's alone. */
  #groupFor(key: string | undefined): Group {
    const last = this.#groups.at(-1);
    const isOnItsWay = this.#isCommitting && this.#groups.length === 1;
    if (last !== undefined && key === undefined && last.key === undefined && !isOnItsWay) return last;
    const group = new Group(key);
    this.#groups.push(group);
    return group;
  }

  async #commit({ key, entries, waiters }: Group): Promise<void> {
    if (key !== undefined && (await this.#keys.has(key))) {
      for (const waiter of waiters) waiter.resolve();
      return;
    }
    const streamOf = (id: StreamId): ActiveStream => this.#streams.get(id) as ActiveStream;
    // A stream is known before its entries are, so that whoever is told of these finds it.
    const index = streamParts(entries, streamOf);
    throwFirst(await this.#insertAll('stream', streamColumns, index.parts, () => this.#nextToken()));
    index.remember();
    const { insertRowsMax, insertBytes } = this.#settings;
    const { parts, partOf } = entryParts(entries, streamOf, this.#takeSeqs(entries.count), {
      rowsMax: insertRowsMax,
      bytesMax: insertBytes,
    });
    // Sent again under its key, what was stored is not stored again, though it came at other times.
    const failures = await this.#insertAll('entry', insertedColumns, parts, ({ shard }, part) =>
      key === undefined ? this.#nextToken() : `${key}:${shard}:${part}`,
    );
    this.#streams.touch(entries.streams, Date.now());
    const failureOf = (entry: number): unknown => failures[partOf[entry] as number];
    const failed = failures.some((failure) => failure !== undefined);
    this.#tell(entries, failed ? (entry) => failureOf(entry) === undefined : undefined);
    const stored: Waiter[] = [];
    for (const waiter of waiters) {
      const failure = failed ? firstFailure(waiter, failureOf) : undefined;
      if (failure === undefined) stored.push(waiter);
      else waiter.reject(failure);
    }
    await this.#storeCheckpoints(stored.flatMap(({ checkpoints }) => checkpoints));
    if (key !== undefined && !failed) await this.#keys.add(key, Date.now());
    for (const waiter of stored) waiter.resolve();
  }

  /** By part: how its insert failed, undefined if it did not. */
  async #insertAll(
    table: string,
    columns: string,
    parts: readonly Part[],
    tokenOf: (part: Part, index: number) => string,
  ): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (let from = 0; from < parts.length; from += insertsAtOnce)
      failures.push(
        ...(await Promise.all(
          parts.slice(from, from + insertsAtOnce).map((part, i) =>
            this.#shard(part.shard)
              .insert({ table, columns, body: part.rows.written, token: tokenOf(part, from + i) })
              .then(
                () => undefined,
                (error: unknown) => error ?? new Error('the insert failed'),
              ),
          ),
        )),
      );
    return failures;
  }

  #nextToken(): string {
    return `${this.#id}:${this.#inserts++}`;
  }

  #shard(index: number): Shard {
    return this.#cluster.shards[index] as Shard;
  }

  /** Numbers that grow with time, also from one start of the gateway to the next. */
  #takeSeqs(count: number): bigint {
    const now = (BigInt(Date.now()) * 1000n) << 12n;
    const first = now > this.#lastSeq ? now : this.#lastSeq + 1n;
    this.#lastSeq = first + BigInt(Math.max(0, count - 1));
    return first;
  }

  #tell(entries: EntryGroup, isStored: ((entry: number) => boolean) | undefined): void {
    const committed = committedEntries(entries, isStored);
    if (committed.count === 0) return;
    let earliestNs = int64Max;
    for (let i = 0; i < committed.count; i++) {
      const ns = joinNs(committed.seconds[i] as number, committed.nanos[i] as number);
      if (ns < earliestNs) earliestNs = ns;
    }
    this.#events.onHead({ earliestNs } satisfies Head);
    this.#events.onCommitted?.(committed);
  }

  async #storeCheckpoints(checkpoints: readonly Checkpoint[]): Promise<void> {
    if (checkpoints.length === 0) return;
    const rows = new RowWriter();
    for (const { source, key, state } of checkpoints) {
      rows.text(source);
      rows.text(key);
      rows.text(state);
      rows.u64(this.#takeSeqs(1));
    }
    await this.#cluster.first.insert({
      table: 'checkpoint',
      columns: 'source, key, state, version',
      body: rows.written,
      token: this.#nextToken(),
    });
    for (const checkpoint of checkpoints) this.#remember(checkpoint);
  }

  #remember(checkpoint: Checkpoint): void {
    const name = `${checkpoint.source}\n${checkpoint.key}`;
    if (checkpoint.state === '') this.#checkpoints.delete(name);
    else this.#checkpoints.set(name, checkpoint);
  }
}

function throwFirst(failures: readonly unknown[]): void {
  for (const failure of failures) if (failure !== undefined) throw failure;
}

function firstFailure({ from, to }: Waiter, failureOf: (entry: number) => unknown): unknown {
  for (let entry = from; entry < to; entry++) {
    const failure = failureOf(entry);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

export function openWriter(settings: WriterSettings, events: WriterEvents): ClickHouseWriter {
  return new ClickHouseWriter(settings, events);
}
