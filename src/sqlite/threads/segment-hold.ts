// Holding the segments of a snapshot: a query that reads them for longer than a flush takes would otherwise find their
// memory used again, plan again, and under a steady stream of pushes never come to an end. A word in the segment's
// header counts the holders; the writer leaves held memory alone as long as it can afford it (segment-list.ts).
import {
  freeSegment,
  holdersIndex,
  publishedBytes,
  type SegmentSnapshot,
  segmentControl,
} from './segment.ts';

/** In place of a count: the writer is about to use the memory again. */
const taken = -1;

/**
 * Keeps the segments readable until the returned function is called, once. Those freed already are left out: their
 * entries are in blocks that the file shows by now.
 */
export function holdSegments({ segments }: SegmentSnapshot): () => void {
  const held = segments.filter(({ buffer, number }) => hold(segmentControl(buffer), number));
  return () => {
    for (const { buffer } of held.splice(0)) Atomics.sub(segmentControl(buffer), holdersIndex, 1);
  };
}

function hold(control: Int32Array, number: number): boolean {
  for (;;) {
    const holders = Atomics.load(control, holdersIndex);
    if (holders === taken) return false;
    if (Atomics.compareExchange(control, holdersIndex, holders, holders + 1) !== holders) continue;
    if (publishedBytes(control, number) >= 0) return true;
    Atomics.sub(control, holdersIndex, 1);
    return false;
  }
}

/** Marks the memory as free unless somebody holds it. True: it may be used again. */
export function freeUnheld(buffer: SharedArrayBuffer): boolean {
  const control = segmentControl(buffer);
  if (Atomics.compareExchange(control, holdersIndex, 0, taken) !== 0) return false;
  freeSegment(buffer);
  Atomics.store(control, holdersIndex, 0);
  return true;
}
