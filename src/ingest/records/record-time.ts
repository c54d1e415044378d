// Times of records as shippers write them: RFC 3339 and what is close to it, and Unix time in any unit.
import { parseRfc3339 } from '../../go/rfc3339.ts';

export interface RecordTime {
  /** Unix seconds, and the nanoseconds after them. */
  readonly seconds: number;
  readonly nanos: number;
}

/** The year 2262, where nanoseconds end. */
const secondsMax = 9_223_372_036;
const decimal = /^(\d{1,19})(?:\.(\d+))?$/;
/** Without a zone: UTC; with a space, a colon left out of the zone, or hours alone in it. */
const loose = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?(?:Z|([+-]\d\d)(?::?(\d\d))?)?$/;

/** Undefined for a text that is no time between 1970 and 2262. The unit of a number is told by its size. */
export function parseRecordTime(text: string): RecordTime | undefined {
  const number = decimal.exec(text);
  const time = number === null ? dateTime(text) : unixTime(number[1] as string, number[2] ?? '');
  return time !== undefined && time.seconds >= 0 && time.seconds < secondsMax ? time : undefined;
}

/** Seconds have up to 11 digits (until the year 5138), milliseconds 14, microseconds 17. */
function unixTime(digits: string, fraction: string): RecordTime {
  const { length } = digits;
  const exponent = length <= 11 ? 0 : length <= 14 ? 3 : length <= 17 ? 6 : 9;
  const whole = digits.slice(0, length - exponent);
  const rest = digits.slice(length - exponent) + fraction;
  return { seconds: Number(whole), nanos: Number(rest.slice(0, 9).padEnd(9, '0')) };
}

function dateTime(text: string): RecordTime | undefined {
  const time = parseRfc3339(text);
  if (time !== undefined) return time;
  const match = loose.exec(text);
  if (match === null) return undefined;
  const [, date, clock, fraction, hours, minutes = '00'] = match;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return parseRfc3339(`${date}T${clock}${fraction === undefined ? '' : `.${fraction}`}${zone}`);
}

/** A time in UTC, as most shippers write it. */
const plain = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const dayLength = '2026-11-30T'.length;
const secondLength = '2026-11-30T10:00:00'.length;
const daySeconds = 86_400;
/** Unix time in milliseconds, exact as a number. */
const plainNumberDigits = { min: 12, max: 14 };

/** Times of records one after the other, of which most are of one day. */
export class RecordTimes {
  readonly #day = new Uint8Array(dayLength);
  /** Unix time of its beginning. */
  #daySeconds = -1;

  /** As {@link parseRecordTime}. */
  of(text: string): RecordTime | undefined {
    const time = parseRecordTime(text);
    if (time !== undefined && plain.test(text)) {
      for (let i = 0; i < dayLength; i++) this.#day[i] = text.charCodeAt(i);
      this.#daySeconds = Math.floor(time.seconds / daySeconds) * daySeconds;
    }
    return time;
  }

  /** The time that stands there in JSON, where it can be told without making a text of it. */
  at(bytes: Uint8Array, start: number, end: number): RecordTime | undefined {
    return bytes[start] === 0x22
      ? this.#onSameDay(bytes, start + 1, end - 1)
      : milliseconds(bytes, start, end);
  }

  #onSameDay(bytes: Uint8Array, start: number, end: number): RecordTime | undefined {
    if (this.#daySeconds < 0 || end - start <= secondLength || bytes[end - 1] !== letterZ) return undefined;
    for (let i = 0; i < dayLength; i++) if (bytes[start + i] !== this.#day[i]) return undefined;
    const clock = start + dayLength;
    const hour = decimalAt(bytes, clock, clock + 2);
    const minute = decimalAt(bytes, clock + 3, clock + 5);
    const second = decimalAt(bytes, clock + 6, clock + 8);
    const isClock = bytes[clock + 2] === colon && bytes[clock + 5] === colon;
    if (!isClock || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
      return undefined;
    const seconds = this.#daySeconds + hour * 3600 + minute * 60 + second;
    if (seconds >= secondsMax) return undefined;
    const fraction = start + secondLength;
    const digits = end - 1 - fraction - 1;
    if (digits < 0) return { seconds, nanos: 0 };
    if (digits === 0 || digits > 9 || bytes[fraction] !== point) return undefined;
    const value = decimalAt(bytes, fraction + 1, end - 1);
    return value < 0 ? undefined : { seconds, nanos: value * 10 ** (9 - digits) };
  }
}

const colon = 0x3a;
const point = 0x2e;
const letterZ = 0x5a;

function milliseconds(bytes: Uint8Array, start: number, end: number): RecordTime | undefined {
  const digits = end - start;
  if (digits < plainNumberDigits.min || digits > plainNumberDigits.max) return undefined;
  const value = decimalAt(bytes, start, end);
  if (value < 0) return undefined;
  const seconds = Math.floor(value / 1000);
  // Later ones are refused by those who look at the text.
  return seconds < secondsMax ? { seconds, nanos: (value - seconds * 1000) * 1e6 } : undefined;
}

/** The number that the digits are; -1 where something else is among them. */
function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
