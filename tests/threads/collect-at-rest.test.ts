// A heap that has grown is collected when the thread rests, and not before.
import { getHeapStatistics } from 'node:v8';
import { afterEach, expect, it } from 'vitest';
import { collectAtRest, noteSharedMemoryLetGo } from '../../src/threads/collect-at-rest.ts';

let end = (): void => {};
afterEach(() => end());

const usedMb = (): number => getHeapStatistics().used_heap_size / 2 ** 20;

/** Old garbage, which is not collected with the young. */
function makeGarbage(): void {
  const kept: object[] = [];
  for (let i = 0; i < 1_000_000; i++) kept.push({ i });
}

it('gives back the memory of a burst', async () => {
  const before = usedMb();
  end = collectAtRest({ restMs: 50, grownBytesMin: 2 ** 20 });
  makeGarbage();
  expect(usedMb()).toBeGreaterThan(before + 20);
  await expect.poll(usedMb).toBeLessThan(before + 10);
});

it('collects for shared memory that was let go of, however small the heap', async () => {
  end = collectAtRest({ restMs: 50, grownBytesMin: 2 ** 30 });
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  registry.register(new SharedArrayBuffer(2 ** 20), undefined);
  noteSharedMemoryLetGo();
  await expect.poll(() => collected).toBe(1);
});
