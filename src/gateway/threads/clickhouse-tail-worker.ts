// Thread entry of tails, for the store on ClickHouse.
import { parentPort } from 'node:worker_threads';
import { committedEntriesReader } from '../../clickhouse/write/entry-group.ts';
import { serveTails } from '../../tail/serve-tails.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('tail');
collectAtRest();
serveTails(parentPort, committedEntriesReader);
