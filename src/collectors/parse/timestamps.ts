// Times as log lines write them → Unix time. Hand-written scanners: no locale, no Date parsing of odd text, and numbers
// instead of BigInt, whose arithmetic would cost more than the reading.

import type { Zone } from '../../go/zone.ts';
import { joinNs } from '../../model/time.ts';
import { WallClock } from './wall-clock.ts';
import { type ZoneText, zoneName } from './zone-names.ts';

/** A moment: Unix seconds (floored) and nanoseconds 0..999,999,999. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/** `byNanos` below a second. */
export function laterBy({ seconds, nanos }: Instant, byNanos: number): Instant {
  const sum = nanos + byNanos;
  return sum < 1e9 ? { seconds, nanos: sum } : { seconds: seconds + 1, nanos: sum - 1e9 };
}

export class FoundTime implements Instant {
  readonly seconds: number;
  readonly nanos: number;
  /** Offset just behind the time's text. */
  readonly end: number;
  /** False: the text names no zone, and it was read as UTC. */
  readonly zoned: boolean;
  /** Seconds east of Greenwich that the zone's name may mean; the time was read with the first. */
  readonly offsets: readonly number[] | undefined;

  constructor(
    seconds: number,
    nanos: number,
    end: number,
    zoned: boolean,
    offsets: readonly number[] | undefined = undefined,
  ) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.end = end;
    this.zoned = zoned;
    this.offsets = offsets;
  }

  get ns(): bigint {
    return joinNs(this.seconds, this.nanos);
  }
}

const digit = (text: string, at: number): number => {
  const code = text.charCodeAt(at) - 48;
  return code >= 0 && code <= 9 ? code : -1;
};

/** `count` digits at `at` as a number, or -1. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const d = digit(text, i);
    if (d < 0) return -1;
    value = value * 10 + d;
  }
  return value;
}

/** Two digits at `at` as a number, or -1. */
function twoDigits(text: string, at: number): number {
  const tens = digit(text, at);
  const ones = digit(text, at + 1);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Month from 0 by the first letters of its name; -1 when there is none. */
export const monthAt = (text: string, at: number): number =>
  months.indexOf(text.slice(at, at + 3).toLowerCase());
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();

/** The day asked for last: lines that follow each other are mostly of one day. */
let lastDay = -1;
let lastDaySeconds = 0;

/** Midnight in UTC of a day (month from 0), Unix seconds; undefined when there is no such day. */
function daySeconds(year: number, month: number, day: number): number | undefined {
  if (year < 1970 || month < 0 || month > 11 || day < 1 || day > 31) return undefined;
  const key = (year * 12 + month) * 32 + day;
  if (key === lastDay) return lastDaySeconds;
  if (day > daysIn(year, month)) return undefined;
  lastDay = key;
  lastDaySeconds = Date.UTC(year, month, day) / 1000;
  return lastDaySeconds;
}

/** Calendar parts (month from 0) to Unix seconds in UTC; undefined when no such moment. */
export function utcSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  // 60 is a leap second: it runs into the next minute, as in RFC 3339.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  const midnight = daySeconds(year, month, day);
  return midnight === undefined ? undefined : midnight + hour * 3600 + minute * 60 + second;
}

const plus = 43;
const comma = 44;
const dash = 45;
const dot = 46;
const slash = 47;
const colon = 58;
const space = 32;
const upperT = 84;
const lowerT = 116;
const underscore = 95;
const upperZ = 90;
const lowerZ = 122;

/** The place behind `.123456789` or `,123` at `at`; `at` when there is no such thing. */
function fractionEnd(text: string, at: number): number {
  const mark = text.charCodeAt(at);
  if (mark !== dot && mark !== comma) return at;
  let end = at + 1;
  while (digit(text, end) >= 0) end++;
  return end === at + 1 ? at : end;
}

/** Nanoseconds of the fraction at `text[at, end)`; digits beyond nine are cut. */
function fractionNanos(text: string, at: number, end: number): number {
  const stop = Math.min(end, at + 1 + 9);
  let value = 0;
  for (let i = at + 1; i < stop; i++) value = value * 10 + digit(text, i);
  return end === at ? 0 : value * (powersOfTen[9 - (stop - at - 1)] as number);
}

const powersOfTen = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

const hoursMax = 15;

/** `Z`, `+02:00`, `+0200`, `+02`, `CET`, `GMT+1`, also behind a space. Undefined: there is no zone. */
export function zoneAt(text: string, at: number): ZoneText | undefined {
  const start = text.charCodeAt(at) === space ? at + 1 : at;
  const mark = text.charCodeAt(start);
  if (mark === upperZ || mark === lowerZ) return { offsets: greenwich, end: start + 1 };
  if (mark === plus || mark === dash) return offsetAt(text, start, 2);
  const name = zoneName(text, start);
  if (name?.offsets[0] !== 0) return name;
  // `UTC+02:00`, `GMT-5`, `GMT+0100 (Central European Standard Time)`: hours from Greenwich.
  return offsetAt(text, name.end, 2) ?? offsetAt(text, name.end, 1) ?? name;
}

/** A sign, hours of so many digits and perhaps minutes. */
function offsetAt(text: string, at: number, hourDigits: 1 | 2): ZoneText | undefined {
  const mark = text.charCodeAt(at);
  if (mark !== plus && mark !== dash) return undefined;
  const hours = digits(text, at + 1, hourDigits);
  if (hours < 0 || hours > hoursMax) return undefined;
  const hoursEnd = at + 1 + hourDigits;
  const minuteAt = text.charCodeAt(hoursEnd) === colon ? hoursEnd + 1 : hoursEnd;
  const written = digits(text, minuteAt, 2);
  if (written > 59 || (written < 0 && digit(text, hoursEnd) >= 0)) return undefined;
  const minutes = Math.max(0, written);
  return {
    offsets: [(mark === dash ? -1 : 1) * (hours * 3600 + minutes * 60)],
    end: written < 0 ? hoursEnd : minuteAt + 2,
  };
}

const greenwich = [0];

/**
 * `2026-11-24T15:04:05.123456789Z`, also with a space or `/` as separators, a comma before the fraction, and
 * without zone (then UTC). Undefined when there is no such time at `at`.
 */
export function isoTime(text: string, at = 0): FoundTime | undefined {
  const mark = text.charCodeAt(at + 4);
  if ((mark !== dash && mark !== slash) || text.charCodeAt(at + 7) !== mark) return undefined;
  const separator = text.charCodeAt(at + 10);
  if (separator !== upperT && separator !== lowerT && separator !== space && separator !== underscore)
    return undefined;
  if (text.charCodeAt(at + 13) !== colon || text.charCodeAt(at + 16) !== colon) return undefined;
  const century = twoDigits(text, at);
  const year = twoDigits(text, at + 2);
  if (century < 0 || year < 0) return undefined;
  const seconds = utcSeconds(
    century * 100 + year,
    twoDigits(text, at + 5) - 1,
    twoDigits(text, at + 8),
    twoDigits(text, at + 11),
    twoDigits(text, at + 14),
    twoDigits(text, at + 17),
  );
  if (seconds === undefined) return undefined;
  const end = fractionEnd(text, at + 19);
  const nanos = fractionNanos(text, at + 19, end);
  if (text.charCodeAt(end) === upperZ) return new FoundTime(seconds, nanos, end + 1, true, greenwich);
  const zone = zoneAt(text, end);
  if (!zone) return new FoundTime(seconds, nanos, end, false);
  return new FoundTime(seconds - (zone.offsets[0] ?? 0), nanos, zone.end, true, zone.offsets);
}

/** `24/Nov/2026:15:04:05 +0000`, the time of web servers' access logs. */
export function accessLogTime(text: string, at = 0): FoundTime | undefined {
  if (text[at + 2] !== '/' || text[at + 6] !== '/' || text[at + 11] !== ':') return undefined;
  const seconds = utcSeconds(
    digits(text, at + 7, 4),
    monthAt(text, at + 3),
    digits(text, at, 2),
    digits(text, at + 12, 2),
    digits(text, at + 15, 2),
    digits(text, at + 18, 2),
  );
  const zone = seconds === undefined ? undefined : zoneAt(text, at + 20);
  if (seconds === undefined || !zone) return undefined;
  return new FoundTime(seconds - (zone.offsets[0] ?? 0), 0, zone.end, true, zone.offsets);
}

/**
 * A Unix time as a number or decimal text: seconds (with fraction), milliseconds, microseconds or nanoseconds, told
 * apart by size: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds.
 */
export function unixTime(text: string): Instant | undefined {
  const point = text.indexOf('.');
  const length = point < 0 ? text.length : point;
  if (length < 9 || length > 19) return undefined;
  // Digits of the number that lie below a second, and what those below the number are worth.
  const below = length <= 11 ? 0 : length <= 14 ? 3 : length <= 17 ? 6 : 9;
  const seconds = digits(text, 0, length - below);
  const part = digits(text, length - below, below);
  if (seconds < 0 || part < 0) return undefined;
  const scale = powersOfTen[9 - below] as number;
  if (point < 0) return { seconds, nanos: part * scale };
  if (fractionEnd(text, point) !== text.length) return undefined;
  const rest = fractionNanos(text, point, text.length);
  return { seconds, nanos: part * scale + Math.floor((rest * scale) / 1e9) };
}

/** As `unixTime` of the number's text, for whole numbers of at most 15 digits. */
export function unixTimeOfNumber(value: number): Instant | undefined {
  if (value < 1e8) return undefined;
  const below = value < 1e11 ? 0 : value < 1e14 ? 3 : 6;
  const unit = powersOfTen[below] as number;
  const seconds = Math.floor(value / unit);
  return { seconds, nanos: (value - seconds * unit) * (powersOfTen[9 - below] as number) };
}

/** Of the zones that the settings name: few. */
const clocks = new Map<string, WallClock>();

/** One for each zone, as what it has found out is kept. */
export function clockOf(zone: Zone): WallClock {
  let clock = clocks.get(zone.name);
  if (!clock) {
    clock = new WallClock(zone);
    clocks.set(zone.name, clock);
  }
  return clock;
}
