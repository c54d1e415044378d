// and, or, unless: which series have a point at a step; values and labels stay as they are.
import type { BinaryOp } from '../../logql/ast.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import { newSeries, type StepSeries } from '../../scan/ranges/step-series.ts';

export type SetOp = 'and' | 'or' | 'unless';
export const isSetOp = (op: BinaryOp): op is SetOp => op === 'and' || op === 'or' || op === 'unless';

export function combineSets(
  op: SetOp,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  signature: (labels: Labels) => string,
  steps: number,
): StepSeries[] {
  const nowhere = new Uint8Array(steps);
  if (op === 'or') {
    const taken = presence(left, signature, steps);
    const rest = right.map((series) =>
      masked(series, taken.get(signature(series.labels)) ?? nowhere, 0, steps),
    );
    return union(left, rest, steps);
  }
  const other = presence(right, signature, steps);
  return left.map((series) =>
    masked(series, other.get(signature(series.labels)) ?? nowhere, op === 'and' ? 1 : 0, steps),
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
