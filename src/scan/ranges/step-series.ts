// Intermediate values of a metric query: one series over all steps.
import { emptyLabels, type LabelPair, type Labels, labelsKey } from '../../model/labels.ts';

export interface StepSeries {
  readonly labels: Labels;
  /** `values[k]` counts only where `present[k]` is 1. */
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export type StepValue =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'vector'; readonly series: readonly StepSeries[] };

export function newSeries(labels: Labels, steps: number): StepSeries {
  return { labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
}

/** A series with the same value at every step. */
export function constantSeries(value: number, steps: number): StepSeries {
  const series = newSeries(emptyLabels, steps);
  series.values.fill(value);
  series.present.fill(1);
  return series;
}

export const isEmptySeries = (series: StepSeries): boolean => !series.present.includes(1);

/** Labels of `labels` whose names are in the set (or are not, for without). Order is kept. */
export function selectLabels(labels: Labels, names: ReadonlySet<string>, keep: boolean): Labels {
  const picked: LabelPair[] = [];
  for (const pair of labels) if (names.has(pair[0]) === keep) picked.push(pair);
  return picked.length === labels.length ? labels : picked;
}

/** Labels that have a value: those of a series by labels may be empty. */
export const withoutEmpty = (labels: Labels): Labels =>
  labels.some(([, value]) => value === '') ? labels.filter(([, value]) => value !== '') : labels;

/** Sets or, with an empty value, removes one label; stays sorted. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const rest: LabelPair[] = labels.filter(([n]) => n !== name);
  if (value === '') return rest;
  const at = rest.findIndex(([n]) => n > name);
  rest.splice(at < 0 ? rest.length : at, 0, [name, value]);
  return rest;
}

/** The order of series in answers: by names and values, pair by pair. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [nameA, valueA] = a[i] as LabelPair;
    const [nameB, valueB] = b[i] as LabelPair;
    if (nameA !== nameB) return nameA < nameB ? -1 : 1;
    if (valueA !== valueB) return valueA < valueB ? -1 : 1;
  }
  return a.length - b.length;
}

/** Groups items by a label set derived from each; groups in order of first appearance. */
export function groupByLabels<T>(
  items: readonly T[],
  labelsOf: (item: T) => Labels,
): { labels: Labels; items: T[] }[] {
  const groups = new Map<string, { labels: Labels; items: T[] }>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { labels, items: [item] });
  }
  return [...groups.values()];
}
