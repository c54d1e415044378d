// Thread entry of ingest, for the store on ClickHouse.
import { parentPort, workerData } from 'node:worker_threads';
import { committedEntriesReader } from '../../clickhouse/write/entry-group.ts';
import { openWriter, type WriterSettings } from '../../clickhouse/write/writer.ts';
import type { IngestWorkerData } from '../../ingest/client/ingest-protocol.ts';
import { serveIngest } from '../../ingest/intake/serve-ingest.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('ingest');
collectAtRest();
serveIngest(parentPort, workerData as IngestWorkerData, {
  openWriter: (settings, events) => openWriter(settings as WriterSettings, events),
  commits: committedEntriesReader,
});
