// Keeps the tables in order: makes them, drops what retention gives up, removes what was deleted, and tells figures.
import type { StoreWarning } from '../../store/host.ts';
import type { StoreStats } from '../../store/statistics.ts';
import type { Checkpoint } from '../../store/store.ts';
import { Cluster } from '../server/cluster.ts';
import { prepareSchema } from '../server/schema.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { ClickHouseDeletes } from './deletes.ts';
import { Retention } from './retention.ts';
import { tableFigures } from './table-figures.ts';

/** How often it is looked for deletions whose time has come. */
const deletesCheckMs = 1000;

export class Keeper {
  readonly #settings: ClickHouseSettings;
  readonly #cluster: Cluster;
  readonly #warn: (warning: StoreWarning) => void;
  readonly #retention: Retention;
  readonly #closed = new AbortController();
  #timers: readonly NodeJS.Timeout[] = [];
  readonly deletes: ClickHouseDeletes;

  constructor(settings: ClickHouseSettings, warn: (warning: StoreWarning) => void) {
    this.#settings = settings;
    this.#warn = warn;
    this.#cluster = new Cluster(settings);
    this.#retention = new Retention(this.#cluster, settings);
    this.deletes = new ClickHouseDeletes(this.#cluster, settings);
  }

  async open(): Promise<readonly Checkpoint[]> {
    await prepareSchema(this.#cluster, this.#settings);
    const checkpoints = await this.#cluster.first.rows<[string, string, string]>({
      sql: `SELECT source, key, state FROM ${this.#settings.database}.checkpoint FINAL WHERE state != '' FORMAT JSONCompactEachRow`,
      values: {},
    });
    this.#timers = [
      this.#every(this.#settings.retentionCheckMs, 'retention has failed', () => this.#retention.run()),
      this.#every(deletesCheckMs, 'a deletion has failed and will be tried again', () =>
        this.deletes.runDue(this.#closed.signal),
      ),
    ];
    return checkpoints.map(([source, key, state]) => ({ source, key, state }));
  }

  retain(): Promise<void> {
    return this.#retention.run();
  }

  async stats(): Promise<StoreStats> {
    const [figures, deletes] = await Promise.all([
      tableFigures(this.#cluster, this.#settings.database),
      this.deletes.totals(),
    ]);
    const { retention } = this;
    return {
      ...figures,
      retention,
      lastRetention: retention.lastRun,
      compaction: { blocksIn: 0, blocksOut: 0, savedBytes: 0 },
      deletes,
    };
  }

  get retention(): StoreStats['retention'] {
    return this.#retention.status;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#cluster.close();
  }

  /** One run at a time; what goes wrong is told and tried again. */
  #every(everyMs: number, message: string, work: () => Promise<void>): NodeJS.Timeout {
    let isRunning = false;
    return setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      work()
        .catch((error: unknown) => {
          if (this.#closed.signal.aborted) return;
          const reason = error instanceof Error ? error.message : String(error);
          this.#warn({ message, fields: { reason } });
        })
        .finally(() => {
          isRunning = false;
        });
    }, everyMs);
  }
}
