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

export const formatCount = (count: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(count);

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

const two = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** Local time of a nanosecond timestamp to the millisecond: "2026-11-24 03:46:40.000". */
export function formatTime(timestampNs: string): string {
  const at = new Date(Number(BigInt(timestampNs) / 1_000_000n));
  return `${formatDay(at)} ${formatClock(at)}.${two(at.getMilliseconds(), 3)}`;
}

export const formatDay = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

export const formatClock = (at: Date): string =>
  `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
