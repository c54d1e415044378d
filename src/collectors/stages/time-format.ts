// Times by a format that the configuration names.

import { namedLayouts } from '../../go/layout.ts';
import { type ParsedTime, parseLayout } from '../../go/parse-layout.ts';
import { timeZone, type Zone } from '../../go/zone.ts';
import { nsPerSecond, splitNs } from '../../model/time.ts';
import { TimeReader } from '../parse/time-reader.ts';
import { clockOf, type Instant, unixTime } from '../parse/timestamps.ts';
import { zoneName } from '../parse/zone-names.ts';
import { acceptedByDefault } from '../settings.ts';

/** Undefined when the text does not fit. */
export type ReadTime = (text: string, nowNs: bigint) => Instant | undefined;

const daySeconds = 86_400;
const unixDigits: Readonly<Record<string, number>> = { Unix: 9, UnixMs: 6, UnixUs: 3, UnixNs: 0 };

/** @param location IANA name; '' is the machine's. Throws Error for an unknown one. */
export function compileTimeFormat(format: string, location: string): ReadTime {
  const zone = timeZone(location);
  const below = Object.hasOwn(unixDigits, format) ? unixDigits[format] : undefined;
  if (below !== undefined) return (text) => unixIn(text, below);
  const reader = new TimeReader(zone, acceptedByDefault);
  const calendar: ReadTime = (text, nowNs) => reader.at(nowNs).calendarField(text);
  if (format === '') return (text, nowNs) => calendar(text, nowNs) ?? unixTime(text);
  if (/^RFC3339(Nano)?$/.test(format)) return calendar;
  const layout = namedLayouts.get(format) ?? format;
  return (text, nowNs) => {
    const parsed = parseLayout(layout, text.trim());
    return parsed && instantOf(parsed, zone, nowNs);
  };
}

/** A decimal number with `below` digits of nanoseconds below its unit. */
function unixIn(text: string, below: number): Instant | undefined {
  const parts = /^(-?\d{1,19})(?:\.(\d+))?$/.exec(text);
  if (!parts) return undefined;
  return splitNs(BigInt(`${parts[1]}${(parts[2] ?? '').slice(0, below).padEnd(below, '0')}`));
}

/** A layout without year means the year that brings the time nearest to, and at most a day after, now. */
function instantOf(time: ParsedTime, zone: Zone, nowNs: bigint): Instant | undefined {
  const nowSeconds = Number(nowNs / nsPerSecond);
  const instant = (year: number): Instant => {
    const { month, day, hour, minute, second, nanosecond } = time;
    const wallSeconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    const clock = clockOf(zone);
    const named = time.zoneName === undefined ? undefined : zoneName(time.zoneName, 0)?.offsets;
    const own = named && clock.offsets(wallSeconds).find((offset) => named.includes(offset));
    const offset = time.offsetSeconds ?? own ?? named?.[0];
    const seconds = offset === undefined ? clock.instant(wallSeconds, nowSeconds) : wallSeconds - offset;
    return { seconds, nanos: nanosecond };
  };
  if (time.year !== 0) return instant(time.year);
  const thisYear = new Date(nowSeconds * 1000).getUTCFullYear();
  return [thisYear + 1, thisYear, thisYear - 1]
    .map(instant)
    .find(({ seconds }) => seconds <= nowSeconds + daySeconds);
}
