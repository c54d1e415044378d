// The other ways in which programs write a date and a time of day; ISO 8601 and its like are read in timestamps.ts.
import { daySeconds } from '../../model/units.ts';
import { FoundTime, monthAt, utcSeconds, zoneAt } from './timestamps.ts';

const clock =
  '(?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)(?:[.,](?<fraction>\\d+))?(?: ?(?<half>[AaPp][Mm]))?(?!\\w|:\\d)';
const weekday = '(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?';
const month = '(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\\.?';

/** Each is tried where a text begins with a character of its kind. */
const byLetter: readonly RegExp[] = [
  // ctime, date(1), java.util.logging, syslog with a year: `Mon Nov 30 11:31:36 2026`, `Nov 30, 2026 11:31:36 AM`.
  new RegExp(`${weekday}${month} +(?<day>\\d{1,2}),?(?: (?<year>\\d{4}),?)? +${clock}`, 'y'),
  // RFC 1123: `Mon, 30 Nov 2026 11:31:36 GMT`.
  new RegExp(`${weekday}(?<day>\\d{1,2})[ -]${month}[ -](?<year>\\d{4})[ T]+${clock}`, 'y'),
  // klog: `I1130 11:31:36.123456`.
  new RegExp(`[IWEF](?<monthNumber>\\d\\d)(?<day>\\d\\d) ${clock}`, 'y'),
];
const byDigit: readonly RegExp[] = [
  // `30 Nov 2026 11:31:36`, `30-Nov-2026 11:31:36.123`, `30/Nov/2026:11:31:36 +0000`, `30 Nov 11:31:36`.
  new RegExp(`(?<day>\\d{1,2})[ /-]${month}(?:[ /-](?<year>\\d{4}))?,?[ :T]+${clock}`, 'y'),
  // NX-OS: `2026 Nov 30 11:31:36`.
  new RegExp(`(?<year>\\d{4}) ${month} +(?<day>\\d{1,2}) +${clock}`, 'y'),
  // `30/11/2026 11:31:36`, `11/30/2026, 11:31:36 AM`, `30.11.2026 11:31:36`.
  new RegExp(
    `(?<first>\\d{1,2})(?<mark>[/.-])(?<second1>\\d{1,2})\\k<mark>(?<year>\\d{4}),?[ T]+${clock}`,
    'y',
  ),
  // `20261130 11:31:36`, `20261130T113136`.
  /(?<year>\d{4})(?<monthNumber>\d\d)(?<day>\d\d)[ T_-]?(?<hour>\d\d):?(?<minute>\d\d):?(?<second>\d\d)(?:[.,](?<fraction>\d+))?(?!\d|:\d)/y,
  // MySQL's old log: `261130 11:31:36`.
  new RegExp(`(?<shortYear>\\d\\d)(?<monthNumber>\\d\\d)(?<day>\\d\\d) +${clock}`, 'y'),
];

/** A day of one or two digits, or a date of six digits or more: most numbers that lines begin with are neither. */
const mayBeDate = (text: string, at: number): boolean =>
  /[ /.-]/.test(text.slice(at + 1, at + 3)) || /^(?:\d{6}|\d{4} [A-Z])/.test(text.slice(at, at + 6));

interface Parts {
  readonly [name: string]: string | undefined;
}

/**
 * A date and a time of day at `at`. Without a year it is the one that brings the time nearest to, and at most a day
 * after, `nowSeconds`; of a day and a month that could be either way about, the one nearer to it.
 */
export function calendarTime(text: string, at: number, nowSeconds: number): FoundTime | undefined {
  const code = text.charCodeAt(at);
  const isDigit = code >= 48 && code <= 57;
  if (isDigit ? !mayBeDate(text, at) : !(code >= 65 && code <= 90)) return undefined;
  for (const format of isDigit ? byDigit : byLetter) {
    format.lastIndex = at;
    const match = format.exec(text);
    if (match?.groups) {
      const found = timeOf(match.groups, text, format.lastIndex, nowSeconds);
      if (found) return found;
    }
  }
  return undefined;
}

function timeOf(parts: Parts, text: string, end: number, nowSeconds: number): FoundTime | undefined {
  const hour = hourOf(parts);
  if (hour === undefined) return undefined;
  const nanos = Number((parts.fraction ?? '').slice(0, 9).padEnd(9, '0'));
  let zone = zoneAt(text, end);
  const late =
    parts.year === undefined && parts.shortYear === undefined
      ? yearBehind(text, zone?.end ?? end)
      : undefined;
  const behind = late?.end ?? zone?.end ?? end;
  zone ??= zoneAt(text, behind);
  const year = late?.year ?? yearOf(parts);
  const seconds = nearest(
    days(parts).flatMap(({ month: monthIndex, day }) =>
      yearsOf(year, nowSeconds).map((one) =>
        utcSeconds(one, monthIndex, day, hour, Number(parts.minute), Number(parts.second)),
      ),
    ),
    nowSeconds,
    year === undefined,
  );
  if (seconds === undefined) return undefined;
  const [eastSeconds = 0] = zone?.offsets ?? [];
  return new FoundTime(
    seconds - eastSeconds,
    nanos,
    Math.max(behind, zone?.end ?? 0),
    zone !== undefined,
    zone?.offsets,
  );
}

function hourOf({ hour, half }: Parts): number | undefined {
  const written = Number(hour);
  if (half === undefined) return written;
  if (written < 1 || written > 12) return undefined;
  return (written % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

const yearOf = ({ year, shortYear }: Parts): number | undefined =>
  year !== undefined ? Number(year) : shortYear !== undefined ? 2000 + Number(shortYear) : undefined;

/** ` 2026` after a time that had no year. */
function yearBehind(text: string, at: number): { readonly year: number; readonly end: number } | undefined {
  const found = /^ ((?:19|20)\d\d)(?![\w.,:-])/.exec(text.slice(at, at + 6));
  return found ? { year: Number(found[1]), end: at + 5 } : undefined;
}

/** Month from 0; both ways where a day and a month could be exchanged. */
function days({
  month: name,
  monthNumber: number,
  day,
  first,
  second1,
}: Parts): { month: number; day: number }[] {
  if (name !== undefined) return [{ month: monthAt(name, 0), day: Number(day) }];
  if (number !== undefined) return [{ month: Number(number) - 1, day: Number(day) }];
  const [a, b] = [Number(first), Number(second1)];
  return [
    { month: b - 1, day: a },
    { month: a - 1, day: b },
  ];
}

function yearsOf(year: number | undefined, nowSeconds: number): readonly number[] {
  if (year !== undefined) return [year];
  const now = new Date(nowSeconds * 1000).getUTCFullYear();
  return [now + 1, now, now - 1];
}

/** `isPast`: at most a day after `nowSeconds`. */
function nearest(
  candidates: readonly (number | undefined)[],
  nowSeconds: number,
  isPast: boolean,
): number | undefined {
  let best: number | undefined;
  for (const seconds of candidates) {
    if (seconds === undefined || (isPast && seconds > nowSeconds + daySeconds)) continue;
    if (best === undefined || Math.abs(seconds - nowSeconds) < Math.abs(best - nowSeconds)) best = seconds;
  }
  return best;
}
