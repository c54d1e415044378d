// Where the points of a metric query lie: the one place that knows alignment.
import { floorDiv, nsPerMs, type TimeRange } from '../../model/time.ts';
import { QueryLimitError } from '../../scan/query-errors.ts';
import type { Steps } from '../../store/scan-task.ts';

/** Loki's bound of 11,000 is checked on the asked range; alignment may add a step at either end. */
export const stepsMax = 11_003;

/**
 * The range a range query is evaluated over: start rounded down and end rounded up to multiples of the step since
 * the epoch. Aligning twice changes nothing.
 */
export function alignRange({ startNs, endNs }: TimeRange, stepNs: bigint): TimeRange {
  if (stepNs <= 0n) return { startNs, endNs };
  return { startNs: floorDiv(startNs, stepNs) * stepNs, endNs: -floorDiv(-endNs, stepNs) * stepNs };
}

/** The steps of an aligned range, end inclusive. Throws QueryLimitError beyond {@link stepsMax}. */
export function stepsOf(range: TimeRange, stepNs: bigint): Steps {
  if (stepNs <= 0n) return { startNs: range.endNs, stepNs: 0n, count: 1 };
  const count = range.endNs < range.startNs ? 0 : Number((range.endNs - range.startNs) / stepNs) + 1;
  if (count > stepsMax) {
    throw new QueryLimitError(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    );
  }
  return { startNs: range.startNs, stepNs, count };
}

/** Unix milliseconds of every step, rounded down. */
export function stepTimesMs(steps: Steps): Float64Array {
  const times = new Float64Array(steps.count);
  for (let k = 0; k < steps.count; k++) {
    times[k] = Number(floorDiv(steps.startNs + BigInt(k) * steps.stepNs, nsPerMs));
  }
  return times;
}
