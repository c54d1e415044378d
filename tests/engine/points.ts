// Answers of metric queries as plain values, to be compared.
import type { MetricResult } from '../../src/engine/run/query-service.ts';

/** Labels, times and values of each series, or the scalar. `point`: what a value is to be compared by. */
export function pointsOf(
  result: MetricResult,
  point: (value: number) => unknown = (value) => value,
): unknown {
  return result.kind === 'scalar'
    ? result.value
    : result.series.map(({ labels, timesMs, values }) => [labels, [...timesMs], [...values].map(point)]);
}
