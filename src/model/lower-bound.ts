/** Index of the first number that is not below `value`, from `from` on; the length when all are. `sorted` ascends. */
export function lowerBound(sorted: Float64Array | Uint32Array, value: number, from = 0): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
