// A stable sort of times by their natural runs: entries arrive nearly sorted, then it costs one pass per doubling.

let orderA = new Uint32Array(0);
let orderB = new Uint32Array(0);

/**
 * The permutation that sorts `keys[0, count)` ascending, equal keys in their order. A view of reused memory, valid
 * until the next call.
 */
export function sortedOrder(keys: Float64Array, count: number): Uint32Array {
  if (orderA.length < count) {
    const capacity = Math.max(4096, Math.ceil(count * 1.25));
    orderA = new Uint32Array(capacity);
    orderB = new Uint32Array(capacity);
  }
  let from = orderA;
  let to = orderB;
  for (let i = 0; i < count; i++) from[i] = i;
  let runs = naturalRuns(keys, count);
  while (runs.length > 2) {
    const merged: number[] = [0];
    for (let r = 0; r + 1 < runs.length; r += 2) {
      const start = runs[r] as number;
      const middle = runs[r + 1] as number;
      const end = runs[r + 2] ?? middle;
      mergeRuns(keys, from, to, { start, middle, end });
      merged.push(end);
    }
    runs = merged;
    [from, to] = [to, from];
  }
  return from.subarray(0, count);
}

/** Lets go of the memory; what was returned is no longer valid. */
export function giveBackOrder(): void {
  orderA = new Uint32Array(0);
  orderB = new Uint32Array(0);
}

/** Starts of the ascending runs, and `count` at the end. */
function naturalRuns(keys: Float64Array, count: number): number[] {
  const runs = [0];
  for (let i = 1; i < count; i++) if ((keys[i] as number) < (keys[i - 1] as number)) runs.push(i);
  runs.push(count);
  return runs;
}

function mergeRuns(
  keys: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  run: { readonly start: number; readonly middle: number; readonly end: number },
): void {
  let left = run.start;
  let right = run.middle;
  for (let at = run.start; at < run.end; at++) {
    const takeLeft =
      left < run.middle &&
      (right >= run.end || (keys[from[left] as number] as number) <= (keys[from[right] as number] as number));
    to[at] = takeLeft ? (from[left++] as number) : (from[right++] as number);
  }
}
