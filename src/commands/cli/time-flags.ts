// `--since`, `--from`, `--to`, as logcli has them, and a little more.
import { parseEitherDuration } from '../../go/prometheus-duration.ts';
import { parseRfc3339 } from '../../go/rfc3339.ts';
import { type Clock, joinNs, nsPerMs, nsPerSecond, type TimeRange } from '../../model/time.ts';
import type { Arguments } from './arguments.ts';
import { type Flag, UsageError } from './command.ts';

export const rangeFlags: readonly Flag[] = [
  { name: 'since', value: 'DURATION', summary: 'how far back to look, as in 15m, 1h30m or 7d' },
  {
    name: 'from',
    value: 'TIME',
    summary:
      'start: a date, with a time or without, now, now-1h, "2h ago", today, yesterday, 14:30, Unix time; wins over --since',
  },
  { name: 'to', value: 'TIME', summary: 'end, not included; now when left out' },
];

/** The range, half-open. `sinceDefault` holds when neither --since nor --from is given. Throws UsageError. */
export function rangeOf(args: Arguments, clock: Clock, sinceDefault: string): TimeRange {
  const nowNs = clock.nowNs();
  const to = args.text('to');
  const from = args.text('from');
  const endNs = to === undefined ? nowNs : parseTime('to', to, nowNs);
  const startNs =
    from === undefined
      ? endNs - parseDuration('since', args.text('since') ?? sinceDefault)
      : parseTime('from', from, nowNs);
  if (endNs <= startNs) throw new UsageError('the range is empty: its end must be after its start');
  return { startNs, endNs };
}

/** The range as servers take it. */
export const rangeParameters = ({ startNs, endNs }: TimeRange): readonly (readonly [string, string])[] => [
  ['start', String(startNs)],
  ['end', String(endNs)],
];

/** Nanoseconds, at least 0. Prometheus' units, so that 7d works, and fractions as Go writes them. */
export function parseDuration(flag: string, text: string): bigint {
  const ns = parseEitherDuration(text);
  if (ns !== undefined) return ns;
  throw new UsageError(`flag --${flag}: expected a duration such as 15m, 1h30m or 7d, got "${text}"`);
}

/** Unix nanoseconds. */
export function parseTime(flag: string, text: string, nowNs: bigint): bigint {
  if (text === 'now') return nowNs;
  if (text.startsWith('now-')) return nowNs - parseDuration(flag, text.slice(4));
  const ago = /^(.+?) +ago$/.exec(text)?.[1];
  if (ago !== undefined) return nowNs - parseDuration(flag, withoutWords(ago));
  // As servers read them: up to ten digits are seconds.
  if (/^\d{1,10}$/.test(text)) return BigInt(text) * nsPerSecond;
  if (/^\d{11,19}$/.test(text)) return BigInt(text);
  const ns = parseLocal(text, nowNs) ?? parseDateTime(text);
  if (ns !== undefined) return ns;
  throw new UsageError(
    `flag --${flag}: expected a time such as 2026-11-24T10:00:00Z, "2026-11-24 10:00", yesterday, 14:30, now-1h, "2h ago" or Unix seconds, got "${text}"`,
  );
}

/** `2 days` → `2d`. */
const withoutWords = (text: string): string =>
  text.replace(
    / *\b(seconds?|minutes?|hours?|days?|weeks?|mins?|hrs?|secs?)\b */g,
    (_, [letter]: string) => letter ?? '',
  );

const dayOffsets: Readonly<Record<string, number>> = { today: 0, yesterday: -1 };
const localTime =
  /^(?:(\d{4})-(\d\d)-(\d\d)|(today|yesterday))?[ Tt]?(?:(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

/** A time without a zone, in that of the machine, which answers are printed in; a time alone is of today. */
function parseLocal(text: string, nowNs: bigint): bigint | undefined {
  const match = localTime.exec(text);
  if (match === null || text.trim() === '') return undefined;
  const [, year, month, day, word, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const time = [Number(hour), Number(minute), Number(second)] as const;
  if (time[0] > 23 || time[1] > 59 || time[2] > 59) return undefined;
  const date = new Date(Number(nowNs / nsPerMs));
  if (year !== undefined) date.setFullYear(Number(year), Number(month) - 1, Number(day));
  else date.setDate(date.getDate() + (dayOffsets[word ?? 'today'] ?? 0));
  // A day that the month does not have has become one of the next.
  if (month !== undefined && date.getMonth() !== Number(month) - 1) return undefined;
  date.setHours(...time, 0);
  return BigInt(date.getTime()) * nsPerMs + BigInt(fraction.padEnd(9, '0'));
}

/** RFC 3339, also with a space or small letters; a date alone is its start in UTC. Undefined for anything else. */
export function parseDateTime(text: string): bigint | undefined {
  const written = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T').toUpperCase();
  const time = parseRfc3339(written);
  return time && joinNs(time.seconds, time.nanos);
}
