// Times by a format that the configuration names.

import { joinNs, nsPerSecond } from '../../model/time.ts';
import { type ParsedTime, parseLayout } from '../../template/parse-layout.ts';
import { utc, type Zone, zoneByName } from '../../template/time-zone.ts';
import { instantIn, isoTime, unixTime } from '../parse/timestamps.ts';

/** Unix nanoseconds; undefined when the text does not fit. */
export type ReadTime = (text: string, nowNs: bigint) => bigint | undefined;

/** Go's names for its layouts. */
const layouts: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
};

const unixDigits: Readonly<Record<string, number>> = { Unix: 9, UnixMs: 6, UnixUs: 3, UnixNs: 0 };

/** @param zoneName IANA name; '' is UTC. Throws Error for an unknown one. */
export function compileTimeFormat(format: string, zoneName: string): ReadTime {
  const zone = timeZone(zoneName);
  const below = Object.hasOwn(unixDigits, format) ? unixDigits[format] : undefined;
  if (below !== undefined) return (text) => unixIn(text, below);
  if (format === '')
    return (text) => {
      const iso = readIso(text, zone);
      const unix = iso === undefined ? unixTime(text) : undefined;
      return unix ? joinNs(unix.seconds, unix.nanos) : iso;
    };
  if (/^RFC3339(Nano)?$/.test(format)) return (text) => readIso(text, zone);
  const layout = layouts[format] ?? format;
  return (text, nowNs) => {
    const parsed = parseLayout(layout, text.trim());
    return parsed && instantOf(parsed, zone, nowNs);
  };
}

/** Throws Error for an unknown zone. */
export function timeZone(name: string): Zone {
  const zone = name === '' ? utc : zoneByName(name);
  if (!zone)
    throw new Error(
      `There is no time zone ${JSON.stringify(name)}: give an IANA name such as Europe/Berlin.`,
    );
  return zone;
}

function readIso(text: string, zone: Zone): bigint | undefined {
  const found = isoTime(text);
  return found && (found.zoned ? found.ns : instantIn(found.ns, zone));
}

/** A decimal number with `below` digits of nanoseconds below its unit. */
function unixIn(text: string, below: number): bigint | undefined {
  const parts = /^(-?\d{1,19})(?:\.(\d+))?$/.exec(text);
  if (!parts) return undefined;
  return BigInt(`${parts[1]}${(parts[2] ?? '').slice(0, below).padEnd(below, '0')}`);
}

/** A layout without year means the year that brings the time nearest to, and at most a day after, now. */
function instantOf(time: ParsedTime, zone: Zone, nowNs: bigint): bigint | undefined {
  const wall = (year: number): bigint =>
    BigInt(Date.UTC(year, time.month - 1, time.day, time.hour, time.minute, time.second) / 1000) *
      nsPerSecond +
    BigInt(time.nanosecond);
  const instant = (year: number): bigint =>
    time.offsetSeconds === undefined
      ? instantIn(wall(year), zone)
      : wall(year) - BigInt(time.offsetSeconds) * nsPerSecond;
  if (time.year !== 0) return instant(time.year);
  const thisYear = new Date(Number(nowNs / 1_000_000n)).getUTCFullYear();
  const dayNs = 86_400n * nsPerSecond;
  return [thisYear + 1, thisYear, thisYear - 1].map(instant).find((ns) => ns <= nowNs + dayNs);
}
