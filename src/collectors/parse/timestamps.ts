// Times as log lines write them → Unix time. Hand-written scanners: no locale, no Date parsing of odd text, and numbers
// instead of BigInt, whose arithmetic would cost more than the reading.

import { joinNs, nsPerSecond } from '../../model/time.ts';
import { unixFromWall, utc, type Zone } from '../../template/time-zone.ts';

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

  constructor(seconds: number, nanos: number, end: number, zoned: boolean) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.end = end;
    this.zoned = zoned;
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

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthAt = (text: string, at: number): number => months.indexOf(text.slice(at, at + 3).toLowerCase());
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
function utcSeconds(
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

const dash = 45;
const slash = 47;
const colon = 58;
const space = 32;
const upperT = 84;
const lowerT = 116;

/** `.123456789` or `,123` at `at`: nanoseconds and the end; digits beyond nine are cut. */
function fraction(text: string, at: number): { nanos: number; end: number } {
  const mark = text[at];
  if ((mark !== '.' && mark !== ',') || digit(text, at + 1) < 0) return { nanos: 0, end: at };
  let end = at + 1;
  let nanos = 0;
  let scale = 100_000_000;
  for (let d = digit(text, end); d >= 0; d = digit(text, ++end)) {
    nanos += d * scale;
    scale = Math.floor(scale / 10);
  }
  return { nanos, end };
}

/** `Z`, `+02:00`, `+0200`, ` UTC`: seconds east of Greenwich. Without a zone: undefined. */
function zone(text: string, at: number): { eastSeconds: number; end: number } | undefined {
  const mark = text[at];
  if (mark === 'Z' || mark === 'z') return { eastSeconds: 0, end: at + 1 };
  if (mark === '+' || mark === '-') {
    const hours = digits(text, at + 1, 2);
    const minuteAt = text[at + 3] === ':' ? at + 4 : at + 3;
    const minutes = digits(text, minuteAt, 2);
    if (hours < 0 || minutes < 0) return undefined;
    return { eastSeconds: (mark === '-' ? -1 : 1) * (hours * 3600 + minutes * 60), end: minuteAt + 2 };
  }
  if (mark === ' ') {
    if (text.startsWith('UTC', at + 1)) return { eastSeconds: 0, end: at + 4 };
    if (text[at + 1] === '+' || text[at + 1] === '-') return zone(text, at + 1);
  }
  return undefined;
}

/**
 * `2026-11-24T15:04:05.123456789Z`, also with a space or `/` as separators, a comma before the fraction, and
 * without zone (then UTC). Undefined when there is no such time at `at`.
 */
export function isoTime(text: string, at = 0): FoundTime | undefined {
  const mark = text.charCodeAt(at + 4);
  if ((mark !== dash && mark !== slash) || text.charCodeAt(at + 7) !== mark) return undefined;
  const separator = text.charCodeAt(at + 10);
  if (separator !== upperT && separator !== lowerT && separator !== space) return undefined;
  if (text.charCodeAt(at + 13) !== colon || text.charCodeAt(at + 16) !== colon) return undefined;
  const seconds = utcSeconds(
    digits(text, at, 4),
    digits(text, at + 5, 2) - 1,
    digits(text, at + 8, 2),
    digits(text, at + 11, 2),
    digits(text, at + 14, 2),
    digits(text, at + 17, 2),
  );
  if (seconds === undefined) return undefined;
  const { nanos, end } = fraction(text, at + 19);
  const offset = zone(text, end);
  return new FoundTime(seconds - (offset?.eastSeconds ?? 0), nanos, offset?.end ?? end, offset !== undefined);
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
  const offset = zone(text, at + 20);
  if (seconds === undefined || !offset) return undefined;
  return new FoundTime(seconds - offset.eastSeconds, 0, offset.end, true);
}

/**
 * `Nov 24 15:04:05`, syslog's old time: no year, no zone. Read as UTC in the year that brings it nearest to, and at
 * most a day after, `nowNs`.
 */
export function syslogTime(text: string, nowNs: bigint, at = 0): FoundTime | undefined {
  if (text[at + 3] !== ' ' || text[at + 6] !== ' ' || text[at + 9] !== ':' || text[at + 12] !== ':')
    return undefined;
  const month = monthAt(text, at);
  if (month < 0) return undefined;
  const day = text[at + 4] === ' ' ? digits(text, at + 5, 1) : digits(text, at + 4, 2);
  const nowSeconds = Number(nowNs / nsPerSecond);
  const thisYear = new Date(nowSeconds * 1000).getUTCFullYear();
  for (const year of [thisYear + 1, thisYear, thisYear - 1]) {
    const seconds = utcSeconds(
      year,
      month,
      day,
      digits(text, at + 7, 2),
      digits(text, at + 10, 2),
      digits(text, at + 13, 2),
    );
    if (seconds === undefined || seconds > nowSeconds + 86_400) continue;
    return new FoundTime(seconds, 0, at + 15, false);
  }
  return undefined;
}

/**
 * A Unix time as a number or decimal text: seconds (with fraction), milliseconds, microseconds or nanoseconds, told
 * apart by size: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds.
 */
export function unixTime(text: string): Instant | undefined {
  const dot = text.indexOf('.');
  const length = dot < 0 ? text.length : dot;
  if (length < 9 || length > 19) return undefined;
  // Digits of the number that lie below a second, and what those below the number are worth.
  const below = length <= 11 ? 0 : length <= 14 ? 3 : length <= 17 ? 6 : 9;
  const seconds = digits(text, 0, length - below);
  const part = digits(text, length - below, below);
  if (seconds < 0 || part < 0) return undefined;
  const scale = 10 ** (9 - below);
  if (dot < 0) return { seconds, nanos: part * scale };
  const rest = fraction(text, dot);
  if (rest.end !== text.length) return undefined;
  return { seconds, nanos: part * scale + Math.floor((rest.nanos * scale) / 1e9) };
}

/** A reading of the clock in a zone (ns as if it were UTC) → the instant. */
export function instantIn(wallNs: bigint, zone: Zone): bigint {
  if (zone === utc) return wallNs;
  return BigInt(unixFromWall(zone, Number(wallNs / nsPerSecond))) * nsPerSecond + (wallNs % nsPerSecond);
}

const instant = (found: FoundTime | undefined, zone: Zone): Instant | undefined =>
  found === undefined || found.zoned || zone === utc
    ? found
    : { seconds: unixFromWall(zone, found.seconds), nanos: found.nanos };

/** A time in a field of its own: ISO text, access log text, or a Unix time. `zone`: of times that name none. */
export function fieldTime(text: string, zone: Zone = utc): Instant | undefined {
  if (text.length > 64) return undefined;
  return instant(isoTime(text) ?? accessLogTime(text), zone) ?? unixTime(text);
}

/** Where the bracket of an access log's time is looked for. */
const bracketCharsMax = 200;

/**
 * A time a plain line starts with, also in brackets or behind an access log's address and user. `zone`: of times that
 * name none.
 */
export function leadingTime(line: string, nowNs: bigint, zone: Zone = utc): Instant | undefined {
  const at = line[0] === '[' ? 1 : 0;
  const found = isoTime(line, at) ?? syslogTime(line, nowNs, at);
  if (found) return instant(found, zone);
  const bracket = line.indexOf('[');
  return bracket < 0 || bracket >= bracketCharsMax
    ? undefined
    : instant(accessLogTime(line, bracket + 1) ?? isoTime(line, bracket + 1), zone);
}
