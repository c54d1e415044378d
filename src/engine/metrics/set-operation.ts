// and, or, unless: which series have a point at a step; values and labels stay as they are.
import type { BinaryResult } from '../../logql/operations/binary-operations.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import { newSeries, type StepSeries } from '../../scan/ranges/step-series.ts';

type SetResult = Extract<BinaryResult, { readonly kind: 'set' }>;

export function combineSets(
  operation: SetResult,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  signature: (labels: Labels) => string,
  steps: number,
): StepSeries[] {
  const kept = operation.left === 'all' ? left : pointsWhere(left, right, operation.left, signature, steps);
  if (!operation.addsRight) return [...kept];
  return union(kept, pointsWhere(right, left, 'unmatched', signature, steps), steps);
}

/** The points of series at steps where one of `others` of their signature has a point, or where none has. */
function pointsWhere(
  series: readonly StepSeries[],
  others: readonly StepSeries[],
  where: 'matched' | 'unmatched',
  signature: (labels: Labels) => string,
  steps: number,
): StepSeries[] {
  const taken = presence(others, signature, steps);
  const nowhere = new Uint8Array(steps);
  return series.map((one) =>
    masked(one, taken.get(signature(one.labels)) ?? nowhere, where === 'matched' ? 1 : 0, steps),
  );
}

/** Per signature, at which steps any of its series has a point. */
function presence(
  series: readonly StepSeries[],
  signature: (labels: Labels) => string,
  steps: number,
): Map<string, Uint8Array> {
  const all = new Map<string, Uint8Array>();
  for (const { labels, present } of series) {
    const key = signature(labels);
    const sum = all.get(key) ?? new Uint8Array(steps);
    for (let k = 0; k < steps; k++) sum[k] = (sum[k] as number) | (present[k] as number);
    all.set(key, sum);
  }
  return all;
}

/** The points of a series where `mask` is `wanted`. */
function masked(series: StepSeries, mask: Uint8Array, wanted: 0 | 1, steps: number): StepSeries {
  const out = newSeries(series.labels, steps);
  for (let k = 0; k < steps; k++) {
    if (series.present[k] !== 1 || mask[k] !== wanted) continue;
    out.present[k] = 1;
    out.values[k] = series.values[k] as number;
  }
  return out;
}

/** Series of equal labels become one; the left side's points win. */
function union(left: readonly StepSeries[], right: readonly StepSeries[], steps: number): StepSeries[] {
  const all = new Map<string, StepSeries>();
  for (const series of left) all.set(labelsKey(series.labels), series);
  for (const series of right) {
    const key = labelsKey(series.labels);
    const known = all.get(key);
    if (known === undefined) {
      all.set(key, series);
      continue;
    }
    const joined = masked(known, known.present, 1, steps);
    for (let k = 0; k < steps; k++) {
      if (joined.present[k] === 1 || series.present[k] !== 1) continue;
      joined.present[k] = 1;
      joined.values[k] = series.values[k] as number;
    }
    all.set(key, joined);
  }
  return [...all.values()];
}
