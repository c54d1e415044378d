// The order of streams whose entries have the same time: that of a hash of their labels, as in Loki.
import type { Labels } from './labels.ts';
import { xxhash64 } from './xxhash64.ts';

/** Readers keep the labels of a stream as long as they know it. */
const known = new WeakMap<Labels, number>();

/**
 * A whole number below 2^53 that stands for a label set: the same in every process and for every kind of store, so that
 * entries of equal times are answered in the same order wherever they are read. Different sets have, as good as always,
 * different numbers.
 */
export function labelsOrder(labels: Labels): number {
  let order = known.get(labels);
  if (order === undefined) {
    // A number of 53 bits is exact; what is left of the hash decides next to nothing.
    order = Number(xxhash64(labelBytes(labels)) >> 11n);
    known.set(labels, order);
  }
  return order;
}

/** Is in no UTF-8. */
const separator = 0xff;

/** Names and values in UTF-8, each with a separator after it. */
function labelBytes(labels: Labels): Buffer {
  // A UTF-16 unit is at most three bytes of UTF-8.
  const bytesMax = labels.reduce((sum, [name, value]) => sum + 3 * (name.length + value.length) + 2, 0);
  const bytes = Buffer.allocUnsafe(bytesMax);
  let at = 0;
  for (const text of labels.flat()) {
    at += bytes.write(text, at);
    bytes[at++] = separator;
  }
  return bytes.subarray(0, at);
}
