// Numbers and times for people.

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** "12.3 MB"; units are powers of 1024. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit] ?? ''}`;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** "1.2K" */
export const formatCount = (count: number): string => compact.format(count);

const spans = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** The largest fitting unit: "3 min", "7 d". */
export function formatSpan(ms: number): string {
  const [size, unit] = spans.find(([span]) => ms >= span) ?? [1000, 's'];
  return `${Math.round(ms / size)} ${unit}`;
}

export type TimeZone = 'local' | 'utc';

const two = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** Nanoseconds to the millisecond: "2026-11-24 03:46:40.000". */
export function formatTime(timestampNs: string, zone: TimeZone): string {
  const ms = Number(timestampNs.slice(0, -6));
  return `${formatMoment(ms, zone)}.${two(((ms % 1000) + 1000) % 1000, 3)}`;
}

/** "2026-11-24 03:46:40" */
export function formatMoment(ms: number, zone: TimeZone): string {
  const at = new Date(zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 19).replace('T', ' ');
}

/** "03:46:40" */
export const formatClock = (ms: number, zone: TimeZone): string => formatMoment(ms, zone).slice(11);

/** "1 line", "1.2K lines" */
export const countOf = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
