// Label values that clients choose (tenant, path) are capped, so that a metrics page cannot grow without end.

/** Tenants with a label of their own; the others share "other". */
export const tenantLabelsMax = 100;

const otherLabel = 'other';

/** Returns a function that passes the first `valuesMax` distinct values and turns the rest into "other". */
export function boundedLabel(valuesMax: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= valuesMax) return otherLabel;
    known.add(value);
    return value;
  };
}
