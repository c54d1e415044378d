// Times of records as shippers write them: RFC 3339 and what is close to it, and Unix time in any unit.
import { parseRfc3339 } from '../../go/rfc3339.ts';

export interface RecordTime {
  /** Unix seconds, and the nanoseconds after them. */
  readonly seconds: number;
  readonly nanos: number;
}

const decimal = /^(\d{1,19})(?:\.(\d+))?$/;
/** Without a zone: UTC; with a space, a colon left out of the zone, or hours alone in it. */
const loose = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?(?:Z|([+-]\d\d)(?::?(\d\d))?)?$/;

/** A second in UTC, as most shippers write it: texts of one second follow each other. */
const plain = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const secondLength = '2026-11-30T10:00:00'.length;
let lastSecond = '';
let lastSeconds = 0;

/** Undefined for a text that is no time between 1970 and 2262. The unit of a number is told by its size. */
export function parseRecordTime(text: string): RecordTime | undefined {
  const number = decimal.exec(text);
  const time = number === null ? dateTime(text) : unixTime(number[1] as string, number[2] ?? '');
  return time !== undefined && time.seconds >= 0 && time.seconds < 9_223_372_036 ? time : undefined;
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
  const isPlain = plain.test(text);
  if (isPlain && text.startsWith(lastSecond) && lastSecond !== '')
    return { seconds: lastSeconds, nanos: Number(text.slice(secondLength + 1, -1).padEnd(9, '0')) };
  const time = parseRfc3339(text);
  if (time !== undefined) {
    if (isPlain) {
      lastSecond = text.slice(0, secondLength);
      lastSeconds = time.seconds;
    }
    return time;
  }
  const match = loose.exec(text);
  if (match === null) return undefined;
  const [, date, clock, fraction, hours, minutes = '00'] = match;
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return parseRfc3339(`${date}T${clock}${fraction === undefined ? '' : `.${fraction}`}${zone}`);
}
