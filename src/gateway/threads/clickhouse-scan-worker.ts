// Thread entry of the scans for queries, for the store on ClickHouse.
import { parentPort, workerData } from 'node:worker_threads';
import { openReader, type ReaderSettings } from '../../clickhouse/read/reader.ts';
import { serveScans } from '../../scan/serve-scans.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('query');
collectAtRest();
serveScans(parentPort, openReader(workerData as ReaderSettings));
