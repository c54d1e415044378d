// A real store for tests: file, builder worker, writer and reader; writer and reader live in the test's thread.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStoreHost, type StoreEvents } from '../../src/sqlite/main/host.ts';
import { type StoreSettings, storeSettings } from '../../src/sqlite/main/settings.ts';
import { openReader, type SqliteStoreReader } from '../../src/sqlite/read/reader.ts';
import type { CommittedBatch } from '../../src/sqlite/write/committed-batch.ts';
import { openWriter, type SqliteStoreWriter } from '../../src/sqlite/write/writer.ts';

export interface OpenStore {
  readonly host: SqliteStoreHost;
  readonly writer: SqliteStoreWriter;
  readonly reader: SqliteStoreReader;
  readonly batches: CommittedBatch[];
  close(): Promise<void>;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'skald-store-'));
export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Blocks are cut on `host.flush()` only, unless `changes` say otherwise; nothing expires. */
export async function openStore(
  folder: string,
  changes: Partial<StoreSettings> = {},
  events: StoreEvents = {},
): Promise<OpenStore> {
  const settings = storeSettings(join(folder, 'skald.db'), {
    retentionNs: 0n,
    segmentBytes: 64 * 1024,
    commitDelayMs: 0,
    ...changes,
  });
  const host = await SqliteStoreHost.open(settings, events);
  const batches: CommittedBatch[] = [];
  const writer = openWriter(host.writerSettings().settings, {
    onHead: (segments) => host.useHead(segments),
    onCommitted: (batch) => batches.push(batch as CommittedBatch),
  });
  const reader = openReader(host.readerSettings());
  return {
    host,
    writer,
    reader,
    batches,
    async close() {
      reader.close();
      await writer.close();
      await host.close();
    },
  };
}
