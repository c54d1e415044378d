// What a reader keeps of segments ends when they are in blocks, whether or not anybody asks again.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it, vi } from 'vitest';
import { SegmentIndex } from '../../src/sqlite/read/segment-index.ts';
import { SegmentList } from '../../src/sqlite/write/segment-list.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

afterEach(() => {
  vi.useRealTimers();
});

/** The memory of a segment that a reader took in and the writer has given back since. */
function givenBack(index: SegmentIndex): WeakRef<SharedArrayBuffer> {
  const list = new SegmentList({ segmentBytes: 1024 * 1024, pooledMax: 8, firstNumber: 1 });
  const { ref } = list.publish(new Uint8Array(512), 1);
  expect(index.find(list.snapshot(), ref.number)?.isAlive()).toBe(true);
  list.release(list.seal());
  list.giveBack();
  return new WeakRef(ref.buffer);
}

it.each([
  ['a reader that nobody asks lets go of freed memory', 5000, false],
  ['and has it until it has looked', 0, true],
])('%s', async (_, afterMs, isKept) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const index = new SegmentIndex();
  const memory = givenBack(index);
  vi.advanceTimersByTime(afterMs);
  await nextTurn();
  collect();
  expect(memory.deref() !== undefined).toBe(isKept);
  expect(vi.getTimerCount()).toBe(isKept ? 1 : 0);
  index.close();
  expect(vi.getTimerCount()).toBe(0);
});
