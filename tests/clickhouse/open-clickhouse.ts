// A store on running engines: writer and reader live in the test's thread.
import { ClickHouseStoreHost } from '../../src/clickhouse/main/host.ts';
import { type ClickHouseReader, openReader } from '../../src/clickhouse/read/reader.ts';
import { type ClickHouseSettings, clickHouseSettings } from '../../src/clickhouse/settings.ts';
import { committedEntriesReader } from '../../src/clickhouse/write/entry-group.ts';
import { type ClickHouseWriter, openWriter } from '../../src/clickhouse/write/writer.ts';
import type { CommittedBatch } from '../../src/store/commits.ts';
import type { StoreUnderTest } from '../store/contract.ts';
import type { Shim } from './shims.ts';

const tables = ['entry', 'stream', 'delete_request', 'checkpoint', 'batch_key'] as const;

let databases = 0;

/** A database of its own on these shards. Nothing expires, and deletions stay as they were made. */
export class TestDatabase {
  readonly settings: ClickHouseSettings;
  readonly host: ClickHouseStoreHost;
  readonly #shims: readonly Shim[];

  private constructor(shims: readonly Shim[], settings: ClickHouseSettings, host: ClickHouseStoreHost) {
    this.#shims = shims;
    this.settings = settings;
    this.host = host;
  }

  static async open(
    shims: readonly Shim[],
    changes: Partial<ClickHouseSettings> = {},
  ): Promise<TestDatabase> {
    const settings = clickHouseSettings({
      shards: shims.map(({ url }) => [url]),
      database: `test_${process.pid}_${databases++}`,
      retentionNs: 0n,
      lingerMs: 0,
      deleteDelayMs: 3_600_000,
      ...changes,
    });
    return new TestDatabase(shims, settings, await ClickHouseStoreHost.open(settings));
  }

  /** A writer and a reader over what the tables hold. */
  openStore(): StoreUnderTest & { readonly writer: ClickHouseWriter; readonly reader: ClickHouseReader } {
    const { host } = this;
    const batches: CommittedBatch[] = [];
    const writer = openWriter(host.writerSettings().settings, {
      onHead: (head) => host.useHead(head),
      onCommitted: (batch) => batches.push(batch),
    });
    const reader = openReader(host.readerSettings());
    return {
      writer,
      reader,
      deletes: host.deletes,
      changes: host.changes,
      commits: committedEntriesReader,
      batches,
      snapshot: () => host.snapshot(),
      settle: () => this.#everywhere('OPTIMIZE TABLE entry FINAL'),
      async close() {
        reader.close();
        await writer.close();
      },
    };
  }

  async empty(): Promise<void> {
    for (const table of tables) await this.#everywhere(`TRUNCATE TABLE ${table}`);
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  /** `TABLE name` in the statement is one of this database's. */
  async #everywhere(sql: string): Promise<void> {
    const own = sql.replace(/TABLE /, `TABLE ${this.settings.database}.`);
    await Promise.all(this.#shims.map((shim) => shim.sql(own)));
  }
}
