// Quantiles of windows over samples. Windows that share few samples are each selected from. Of windows that slide in
// small steps the values are ranked once; a tree of counts over ranks then gives the k-th smallest of the current
// window in O(log n), so the cost does not depend on range / step.
import { lowerBound } from '../../model/lower-bound.ts';

/** Selecting from a copy of a window takes a tenth of moving its samples through the tree. */
const selectedWindowsMax = 10;

/**
 * Returns the quantile of `values[start, end)`; calls must not move start or end backwards. NaN sorts first.
 * Interpolates linearly between neighbours; q < 0 gives −Inf, q > 1 gives +Inf. `windowValues` is how many values all
 * windows together hold.
 */
export function quantilesOver(
  values: Float64Array,
  q: number,
  windowValues: number,
): (start: number, end: number) => number {
  if (Number.isNaN(q)) return () => Number.NaN;
  if (q < 0) return () => Number.NEGATIVE_INFINITY;
  if (q > 1) return () => Number.POSITIVE_INFINITY;
  const window =
    windowValues <= selectedWindowsMax * values.length ? new SelectWindow(values) : new RankWindow(values);
  return (start, end) => {
    const rank = q * (end - start - 1);
    const lower = Math.max(0, Math.floor(rank));
    const upper = Math.min(end - start - 1, lower + 1);
    const weight = rank - Math.floor(rank);
    window.moveTo(start, end);
    return window.pick(lower) * (1 - weight) + window.pick(upper) * weight;
  };
}

/** Rearranges a copy of the window, no further than the values asked for need. */
class SelectWindow {
  readonly #values: Float64Array;
  #window = new Float64Array(0);
  #nans = 0;
  /** Places from here on hold no smaller value than those before. */
  #from = 0;

  constructor(values: Float64Array) {
    this.#values = values;
  }

  moveTo(start: number, end: number): void {
    this.#window = this.#values.slice(start, end);
    this.#nans = nansFirst(this.#window);
    this.#from = this.#nans;
  }

  /** The k-th smallest value of the window, from 0; calls between moves ask for ascending k. */
  pick(k: number): number {
    if (k < this.#nans) return Number.NaN;
    select(this.#window, k, this.#from);
    this.#from = k;
    return this.#window[k] as number;
  }
}

/** Brings NaN to the front and returns how many there are. */
function nansFirst(values: Float64Array): number {
  let nans = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    values[i] = values[nans] as number;
    values[nans++] = Number.NaN;
  }
  return nans;
}

/** Below this a sort is as quick as another round. */
const sortedMax = 32;

/**
 * Rearranges `values[from …]` so that what sorting would put at `k` is there, nothing before it larger and nothing behind it
 * smaller. Linear; where pivots are chosen badly for long, what is left is sorted.
 */
function select(values: Float64Array, k: number, from: number): void {
  let low = from;
  let high = values.length - 1;
  let rounds = 2 * Math.ceil(Math.log2(high - low + 2));
  while (high > low) {
    if (high - low < sortedMax || rounds-- === 0) {
      values.subarray(low, high + 1).sort();
      return;
    }
    const pivot = middleOf(
      values[low] as number,
      values[(low + high) >> 1] as number,
      values[high] as number,
    );
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const value = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = value;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

class RankWindow {
  readonly #ranks: Uint32Array;
  readonly #sorted: Float64Array;
  /** Fenwick tree over ranks, 1-based. */
  readonly #tree: Int32Array;
  readonly #top: number;
  #start = 0;
  #end = 0;

  constructor(values: Float64Array) {
    const sorted = Float64Array.from(values);
    const nans = nansFirst(sorted);
    sorted.subarray(nans).sort();
    this.#sorted = sorted;
    this.#ranks = Uint32Array.from(values, (value) => rankOf(value, sorted, nans));
    this.#tree = new Int32Array(values.length + 1);
    this.#top = 2 ** Math.floor(Math.log2(Math.max(1, values.length)));
  }

  moveTo(start: number, end: number): void {
    while (this.#end < end) this.#add(this.#ranks[this.#end++] as number, 1);
    while (this.#start < start) this.#add(this.#ranks[this.#start++] as number, -1);
  }

  /** The k-th smallest value of the window, from 0. */
  readonly pick = (k: number): number => {
    let at = 0;
    let left = k + 1;
    for (let jump = this.#top; jump > 0; jump >>= 1) {
      const next = at + jump;
      if (next < this.#tree.length && (this.#tree[next] as number) < left) {
        at = next;
        left -= this.#tree[next] as number;
      }
    }
    return this.#sorted[at] as number;
  };

  #add(rank: number, by: number): void {
    for (let i = rank + 1; i < this.#tree.length; i += i & -i) this.#tree[i] = (this.#tree[i] as number) + by;
  }
}

/** Index of the first sorted element equal to `value`. */
function rankOf(value: number, sorted: Float64Array, nans: number): number {
  if (Number.isNaN(value)) return 0;
  return lowerBound(sorted, value, nans);
}
