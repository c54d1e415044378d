// Thread entry of ingest.
import { parentPort, workerData } from 'node:worker_threads';
import type { IngestWorkerData } from '../../ingest/client/ingest-protocol.ts';
import { serveIngest } from '../../ingest/intake/serve-ingest.ts';
import type { WriterSettings } from '../../sqlite/main/settings.ts';
import { committedBatches } from '../../sqlite/write/committed-batch.ts';
import { openWriter } from '../../sqlite/write/writer.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('ingest');
collectAtRest();
serveIngest(parentPort, workerData as IngestWorkerData, {
  openWriter: (settings, events) => openWriter(settings as WriterSettings, events),
  commits: committedBatches,
});
