import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import type { BuilderForWriter, WriterForBuilder } from '../../src/sqlite/threads/builder-protocol.ts';
import { changeTimesBuffer } from '../../src/sqlite/threads/change-times.ts';
import { WriteLock } from '../../src/sqlite/threads/write-lock.ts';
import { openWriter, type SqliteStoreWriter } from '../../src/sqlite/write/writer.ts';
import { StoreClosingError, StoreFullError } from '../../src/store/store.ts';
import { RpcPeer } from '../../src/threads/rpc.ts';
import { entryColumns, labels } from './columns.ts';
import { removeFolder, temporaryFolder } from './open-store.ts';

const lineBytes = 20_000;
let folder: string;
let writer: SqliteStoreWriter;
let builder: RpcPeer<WriterForBuilder, BuilderForWriter>;
let flushing: Promise<void>;
let answer: { resolve: () => void; reject: (error: Error) => void };

/** A writer whose builder the test plays: each flush waits for `answer`. */
beforeEach(() => {
  folder = temporaryFolder();
  const path = join(folder, 'skald.db');
  prepareDatabase(path);
  const { port1, port2 } = new MessageChannel();
  let asked: () => void = () => {};
  flushing = new Promise((resolve) => {
    asked = resolve;
  });
  builder = new RpcPeer<WriterForBuilder, BuilderForWriter>(port1, {
    flush: () => {
      asked();
      return new Promise<void>((resolve, reject) => {
        answer = { resolve, reject };
      });
    },
    logGrew: () => {},
  });
  const store = storeSettings(path, {
    segmentBytes: 64 * 1024,
    flushBytes: 2 * lineBytes,
    unsealedBytesMax: 3 * lineBytes,
    commitDelayMs: 0,
    queuedBytesMax: 4 * lineBytes,
  });
  writer = openWriter(
    {
      store,
      writeLock: WriteLock.create(),
      changeTimes: changeTimesBuffer(),
      builderPort: port2,
      firstSegmentNumber: 1,
    },
    { onHead: () => {} },
  );
});
afterEach(async () => {
  builder.close();
  await writer.close();
  removeFolder(folder);
});

let ns = 0n;
const append = (): Promise<void> => {
  const stream = writer.stream('fake', labels({ app: 'a' }));
  return writer.append(entryColumns([{ stream, ns: ns++, line: 'x'.repeat(lineBytes) }]));
};

describe('when the builder does not keep up', () => {
  it('an append waits, and goes on when blocks are cut', async () => {
    for (let n = 0; n < 3; n++) await append();
    let done = false;
    const waiting = append().then(() => {
      done = true;
    });
    await flushing;
    expect(done).toBe(false);
    expect(writer.pendingBytes()).toBeGreaterThan(4 * lineBytes);
    answer.resolve();
    await waiting;
    expect(writer.pendingBytes()).toBeLessThan(3 * lineBytes);
  });

  it('an append is refused when the builder fails', async () => {
    for (let n = 0; n < 3; n++) await append();
    const waiting = append();
    await flushing;
    answer.reject(new Error('disk full'));
    await expect(waiting).rejects.toThrow(StoreFullError);
  });

  it('an append is refused when too much is queued', async () => {
    for (let n = 0; n < 3; n++) await append();
    const queued = Array.from({ length: 4 }, append);
    await expect(append()).rejects.toThrow(StoreFullError);
    await flushing;
    answer.resolve();
    await Promise.all(queued);
  });
});

it('what comes while the store closes is refused as such, not as a fault', async () => {
  const closing = writer.close();
  await expect(append()).rejects.toThrow(StoreClosingError);
  await closing;
});
