// rate_counter: the per-second increase of a counter, extrapolated to the window's bounds.

/**
 * `timesNs` ascending, at least one, inside the window that ends at `endNs`. The increase includes what was lost at
 * resets (a value lower than the one before); one sample has none. As in Prometheus the samples are taken to go on to
 * the window's bounds when these are near, else for half their mean distance; at the start not beyond where the
 * counter would have been zero.
 */
export function rateCounter(
  timesNs: Float64Array,
  values: Float64Array,
  window: { readonly endNs: number; readonly rangeNs: number },
): number {
  const n = values.length;
  if (n < 2) return 0;
  const first = values[0] as number;
  let increase = (values[n - 1] as number) - first;
  let before = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    if (value < before) increase += before;
    before = value;
  }
  const firstNs = timesNs[0] as number;
  const lastNs = timesNs[n - 1] as number;
  const sampled = lastNs - firstNs;
  const between = sampled / (n - 1);
  const reach = (toBound: number): number =>
    toBound < between * extrapolationFactor ? toBound : between / 2;
  let toStart = reach(firstNs - (window.endNs - window.rangeNs));
  if (increase > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / increase));
  const reached = sampled + toStart + reach(window.endNs - lastNs);
  return (increase * (reached / sampled)) / (window.rangeNs / 1e9);
}

/** A bound is near within this many mean distances of samples. */
const extrapolationFactor = 1.1;
