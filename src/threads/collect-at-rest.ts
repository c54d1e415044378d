// The memory of a burst goes back when there is nothing to do. V8 collects garbage when memory is asked for: a thread at
// rest would keep that of its last burst for as long as it rests.
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface RestOptions {
  /** How long the thread must have been at rest. */
  readonly restMs: number;
  /** Bytes that the heap must have grown since it was collected here, or what it holds of the system's memory. */
  readonly grownBytesMin: number;
}

const defaults: RestOptions = { restMs: 5_000, grownBytesMin: 8 * 2 ** 20 };

/** Part of the time that a thread at rest may be at work all the same: it is asked for its state, it looks at a file. */
const workShareMax = 0.1;
/** After so much work a small heap, too, may be all that keeps much memory alive that is shared with other threads. */
const workedMsMin = 1000;

let letGo = false;

/**
 * The calling thread has dropped memory that is shared between threads. It goes back only when no thread's garbage
 * names it any more, and the few bytes that do are no reason to collect: this is one, at the next rest.
 */
export function noteSharedMemoryLetGo(): void {
  letGo = true;
}

/**
 * Looks after the calling thread from now on. Collects twice: the young generation, of 32 MB, is given back only when
 * little has been allocated since the collection before. Keeps no process alive. Returns what ends it.
 */
export function collectAtRest({ restMs, grownBytesMin }: RestOptions = defaults): () => void {
  setFlagsFromString('--expose-gc');
  // Only contexts that are made after the flag was set have it.
  const collect = runInNewContext('gc') as () => void;
  let before = performance.eventLoopUtilization();
  // Starting is a burst as well.
  let kept: HeapBytes = { total: 0, used: 0 };
  let workedMs = 0;
  let isSecond = false;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization, active } = performance.eventLoopUtilization(now, before);
    before = now;
    workedMs += active;
    const grown = heapBytes();
    const isMuch =
      letGo ||
      workedMs >= workedMsMin ||
      grown.used >= kept.used + grownBytesMin ||
      grown.total >= kept.total + grownBytesMin;
    if (utilization > workShareMax || !(isMuch || isSecond)) return;
    letGo = false;
    collect();
    kept = heapBytes();
    workedMs = 0;
    isSecond = isMuch;
  }, restMs);
  timer.unref();
  return () => clearInterval(timer);
}

interface HeapBytes {
  /** Taken from the system. */
  readonly total: number;
  readonly used: number;
}

function heapBytes(): HeapBytes {
  const { total_heap_size: total, used_heap_size: used } = getHeapStatistics();
  return { total, used };
}
