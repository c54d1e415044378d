// The builder's thread: flushes on request, and between them checkpoints, retention, deletions and compaction.
import type { MessagePort } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { DeleteCancelling } from '../../store/delete-requests.ts';
import type { StoreWarning } from '../../store/host.ts';
import { RetentionPolicy } from '../../store/retention-policy.ts';
import type { RetentionReport, StoreStats } from '../../store/statistics.ts';
import { deleteStatus } from '../../store/stored-deletes.ts';
import { noteSharedMemoryLetGo } from '../../threads/collect-at-rest.ts';
import { RpcClosedError, RpcPeer } from '../../threads/rpc.ts';
import type { BlockRow } from '../format/block-table.ts';
import { DeleteTable } from '../format/delete-table.ts';
import { openForBuilding } from '../format/open-database.ts';
import { damageChannel, lockHolders, type StoreSettings } from '../main/settings.ts';
import type { BuilderForHost, BuilderForWriter, WriterForBuilder } from '../threads/builder-protocol.ts';
import { onDamage } from '../threads/damage.ts';
import { armFailpoint } from '../threads/failpoint.ts';
import { WriteLock } from '../threads/write-lock.ts';
import { BlockScan } from './block-scan.ts';
import { Builder } from './builder.ts';
import { Compaction } from './compaction.ts';
import { CompactionPace } from './compaction-pace.ts';
import { DayCounting } from './day-counting.ts';
import { DeleteRunner } from './delete-run.ts';
import { FilterGroups } from './filter-groups.ts';
import { checkpointLog } from './log-checkpoint.ts';
import { Retention, vacuumFreePages } from './retention.ts';
import { storeStats } from './store-stats.ts';
import { type StreamRemoval, streamRemoval } from './stream-removal.ts';

export interface BuilderSettings {
  readonly store: StoreSettings;
  readonly writeLock: SharedArrayBuffer;
  /** Leads to the writer. */
  readonly writerPort: MessagePort;
}

/** A replaced block stays at least this long, for plans that still name it. */
const retiredGraceMs = 30_000;
/** How often waiting deletions are looked at. */
const deleteCheckMs = 1000;
/** How often new blocks are looked at, for what is kept of many together. */
const gatherCheckMs = 5000;

/** What has to do with the store; its thread answers the rest. */
type StoreMethods = Omit<BuilderForHost, 'watchMain'>;
type Handlers = {
  [K in keyof StoreMethods]: (params: Parameters<StoreMethods[K]>[0]) => ReturnType<StoreMethods[K]>;
};

export class BuilderService {
  readonly #store: StoreSettings;
  readonly #warn: (warning: StoreWarning) => void;
  readonly #database: Database;
  readonly #builder: Builder;
  readonly #lock: WriteLock;
  readonly #writer: RpcPeer<WriterForBuilder, BuilderForWriter>;
  readonly #streams: StreamRemoval;
  readonly #timers: NodeJS.Timeout[];
  readonly #damage: { close(): void };
  readonly #retention: Retention;
  readonly #compaction: Compaction;
  readonly #pace: CompactionPace;
  readonly #filterGroups: FilterGroups;
  readonly #dayCounting: DayCounting;
  readonly #gatherPace: CompactionPace;
  readonly #deletes: DeleteTable;
  readonly #deleteRunner: DeleteRunner;
  #isDeleting = false;
  #retireThrough = 0;
  #lastRetention: RetentionReport | undefined;
  #retentionFailures = 0;
  #nextRetentionMs: number;
  /** The end of the queue of work: a flush never meets maintenance half-way, which may hold the write lock. */
  #turn: Promise<unknown> = Promise.resolve();
  #closing = false;

  /** `onStep` is called again and again during work that does not turn the event loop. */
  constructor(settings: BuilderSettings, warn: (warning: StoreWarning) => void, onStep: () => void) {
    const { store } = settings;
    this.#store = store;
    this.#warn = warn;
    armFailpoint(store.failpoint);
    this.#lock = new WriteLock(settings.writeLock, lockHolders.builder);
    this.#database = openForBuilding(store.path);
    this.#builder = new Builder(this.#database, this.#lock, onStep);
    this.#streams = streamRemoval(this.#database);
    this.#writer = new RpcPeer<WriterForBuilder, BuilderForWriter>(settings.writerPort, {
      flush: (request) => this.#inTurn(() => this.#builder.flush(request)).finally(noteSharedMemoryLetGo),
      logGrew: () => {
        this.#pace.noteWrites();
        this.#gatherPace.noteWrites();
        void this.#maintain(async () => checkpointLog(this.#database));
      },
    });
    const scan = new BlockScan(this.#database);
    const damaged = (block: BlockRow, error: Error): void => this.#markDamaged(block.id, error.message);
    const onWrongColumns = (): void =>
      warn({
        message: 'columns of a block did not give back its lines, which are kept as text; please report this',
        fields: {},
      });
    const context = { database: this.#database, builder: this.#builder, scan };
    this.#pace = new CompactionPace(store.compactionShare);
    this.#filterGroups = new FilterGroups(this.#builder, this.#database);
    this.#dayCounting = new DayCounting(this.#builder, this.#database);
    this.#gatherPace = new CompactionPace(store.compactionShare);
    this.#compaction = new Compaction(this.#builder, scan, damaged, onWrongColumns);
    this.#retention = new Retention({
      ...context,
      settings: store,
      policy: new RetentionPolicy(store.retentionNs, store.retentionRules),
      pause: () => this.#pause(),
      removeStreams: () => this.#removeStreams(),
    });
    this.#deletes = new DeleteTable(this.#database);
    this.#deleteRunner = new DeleteRunner({
      ...context,
      table: this.#deletes,
      inTurn: (work) => this.#inTurn(work),
      flushAll: () => this.flush(),
      onDamage: damaged,
      onWrongColumns,
    });
    this.#damage = onDamage(damageChannel(store.path), ({ id, problem }) => {
      void this.#maintain(() => this.#inTurn(() => this.#markDamaged(id, problem)));
    });
    this.#nextRetentionMs = Date.now() + store.retentionCheckMs;
    this.#timers = [
      this.#every(store.retentionCheckMs, () => this.#inTurn(() => this.#retain())),
      this.#every(retiredGraceMs, () => this.#inTurn(() => this.#deleteRetired())),
      this.#every(deleteCheckMs, () => this.#runDeletes()),
      this.#every(store.compactionCheckMs, () => this.#compactInBackground()),
      this.#every(gatherCheckMs, () => this.#gatherInBackground()),
    ];
  }

  /** For the host's port. */
  handlers(): Handlers {
    return {
      flush: async () => void (await this.flush()),
      retain: () => this.#inTurn(() => this.#retain()),
      compact: () => this.#compactAll(),
      tidy: () => this.#inTurn(() => this.#tidy()),
      createDelete: (request) =>
        this.#inTurn(() => this.#builder.durableTransaction(() => this.#deletes.create(request))),
      listDeletes: (tenant) => this.#inTurn(() => this.#deletes.list(tenant)),
      cancelDelete: ({ tenant, requestId, force }) =>
        this.#inTurn(() => this.#cancelDelete(tenant, requestId, force)),
      stats: () => this.stats(),
      close: () => this.close(),
    };
  }

  /** Everything committed is in blocks when it resolves with true; false: there is no writer to ask. */
  async flush(): Promise<boolean> {
    try {
      await this.#writer.call('flushAll', undefined);
      return true;
    } catch (error) {
      if (!(error instanceof RpcClosedError)) throw error;
      return false;
    }
  }

  stats(): StoreStats {
    const { freedBytes, byTenant } = this.#deleteRunner;
    return storeStats(this.#store.path, this.#database, {
      builder: this.#builder,
      retention: {
        lastRun: this.#lastRetention,
        failures: this.#retentionFailures,
        nextRunMs: this.#nextRetentionMs,
        freedBytes: this.#retention.freed,
      },
      compaction: this.#compaction.totals,
      deletes: { freedBytes, byTenant, ...this.#deletes.pending() },
    });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#pace.close();
    this.#gatherPace.close();
    this.#damage.close();
    await this.#turn;
    this.#writer.close();
    try {
      checkpointLog(this.#database);
    } catch (error) {
      // All of it is in the log as well: nothing that the end has to fail for.
      const problem = error instanceof Error ? error.message : String(error);
      this.#warn({
        message: "SQLite's log could not be copied into the file: the next start does",
        fields: { problem },
      });
    }
    this.#database.close();
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      if (this.#closing) throw new RpcClosedError('the store is closing');
      return work();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Work that takes longer than `ms` is not begun again beside itself: what fails is told once. */
  #every(ms: number, work: () => Promise<void>): NodeJS.Timeout {
    let isRunning = false;
    const round = async (): Promise<void> => {
      if (isRunning) return;
      isRunning = true;
      await this.#maintain(work);
      isRunning = false;
    };
    return setInterval(() => void round(), ms).unref();
  }

  /** An error in maintenance is not worth the process: the next round tries again. */
  async #maintain(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#closing) return;
      const problem = error instanceof Error ? error.message : String(error);
      this.#warn({ message: 'maintenance of the store has failed and is tried again', fields: { problem } });
    }
  }

  async #retain(): Promise<void> {
    this.#nextRetentionMs = Date.now() + this.#store.retentionCheckMs;
    const { freed } = this.#retention;
    const freedForSpace = freed.disk + freed.size;
    try {
      this.#lastRetention = (await this.#retention.run()) ?? this.#lastRetention;
    } catch (error) {
      if (!this.#closing) this.#retentionFailures++;
      throw error;
    }
    const context = { builder: this.#builder, database: this.#database, pause: () => this.#pause() };
    const isShort = freed.disk + freed.size > freedForSpace;
    await vacuumFreePages(context, isShort ? 0 : this.#store.freeBytesKept);
  }

  /** Those that were replaced before the last time. */
  async #deleteRetired(): Promise<void> {
    while (this.#builder.deleteRetired(this.#retireThrough)) if (!(await this.#pause())) return;
    while (this.#builder.forgetGone()) if (!(await this.#pause())) return;
    this.#retireThrough = this.#builder.generation;
  }

  async #tidy(): Promise<void> {
    this.#retireThrough = this.#builder.generation;
    await this.#deleteRetired();
  }

  /** The oldest waiting deletions whose time has come, one after the other. */
  async #runDeletes(): Promise<void> {
    this.#isDeleting = true;
    try {
      for (;;) {
        const next = await this.#inTurn(() => this.#deletes.next());
        const isDue =
          next !== undefined &&
          (next.status !== deleteStatus.received || Date.now() - next.created >= this.#store.deleteDelayMs);
        if (!isDue || !(await this.#deleteRunner.run(next))) return;
      }
    } finally {
      this.#isDeleting = false;
    }
  }

  #cancelDelete(tenant: string, requestId: string, force: boolean): DeleteCancelling {
    const request = this.#deletes.find(tenant, requestId);
    if (request === undefined) return 'unknown';
    const mayCancel = force ? deleteStatus.processing : deleteStatus.received;
    if (request.status > mayCancel) return 'too late';
    this.#builder.durableTransaction(() => this.#deletes.remove(request.row));
    return 'cancelled';
  }

  /** Within its share of time, while no deletion runs. */
  async #compactInBackground(): Promise<void> {
    if (this.#store.compactionShare === 0 || !this.#pace.isPassDue(this.#builder.generation)) return;
    while (!this.#closing) {
      if (this.#isDeleting) {
        await this.#pace.wait();
        continue;
      }
      const started = performance.now();
      const isMore = await this.#inTurn(() => this.#compactStep(this.#store.compactionAgeMs));
      if (!isMore) break;
      await this.#pace.restAfter(performance.now() - started);
    }
    this.#pace.notePass(this.#builder.generation);
  }

  /** Within the same share of time. */
  async #gatherInBackground(): Promise<void> {
    if (this.#store.compactionShare === 0 || !this.#gatherPace.isPassDue(this.#builder.generation)) return;
    const { generation } = this.#builder;
    while (!this.#closing) {
      const started = performance.now();
      if (!(await this.#inTurn(() => this.#gatherStep()))) break;
      await this.#gatherPace.restAfter(performance.now() - started);
    }
    this.#gatherPace.notePass(generation);
  }

  /** Counts of days first: they are the lesser work. */
  #gatherStep(): boolean {
    try {
      return this.#dayCounting.step() || this.#filterGroups.step();
    } catch (error) {
      this.#dayCounting.reset();
      this.#filterGroups.reset();
      throw error;
    }
  }

  async #compactAll(): Promise<void> {
    while (await this.#inTurn(() => this.#compactStep(0))) await this.#pause();
    while (await this.#inTurn(() => this.#gatherStep())) await this.#pause();
  }

  #compactStep(ageMs: number): boolean {
    return this.#compaction.step(BigInt(Date.now() - ageMs) * 1_000_000n);
  }

  #markDamaged(id: number, problem: string): void {
    if (this.#builder.locked(() => this.#builder.table.markDamaged(id)))
      this.#warn({
        message: 'a block is damaged; queries leave it out',
        fields: { block: id, problem },
      });
  }

  /** Streams that have neither a block nor an unsealed entry; undefined when told to stop. */
  async #removeStreams(): Promise<number | undefined> {
    let removed = 0;
    let last = 0;
    for (;;) {
      const candidates = this.#streams.candidates(last);
      last = candidates.at(-1) ?? last;
      if (candidates.length === 0) return removed;
      removed += await this.#removeSome(candidates);
      if (!(await this.#pause())) return undefined;
    }
  }

  async #removeSome(candidates: readonly number[]): Promise<number> {
    // The lock is held until the rows are gone, so that no commit of the writer comes between.
    this.#lock.acquireBlocking();
    try {
      const released = await this.#writer.call('releaseStreams', candidates);
      this.#database.transaction(() => this.#streams.remove(released)).immediate();
      return released.length;
    } catch (error) {
      if (error instanceof RpcClosedError) return 0;
      throw error;
    } finally {
      this.#lock.release();
    }
  }

  async #pause(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return !this.#closing;
  }
}
