// A flush of very many streams is one piece of work of the builder's thread: whoever watches it hears of it meanwhile.
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BuilderService } from '../../src/sqlite/build/builder-service.ts';
import { prepareDatabase } from '../../src/sqlite/format/open-database.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import { changeTimesBuffer } from '../../src/sqlite/threads/change-times.ts';
import { WriteLock } from '../../src/sqlite/threads/write-lock.ts';
import { openWriter } from '../../src/sqlite/write/writer.ts';
import { entryColumns, labels } from './columns.ts';
import { removeFolder, temporaryFolder } from './open-store.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => removeFolder(folder));

it('a flush takes a step for each stream', async () => {
  const path = join(folder, 'skald.db');
  prepareDatabase(path);
  const store = storeSettings(path, { retentionNs: 0n, commitDelayMs: 0 });
  const writeLock = WriteLock.create();
  const { port1, port2 } = new MessageChannel();
  let steps = 0;
  const service = new BuilderService(
    { store, writeLock, writerPort: port1 },
    () => {},
    () => steps++,
  );
  const writer = openWriter(
    { store, writeLock, changeTimes: changeTimesBuffer(), builderPort: port2, firstSegmentNumber: 1 },
    { onHead: () => {} },
  );
  try {
    const streams = Array.from({ length: 300 }, (_, n) => writer.stream('fake', labels({ pod: `${n}` })));
    for (const stream of streams) await writer.append(entryColumns([{ stream, ns: 1n, line: 'x' }]));
    expect(steps).toBe(0);
    await service.flush();
    expect(steps).toBeGreaterThan(streams.length);
  } finally {
    await writer.close();
    await service.close();
  }
});
