// The time range: a span up to now, or two moments; as text for links, as words for people, as bounds for queries.
import { formatMoment, formatSpan, type TimeZone } from '../format.ts';
import type { TimeRange } from './time-text.ts';

/** The bounds of a query. */
export interface Span {
  readonly startNs: bigint;
  /** Exclusive. */
  readonly endNs: bigint;
}

export const presets = [
  ['5m', 'Last 5 minutes', 300_000],
  ['15m', 'Last 15 minutes', 900_000],
  ['1h', 'Last hour', 3_600_000],
  ['3h', 'Last 3 hours', 10_800_000],
  ['6h', 'Last 6 hours', 21_600_000],
  ['24h', 'Last 24 hours', 86_400_000],
  ['2d', 'Last 2 days', 172_800_000],
  ['7d', 'Last 7 days', 604_800_000],
  ['30d', 'Last 30 days', 2_592_000_000],
] as const;

export const defaultRange: TimeRange = { kind: 'last', spanMs: 3_600_000 };
const spanMsMax = 10 * 365 * 86_400_000;

/** `1h`, `90s`, or two Unix times in ms: `1700000000000-1700003600000`. */
export function rangeText(range: TimeRange): string {
  if (range.kind === 'between') return `${range.fromMs}-${range.toMs}`;
  return presets.find(([, , ms]) => ms === range.spanMs)?.[0] ?? `${Math.round(range.spanMs / 1000)}s`;
}

/** Takes what `rangeText` gives. */
export function readRangeText(text: string): TimeRange | undefined {
  const preset = presets.find(([name]) => name === text);
  if (preset !== undefined) return { kind: 'last', spanMs: preset[2] };
  const seconds = /^(\d{1,9})s$/.exec(text);
  if (seconds !== null && seconds[1] !== '0') return { kind: 'last', spanMs: Number(seconds[1]) * 1000 };
  const moments = /^(\d{1,14})-(\d{1,14})$/.exec(text);
  if (moments === null) return undefined;
  const [fromMs, toMs] = [Number(moments[1]), Number(moments[2])];
  return fromMs < toMs ? { kind: 'between', fromMs, toMs } : undefined;
}

export function describeRange(range: TimeRange, zone: TimeZone): string {
  if (range.kind === 'last')
    return presets.find(([, , ms]) => ms === range.spanMs)?.[1] ?? `Last ${formatSpan(range.spanMs)}`;
  const [from, to] = [formatMoment(range.fromMs, zone), formatMoment(range.toMs, zone)];
  const sameDay = from.slice(0, 10) === to.slice(0, 10);
  return `${from} – ${sameDay ? to.slice(11) : to}`;
}

/** The moments as of now. */
export const boundsOf = (
  range: TimeRange,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } =>
  range.kind === 'between' ? range : { fromMs: nowMs - range.spanMs, toMs: nowMs };

export function spanOf(range: TimeRange, nowMs: number): Span {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  return { startNs: msToNs(fromMs), endNs: msToNs(toMs) };
}

/** Twice as wide around the same middle, not beyond now. */
export function zoomedOut(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const spanMs = Math.min(spanMsMax, (toMs - fromMs) * 2);
  if (range.kind === 'last') return { kind: 'last', spanMs };
  const end = Math.max(toMs, Math.min(nowMs, toMs + (toMs - fromMs) / 2));
  return { kind: 'between', fromMs: Math.max(0, Math.round(end - spanMs)), toMs: Math.round(end) };
}

/** The span before or after. */
export function moved(range: TimeRange, direction: -1 | 1, nowMs: number): TimeRange {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const byMs = (toMs - fromMs) * direction;
  return { kind: 'between', fromMs: Math.max(0, Math.round(fromMs + byMs)), toMs: Math.round(toMs + byMs) };
}

const msToNs = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
