// Thread entry of tails.
import { parentPort } from 'node:worker_threads';
import { committedBatches } from '../../sqlite/write/committed-batch.ts';
import { serveTails } from '../../tail/serve-tails.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('tail');
collectAtRest();
serveTails(parentPort, committedBatches);
