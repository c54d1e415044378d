// Finished steps of a range aggregation, kept for later queries: of aggregations whose cells cannot be put together
// exactly.

import { type Labels, labelsKey } from '../../model/labels.ts';
import { maxNs, minNs } from '../../model/time.ts';
import { newSeries, type StepSeries } from '../../scan/ranges/step-series.ts';
import type { Steps } from '../../store/scan-task.ts';

const seriesBytes = 300;
const bytesPerStep = 9;

/** Series over consecutive steps. */
export interface StepsPart {
  readonly steps: Steps;
  readonly series: readonly StepSeries[];
}

export interface KeptSteps extends StepsPart {
  readonly kind: 'steps';
  readonly bytes: number;
}

/** The wanted steps that are kept and right when entries changed from a time on. */
export function usableSteps(
  kept: StepsPart,
  steps: Steps,
  { changedFromNs, offsetNs }: { readonly changedFromNs: bigint; readonly offsetNs: bigint },
): Steps | undefined {
  const from = maxNs(steps.startNs, kept.steps.startNs);
  // The window of step t holds times up to t − offset.
  const until = minNs(minNs(lastNs(steps), lastNs(kept.steps)), changedFromNs + offsetNs - 1n);
  return until < from ? undefined : stepsBetween(from, until, steps.stepNs);
}

/** What is to be kept of an answer when times up to `settledNs` hardly change any more; undefined: nothing. */
export function keepSteps(
  { steps, series }: StepsPart,
  { settledNs, offsetNs }: { readonly settledNs: bigint; readonly offsetNs: bigint },
): KeptSteps | undefined {
  const until = minNs(lastNs(steps), settledNs + offsetNs);
  if (until < steps.startNs) return undefined;
  const kept = stepsBetween(steps.startNs, until, steps.stepNs);
  const bytes = series.length * (seriesBytes + kept.count * bytesPerStep);
  return { kind: 'steps', steps: kept, series: joinSteps(kept, [{ steps, series }]), bytes };
}

/** Copies of what the parts hold of these steps, series with equal labels joined, by their keys; series without a point are left out. */
export function joinSteps(steps: Steps, parts: readonly StepsPart[]): StepSeries[] {
  const joined = new Map<string, StepSeries>();
  for (const part of parts) {
    // Index of the part's first step among the wanted ones.
    const at = steps.stepNs === 0n ? 0 : Number((part.steps.startNs - steps.startNs) / steps.stepNs);
    const from = Math.max(0, -at);
    const until = Math.min(part.steps.count, steps.count - at);
    if (until <= from) continue;
    for (const { labels, values, present } of part.series) {
      const points = present.subarray(from, until);
      if (!points.includes(1)) continue;
      const into = seriesOf(joined, labels, steps.count);
      into.present.set(points, at + from);
      into.values.set(values.subarray(from, until), at + from);
    }
  }
  return [...joined].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
}

function seriesOf(joined: Map<string, StepSeries>, labels: Labels, count: number): StepSeries {
  const key = labelsKey(labels);
  const known = joined.get(key);
  if (known !== undefined) return known;
  const made = newSeries(labels, count);
  joined.set(key, made);
  return made;
}

export const lastNs = ({ startNs, stepNs, count }: Steps): bigint => startNs + BigInt(count - 1) * stepNs;

/** From the first on, the last one not later than `endNs`. */
export const stepsBetween = (startNs: bigint, endNs: bigint, stepNs: bigint): Steps => ({
  startNs,
  stepNs,
  count: Number((endNs - startNs) / stepNs) + 1,
});
