// Log volume by level: the query behind the bars, and the bars.
import type { Series } from '../gateway/queries.ts';
import { withoutComments } from '../query/query-scan.ts';
import type { Span } from '../time/time-range.ts';
import { type Level, levelOf } from './levels.ts';

/** Bars aimed at; the step is the next round one. */
const barsAimed = 60;
const barsMax = 240;
const niceSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Seconds of one bar. */
export function barSeconds(rangeSeconds: number): number {
  const wanted = rangeSeconds / barsAimed;
  return niceSteps.find((step) => step >= wanted) ?? 86_400 * Math.ceil(wanted / 86_400);
}

export const volumeQuery = (query: string, stepSeconds: number): string =>
  `sum by (detected_level) (count_over_time(${withoutComments(query)} [${stepSeconds}s]))`;

/** Bounds for the volume query: bars end at multiples of the step and count what is after their beginning. */
export function barSpan({ startNs, endNs }: Span, stepSeconds: number): Span {
  const stepNs = BigInt(stepSeconds) * 1_000_000_000n;
  return { startNs: (startNs / stepNs + 1n) * stepNs, endNs: ((endNs - 1n) / stepNs + 1n) * stepNs };
}

export interface Bar {
  readonly endSeconds: number;
  readonly counts: ReadonlyMap<Level, number>;
  readonly total: number;
}

export interface HistogramData {
  readonly bars: readonly Bar[];
  readonly stepSeconds: number;
}

export function histogramOf(series: readonly Series[], span: Span, stepSeconds: number): HistogramData {
  const firstSeconds = Number(span.startNs / 1_000_000_000n);
  const lastSeconds = Number(span.endNs / 1_000_000_000n);
  const count = Math.min(barsMax, Math.round((lastSeconds - firstSeconds) / stepSeconds) + 1);
  const bars = Array.from({ length: Math.max(1, count) }, (_, index) => ({
    endSeconds: firstSeconds + index * stepSeconds,
    counts: new Map<Level, number>(),
    total: 0,
  }));
  for (const { labels, points } of series) {
    const level = levelOf(labels.detected_level);
    for (const [seconds, value] of points) {
      const bar = bars[Math.round((seconds - firstSeconds) / stepSeconds)];
      if (bar === undefined) continue;
      bar.counts.set(level, (bar.counts.get(level) ?? 0) + value);
      bar.total += value;
    }
  }
  return { bars, stepSeconds };
}
