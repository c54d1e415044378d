// The memory of a burst goes back when there is nothing to do. V8 collects garbage when memory is asked for: a thread at
// rest would keep that of its last burst for as long as it rests.
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface RestOptions {
  /** How long the thread must have been at rest. */
  readonly restMs: number;
  /** Bytes that the heap must have grown since it was collected here. */
  readonly grownBytesMin: number;
}

const defaults: RestOptions = { restMs: 15_000, grownBytesMin: 8 * 2 ** 20 };

/** Part of the time that a thread at rest may be at work all the same: it is asked for its state, it looks at a file. */
const workShareMax = 0.1;

/** Looks after the calling thread from now on; keeps no process alive. Returns what ends it. */
export function collectAtRest({ restMs, grownBytesMin }: RestOptions = defaults): () => void {
  setFlagsFromString('--expose-gc');
  // Only contexts that are made after the flag was set have it.
  const collect = runInNewContext('gc') as () => void;
  let before = performance.eventLoopUtilization();
  let heapBytes = getHeapStatistics().used_heap_size;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > workShareMax || getHeapStatistics().used_heap_size < heapBytes + grownBytesMin) return;
    collect();
    heapBytes = getHeapStatistics().used_heap_size;
  }, restMs);
  timer.unref();
  return () => clearInterval(timer);
}
