// The store as the main thread holds it. Nothing here talks to ClickHouse: the keeper's thread does.
import type { Transferable, Worker } from 'node:worker_threads';
import { deletesOver, type StoreDeletes } from '../../store/delete-requests.ts';
import type { StoreWarning } from '../../store/host.ts';
import type { StoreStats } from '../../store/statistics.ts';
import type { ChangeTimes, Checkpoint, Snapshot } from '../../store/store.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import { startThread } from '../../threads/start-thread.ts';
import { type VitalThread, watchVitalThread } from '../../threads/vital-thread.ts';
import { type HostForKeeper, type KeeperForHost, keeperErrors } from '../maintain/keeper-protocol.ts';
import type { ReaderSettings } from '../read/reader.ts';
import type { ClickHouseSettings } from '../settings.ts';
import type { WriterSettings } from '../write/writer.ts';
import { type Head, HeadChanges } from './head.ts';

export interface ClickHouseEvents {
  /** The keeper died or hangs: the process should end. */
  readonly onKeeperLost?: (error: Error) => void;
  /** Something for the log that fails nothing. */
  readonly onWarning?: (warning: StoreWarning) => void;
}

export class ClickHouseStoreHost {
  readonly #settings: ClickHouseSettings;
  readonly #worker: Worker;
  readonly #keeper: RpcPeer<KeeperForHost, HostForKeeper>;
  readonly #changes = new HeadChanges();
  #checkpoints: readonly Checkpoint[] = [];
  #watch: VitalThread | undefined;
  #head: Head | undefined;
  #closed: Promise<void> | undefined;
  /** Of the entries that this gateway adds. */
  readonly changes: ChangeTimes = this.#changes;
  readonly deletes: StoreDeletes;

  private constructor(settings: ClickHouseSettings, events: ClickHouseEvents) {
    this.#settings = settings;
    this.#worker = startThread(import.meta.url, '../maintain/keeper-worker.ts', {
      workerData: settings,
      name: 'keeper',
      // Flags of the process are for its entry (`--import`, `--input-type`), not for ours.
      execArgv: [],
    });
    this.#keeper = new RpcPeer<KeeperForHost, HostForKeeper>(
      this.#worker,
      { warn: (warning) => events.onWarning?.(warning) },
      { errors: keeperErrors },
    );
    this.deletes = deletesOver(this.#keeper);
  }

  /** Rejects with StoreFileError when the tables cannot be used, StoreUnavailableError when a shard is not there. */
  static async open(
    settings: ClickHouseSettings,
    events: ClickHouseEvents = {},
  ): Promise<ClickHouseStoreHost> {
    const host = new ClickHouseStoreHost(settings, events);
    try {
      host.#checkpoints = await host.#keeper.call('open', undefined);
    } catch (error) {
      await host.#end();
      throw error;
    }
    host.#watch = watchVitalThread(host.#keeper, 'the keeper of the tables', {
      hangTimeoutMs: settings.hangTimeoutMs,
      onLost: (error) => {
        if (host.#closed === undefined) events.onKeeperLost?.(error);
      },
    });
    return host;
  }

  get problem(): string | undefined {
    return this.#watch?.problem;
  }

  writerSettings(): { readonly settings: WriterSettings; readonly transfer: readonly Transferable[] } {
    return { settings: { store: this.#settings, checkpoints: this.#checkpoints }, transfer: [] };
  }

  readerSettings(): ReaderSettings {
    return this.#settings;
  }

  useHead(head: Snapshot): void {
    this.#head = head as Head;
    this.#changes.added(this.#head);
  }

  /** Readers see all that is stored: there is nothing to tell them. */
  snapshot(): Snapshot {
    return this.#head;
  }

  hold(): () => void {
    return () => {};
  }

  /** What is acknowledged is in its lasting form. */
  async flush(): Promise<void> {}

  /** Runs retention now. */
  retain(): Promise<void> {
    return this.#keeper.call('retain', undefined);
  }

  stats(): Promise<StoreStats> {
    return this.#keeper.call('stats', undefined);
  }

  watchThisThread(): void {
    this.#keeper.notify('watchMain', { hangTimeoutMs: this.#settings.hangTimeoutMs });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#keeper.call('close', undefined);
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    this.#keeper.close();
    await this.#worker.terminate();
  }
}
