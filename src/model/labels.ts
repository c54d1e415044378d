// Labels: the names and values that identify a stream, a structured-metadata set or a series.

/** One label. */
export type LabelPair = readonly [name: string, value: string];

/** Labels sorted by name (code units), names unique, no empty values (but in series that are grouped by labels). */
export type Labels = readonly LabelPair[];

export const emptyLabels: Labels = [];

const byName = (a: LabelPair, b: LabelPair): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/**
 * Sorts pairs into {@link Labels}. Of a repeated name the last value wins; empty values are dropped,
 * as Loki does for `{"stream":{"a":""}}`.
 */
export function labelsFromPairs(pairs: Iterable<LabelPair>): Labels {
  const last = pairs instanceof Map ? (pairs as ReadonlyMap<string, string>) : new Map(pairs);
  const labels: LabelPair[] = [];
  for (const [name, value] of last) if (value !== '') labels.push([name, value]);
  return labels.sort(byName);
}

/** The value of `name`, or undefined. Linear: label sets are short. */
export function labelValue(labels: Labels, name: string): string | undefined {
  for (const [n, v] of labels) if (n === name) return v;
  return undefined;
}

/** A plain object for JSON output. Has no prototype, so a label named `__proto__` is data. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of labels) record[name] = value;
  return record;
}

/** Key for maps: injective for any names and values. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`;
  return key;
}
