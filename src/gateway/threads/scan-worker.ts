// Thread entry of the scans for queries.
import { parentPort, workerData } from 'node:worker_threads';
import { serveScans } from '../../scan/serve-scans.ts';
import type { ReaderSettings } from '../../sqlite/main/settings.ts';
import { openReader } from '../../sqlite/read/reader.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('query');
collectAtRest();
serveScans(parentPort, openReader(workerData as ReaderSettings));
