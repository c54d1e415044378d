import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { WriteLock } from '../../src/sqlite/threads/write-lock.ts';

it('an urgent waiter gets the lock when it is released, and only a holder may release', async () => {
  const memory = WriteLock.create();
  const one = new WriteLock(memory, 1);
  const two = new WriteLock(memory, 2);
  expect(one.tryAcquire()).toBe(true);
  expect(two.tryAcquire()).toBe(false);
  expect(() => two.release()).toThrow('does not hold');
  const order: string[] = [];
  const waiting = two.acquireUrgent().then(() => order.push('two'));
  order.push('one releases');
  one.release();
  await waiting;
  expect(order).toEqual(['one releases', 'two']);
  two.release();
  one.acquireBlocking();
  one.release();
});

it('excludes another thread', async () => {
  const memory = WriteLock.create();
  const counter = new SharedArrayBuffer(8);
  const rounds = 2000;
  // The worker adds to a plain number under the lock, as this thread does: a lost update shows.
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
     import(workerData.module).then(({ WriteLock }) => {
       const lock = new WriteLock(workerData.memory, 2);
       const value = new Float64Array(workerData.counter);
       for (let n = 0; n < ${rounds}; n++) { lock.acquireBlocking(); value[0] += 1; lock.release(); }
     });`,
    {
      eval: true,
      workerData: {
        memory,
        counter,
        module: new URL('../../dist/sqlite/threads/write-lock.js', import.meta.url).href,
      },
    },
  );
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const lock = new WriteLock(memory, 1);
  const value = new Float64Array(counter);
  for (let n = 0; n < rounds; n++) {
    await lock.acquireUrgent();
    value[0] = (value[0] as number) + 1;
    lock.release();
  }
  await exited;
  expect(value[0]).toBe(2 * rounds);
});
