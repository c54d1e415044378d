// The store as the main thread holds it: file, lock, builder worker, list of segments.
import { dirname } from 'node:path';
import { MessageChannel, type Transferable, type Worker } from 'node:worker_threads';
import { ParseError } from '../../logql/parse-error.ts';
import { DeleteRequestsError, deletesOver, type StoreDeletes } from '../../store/delete-requests.ts';
import type { RuleHost, StoreHost, StoreWarning } from '../../store/host.ts';
import type { RetentionStatus, StoreStats } from '../../store/statistics.ts';
import type { ChangeTimes, Snapshot } from '../../store/store.ts';
import { noteSharedMemoryLetGo } from '../../threads/collect-at-rest.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { startThread } from '../../threads/start-thread.ts';
import { type VitalThread, watchVitalThread } from '../../threads/vital-thread.ts';
import type { BuilderSettings } from '../build/builder-service.ts';
import { prepareDatabase } from '../format/open-database.ts';
import { makePrivateFolder } from '../format/private-files.ts';
import type { RuleStoreSettings } from '../rules/rule-tables.ts';
import type { BuilderForHost, HostForBuilder } from '../threads/builder-protocol.ts';
import { ChangeTimesReader, changeTimesBuffer } from '../threads/change-times.ts';
import { filterCacheMemory } from '../threads/filter-cache.ts';
import type { SegmentSnapshot } from '../threads/segment.ts';
import { holdSegments } from '../threads/segment-hold.ts';
import { WriteLock } from '../threads/write-lock.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { holdsRules } from './rule-file.ts';
import {
  damageChannel,
  lockHolders,
  type ReaderSettings,
  type StoreSettings,
  type WriterSettings,
} from './settings.ts';

export interface StoreEvents {
  /** The builder died or hangs: the process should end. */
  readonly onBuilderLost?: (error: Error) => void;
  /** Something for the log that fails nothing: a damaged block, maintenance that did not succeed. */
  readonly onWarning?: (warning: StoreWarning) => void;
}

/** Segment numbers of one writer; the next writer of the process starts above. */
const segmentNumbersPerWriter = 10_000_000;

export class SqliteStoreHost implements StoreHost, RuleHost {
  readonly #settings: StoreSettings;
  readonly #fileLock: FileLock;
  readonly #writeLock = WriteLock.create();
  readonly #changeTimes = changeTimesBuffer();
  /** As long as anybody reads. */
  #filterMemory: WeakRef<SharedArrayBuffer> | undefined;
  /** Of the entries this process adds. */
  readonly changes: ChangeTimes = new ChangeTimesReader(this.#changeTimes);
  readonly #worker: Worker;
  readonly #builder: RpcPeer<BuilderForHost, HostForBuilder>;
  readonly #channel = new MessageChannel();
  #builderWatch: VitalThread | undefined;
  #segments: SegmentSnapshot = { segments: [] };
  #writers = 0;
  #closed: Promise<void> | undefined;

  /** Deletions, for `/loki/api/v1/delete`. */
  readonly deletes: StoreDeletes;

  private constructor(settings: StoreSettings, fileLock: FileLock, events: StoreEvents) {
    this.#settings = settings;
    this.#fileLock = fileLock;
    const workerData: BuilderSettings = {
      store: settings,
      writeLock: this.#writeLock,
      writerPort: this.#channel.port1,
    };
    this.#worker = startThread(import.meta.url, '../build/builder-worker.ts', {
      workerData,
      transferList: [this.#channel.port1],
      name: 'builder',
      // Flags of the process are for its entry (`--import`, `--input-type`), not for ours.
      execArgv: [],
    });
    this.#builder = new RpcPeer<BuilderForHost, HostForBuilder>(
      this.#worker,
      { warn: (warning) => events.onWarning?.(warning) },
      { errors: [DeleteRequestsError, ParseError] },
    );
    this.deletes = deletesOver(this.#builder);
  }

  /**
   * Opens or creates the store, and its folder. Rejects with StoreFileError when the file is another process's, foreign, damaged
   * or of a newer version.
   */
  static async open(settings: StoreSettings, events: StoreEvents = {}): Promise<SqliteStoreHost> {
    makePrivateFolder(dirname(settings.path));
    const fileLock = lockFile(settings.path);
    try {
      prepareDatabase(settings.path);
      const host = new SqliteStoreHost(settings, fileLock, events);
      // The builder answers once it is up.
      await host.stats();
      host.#builderWatch = watchVitalThread(host.#builder, 'the block builder', {
        hangTimeoutMs: settings.hangTimeoutMs,
        onLost: (error) => {
          if (host.#closed === undefined) events.onBuilderLost?.(error);
        },
      });
      return host;
    } catch (error) {
      fileLock.release();
      throw error;
    }
  }

  /** Why the builder is of no use now; undefined when it is well. */
  get problem(): string | undefined {
    return this.#builderWatch?.problem;
  }

  /** The builder kills the process when this thread does not answer for the settings' `hangTimeoutMs`. */
  watchThisThread(): void {
    this.#builder.notify('watchMain', { hangTimeoutMs: this.#settings.hangTimeoutMs });
  }

  /** For the ingest worker, once: pass `settings` as workerData with the transfer list. */
  writerSettings(): { readonly settings: WriterSettings; readonly transfer: readonly Transferable[] } {
    if (this.#writers > 0) throw new Error('a store has one writer');
    const firstSegmentNumber = 1 + segmentNumbersPerWriter * this.#writers++;
    const builderPort = this.#channel.port2;
    return {
      settings: {
        store: this.#settings,
        writeLock: this.#writeLock,
        changeTimes: this.#changeTimes,
        builderPort,
        firstSegmentNumber,
      },
      transfer: [builderPort],
    };
  }

  /** For each query worker; hold them while it lives: readers at the same time share what is in them. */
  readerSettings(): ReaderSettings {
    const { path, retentionNs, retentionRules } = this.#settings;
    const filterMemory = this.#filterMemory?.deref() ?? filterCacheMemory();
    this.#filterMemory = new WeakRef(filterMemory);
    return {
      path,
      retentionNs,
      retentionRules,
      damageChannel: damageChannel(path),
      sharesHeads: true,
      filterMemory,
    };
  }

  ruleStoreSettings(): RuleStoreSettings {
    return { path: this.#settings.path, writeLock: this.#writeLock };
  }

  hasRuleGroups(): boolean {
    return holdsRules(this.#settings.path);
  }

  ruleStoreGone(): void {
    new WriteLock(this.#writeLock, lockHolders.ruler).abandon();
  }

  useHead(head: Snapshot): void {
    const [oldest] = this.#segments.segments;
    this.#segments = head as SegmentSnapshot;
    if (this.#segments.segments[0]?.number !== oldest?.number) noteSharedMemoryLetGo();
  }

  snapshot(): Snapshot {
    return this.#segments;
  }

  hold(snapshot: Snapshot): () => void {
    return holdSegments(snapshot as SegmentSnapshot);
  }

  /** Cuts everything committed so far into blocks. */
  flush(): Promise<void> {
    return this.#builder.call('flush', undefined);
  }

  /** Runs retention now. */
  retain(): Promise<void> {
    return this.#builder.call('retain', undefined);
  }

  /** Merges and recompresses now what is old enough, without regard to the share of time it may take. */
  compact(): Promise<void> {
    return this.#builder.call('compact', undefined);
  }

  /** Deletes now the blocks that others have replaced; queries that still want them plan again. */
  tidy(): Promise<void> {
    return this.#builder.call('tidy', undefined);
  }

  async retentionStatus(): Promise<RetentionStatus> {
    return (await this.stats()).retention;
  }

  stats(): Promise<StoreStats> {
    return this.#builder.call('stats', undefined);
  }

  /** Close writer and readers first. What is not in blocks yet is replayed by the next start. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#builder.call('close', undefined);
    } finally {
      this.#builder.close();
      if (this.#writers === 0) this.#channel.port2.close();
      await this.#worker.terminate();
      this.#fileLock.release();
    }
  }
}
