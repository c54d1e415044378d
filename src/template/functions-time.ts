// Dates, durations and byte sizes.

import { parseBytes } from '../go/bytes.ts';
import { parseGoDuration } from '../go/duration.ts';
import { type ParsedTime, parseLayout } from '../go/parse-layout.ts';
import { daysFromCivil, GoDuration, GoTime } from '../go/time.ts';
import { localZone, unixFromWall, utc, type Zone, zoneAt, zoneByName } from '../go/zone.ts';
import { floorDiv, nsPerSecond } from '../model/time.ts';
import { type FunctionTable, fixed, type TemplateFunction, variadic } from './function-table.ts';
import { FunctionError } from './template-error.ts';
import { integerOf, type Value } from './value.ts';

/** The instant of a parsed reading: its own offset wins, else the zone. */
function instantOf(parsed: ParsedTime, zone: Zone): GoTime {
  const days =
    parsed.yearDay === undefined
      ? daysFromCivil(parsed.year, parsed.month, parsed.day)
      : daysFromCivil(parsed.year, 1, parsed.yearDay);
  const wall = days * 86_400 + parsed.hour * 3600 + parsed.minute * 60 + parsed.second;
  const at = (unixSeconds: number, shown: Zone): GoTime =>
    new GoTime(BigInt(unixSeconds) * nsPerSecond + BigInt(parsed.nanosecond), shown);
  if (parsed.offsetSeconds !== undefined) {
    const unixSeconds = wall - parsed.offsetSeconds;
    if (parsed.offsetSeconds === 0 && parsed.zoneName === undefined) return at(unixSeconds, utc);
    if (zoneAt(zone, unixSeconds).offsetSeconds === parsed.offsetSeconds) return at(unixSeconds, zone);
    return at(unixSeconds, {
      kind: 'fixed',
      name: parsed.zoneName ?? '',
      offsetSeconds: parsed.offsetSeconds,
    });
  }
  if (parsed.zoneName === 'UTC') return at(wall, utc);
  return at(unixFromWall(zone, wall), zone);
}

/** time.ParseInLocation with the error dropped: what does not fit is the zero time. */
function toDate(layout: string, zone: Zone, text: string): GoTime {
  const parsed = parseLayout(layout, text);
  return parsed === undefined ? GoTime.zero() : instantOf(parsed, zone);
}

/** Numbers are unix seconds. */
function asTime(value: Value, nowNs: () => bigint): GoTime {
  if (value instanceof GoTime) return new GoTime(value.ns, localZone());
  const seconds = integerOf(value);
  return new GoTime(seconds === undefined ? nowNs() : seconds * nsPerSecond, localZone());
}

const epochScale: Readonly<Record<number, bigint>> = {
  5: 86_400n * nsPerSecond,
  10: nsPerSecond,
  13: 1_000_000n,
  16: 1000n,
  19: 1n,
};

/** The number of digits tells the unit: 5 days, 10 seconds, 13 milli-, 16 micro-, 19 nanoseconds. */
function unixToTime(text: string): GoTime {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw new FunctionError(
      `unable to parse time '${text}': strconv.ParseInt: parsing "${text}": invalid syntax`,
    );
  }
  const scale = epochScale[text.length];
  if (scale === undefined)
    throw new FunctionError(`unable to parse time '${text}': unexpected length ${text.length}`);
  return new GoTime(BigInt(text) * scale, localZone());
}

const ofTime = (call: (time: GoTime) => Value): TemplateFunction =>
  fixed(['time.Time'], call as (...args: never[]) => Value);

function seconds(text: string): number {
  const parsed = parseGoDuration(text);
  if (typeof parsed === 'string') throw new FunctionError(parsed);
  return new GoDuration(parsed).seconds();
}

function bytes(text: string): number {
  const parsed = parseBytes(text);
  if (typeof parsed === 'string') throw new FunctionError(parsed);
  return parsed;
}

export const timeFunctions: FunctionTable = {
  now: variadic([], 'any', (_args, context) => new GoTime(context.nowNs(), localZone())),
  date: {
    parameters: ['string', 'any'],
    call: ([layout, value], { nowNs }) => asTime(value, nowNs).format(layout as string),
  },
  toDate: fixed(['string', 'string'], ((layout: string, text: string) =>
    toDate(layout, localZone(), text)) as (...args: never[]) => Value),
  toDateInZone: fixed(['string', 'string', 'string'], ((layout: string, zone: string, text: string) =>
    toDate(layout, zoneByName(zone) ?? utc, text)) as (...args: never[]) => Value),
  unixToTime: fixed(['string'], unixToTime as (...args: never[]) => Value),
  unixEpoch: ofTime((time) => String(floorDiv(time.ns, nsPerSecond))),
  unixEpochMillis: ofTime((time) => String(floorDiv(time.ns, 1_000_000n))),
  unixEpochNanos: ofTime((time) => String(time.ns)),
  duration: fixed(['string'], seconds as (...args: never[]) => Value),
  duration_seconds: fixed(['string'], seconds as (...args: never[]) => Value),
  bytes: fixed(['string'], bytes as (...args: never[]) => Value),
};
