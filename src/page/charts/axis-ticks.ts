// Round numbers and times for axes.
import { formatMoment, type TimeZone } from '../format.ts';

/** From 0 to at least `highest` in about `count` round steps. */
export function axisTicks(highest: number, count: number): readonly number[] {
  const rough = highest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < highest) ticks.push(ticks.length * step);
  return ticks;
}

const minuteMs = 60_000;
const stepsMs = [
  1000,
  5000,
  10_000,
  30_000,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map((m) => m * minuteMs),
];

export interface TimeTick {
  readonly ms: number;
  readonly text: string;
}

/** Round times of the zone within the span, at most about `count`. */
export function timeTicks(fromMs: number, toMs: number, zone: TimeZone, count: number): readonly TimeTick[] {
  const wanted = (toMs - fromMs) / count;
  const stepMs = stepsMs.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
  const offsetMs = zone === 'utc' ? 0 : new Date(fromMs).getTimezoneOffset() * minuteMs;
  const ticks: TimeTick[] = [];
  for (let ms = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs; ms <= toMs; ms += stepMs) {
    const text = formatMoment(ms, zone);
    const midnight = text.endsWith('00:00:00');
    ticks.push({
      ms,
      text: midnight ? text.slice(5, 10) : stepMs < minuteMs ? text.slice(11) : text.slice(11, 16),
    });
  }
  return ticks;
}
