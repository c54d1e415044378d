// A thread that fills a filter cache another thread reads: every byte of a block's filter tells its id.
import { parentPort, workerData } from 'node:worker_threads';
import { FilterCache } from '../../dist/sqlite/threads/filter-cache.js';

const { memory, blocks, rounds, byteCount } = workerData;
const cache = new FilterCache(memory);
const bytes = new Uint8Array(byteCount);
for (let round = 0; round < rounds; round++)
  // Newer ones take the place of older ones: each round's ids are above those before.
  for (const block of blocks) {
    const id = block + round * 8192;
    bytes.fill((id >>> 11) + id);
    cache.keep(id, { bytes, at: 0, byteCount, bitsLog2: 15 });
  }
parentPort.postMessage('done');
