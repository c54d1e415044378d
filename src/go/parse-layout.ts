// Times read by Go's layouts.

import { type Field, fieldsOf, monthNames, weekdayNames } from './layout.ts';
import type { CivilTime } from './time.ts';

/** A reading of the wall clock as a layout gave it, before a zone is applied. */
export interface ParsedTime
  extends Pick<CivilTime, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond'> {
  readonly yearDay: number | undefined;
  readonly offsetSeconds: number | undefined;
  readonly zoneName: string | undefined;
}

/** Reads `text` by `layout`; undefined when it does not fit. */
export function parseLayout(layout: string, text: string): ParsedTime | undefined {
  const reader = new Reader(text);
  const reading = new Reading();
  const fields = fieldsOf(layout);
  for (const [index, field] of fields.entries()) {
    if (!readField(reader, field, reading)) return undefined;
    // A fraction after the seconds is taken even where the layout has none.
    const isSecond = field.kind === 'zeroSecond' || field.kind === 'second';
    if (isSecond && fields[index + 1]?.kind !== 'fraction')
      reading.nanosecond = reader.optionalFraction() ?? reading.nanosecond;
  }
  return reader.done ? reading.time() : undefined;
}

/** What was read so far. */
class Reading {
  year = 0;
  month = 1;
  day = 1;
  hour = 0;
  minute = 0;
  second = 0;
  nanosecond = 0;
  hasMonth = false;
  isAfternoon: boolean | undefined;
  yearDay: number | undefined;
  offsetSeconds: number | undefined;
  zoneName: string | undefined;

  /** Undefined: there is no such day. */
  time(): ParsedTime | undefined {
    const { year, month, day, minute, second, nanosecond, offsetSeconds, zoneName } = this;
    // The day of the year gives month and day only where the text has no month.
    const yearDay = this.hasMonth ? undefined : this.yearDay;
    if (yearDay === undefined && (day < 1 || day > daysIn(year, month))) return undefined;
    const hour = this.isAfternoon === undefined ? this.hour : (this.hour % 12) + (this.isAfternoon ? 12 : 0);
    return { year, month, day, hour, minute, second, nanosecond, yearDay, offsetSeconds, zoneName };
  }
}

/** In the years that Date.UTC takes as they are; the calendar repeats after 400. */
const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month, 0)).getUTCDate();

type NumberKind = Exclude<
  Field['kind'],
  'text' | 'longMonth' | 'month' | 'longWeekday' | 'weekday' | 'PM' | 'pm' | 'fraction' | 'zone' | 'zoneName'
>;

interface NumberField {
  /** How many spaces may come first. */
  readonly spaces?: number;
  readonly digits: readonly [min: number, max: number];
  readonly range?: readonly [min: number, max: number];
  readonly set: (reading: Reading, value: number) => void;
}

const numberFields: Readonly<Record<NumberKind, NumberField>> = {
  longYear: { digits: [4, 4], set: (reading, value) => (reading.year = value) },
  year: {
    digits: [2, 2],
    set: (reading, value) => (reading.year = value + (value >= 69 ? 1900 : 2000)),
  },
  zeroYearDay: { digits: [3, 3], set: setYearDay },
  underYearDay: { spaces: 2, digits: [1, 3], set: setYearDay },
  zeroMonth: { digits: [2, 2], range: [1, 12], set: setMonth },
  numMonth: { digits: [1, 2], range: [1, 12], set: setMonth },
  zeroDay: { digits: [2, 2], set: setDay },
  underDay: { spaces: 1, digits: [1, 2], set: setDay },
  day: { digits: [1, 2], set: setDay },
  hour: { digits: [1, 2], range: [0, 23], set: setHour },
  zeroHour12: { digits: [2, 2], range: [0, 12], set: setHour },
  hour12: { digits: [1, 2], range: [0, 12], set: setHour },
  zeroMinute: { digits: [2, 2], range: [0, 59], set: setMinute },
  minute: { digits: [1, 2], range: [0, 59], set: setMinute },
  zeroSecond: { digits: [2, 2], range: [0, 59], set: setSecond },
  second: { digits: [1, 2], range: [0, 59], set: setSecond },
};

function setYearDay(reading: Reading, value: number): void {
  reading.yearDay = value;
}
function setMonth(reading: Reading, value: number): void {
  reading.month = value;
  reading.hasMonth = true;
}
function setDay(reading: Reading, value: number): void {
  reading.day = value;
}
function setHour(reading: Reading, value: number): void {
  reading.hour = value;
}
function setMinute(reading: Reading, value: number): void {
  reading.minute = value;
}
function setSecond(reading: Reading, value: number): void {
  reading.second = value;
}

/** False: the text does not fit. */
function readField(reader: Reader, field: Field, reading: Reading): boolean {
  switch (field.kind) {
    case 'text':
      return reader.literal(field.text);
    case 'longMonth':
    case 'month': {
      const index = reader.name(monthNames, field.kind === 'month' ? 3 : 0);
      if (index !== undefined) setMonth(reading, index + 1);
      return index !== undefined;
    }
    case 'longWeekday':
    case 'weekday':
      return reader.name(weekdayNames, field.kind === 'weekday' ? 3 : 0) !== undefined;
    case 'PM':
    case 'pm': {
      const half = reader.take(2);
      const [morning, afternoon] = field.kind === 'PM' ? ['AM', 'PM'] : ['am', 'pm'];
      reading.isAfternoon = half === afternoon;
      return half === morning || half === afternoon;
    }
    case 'fraction': {
      const nanos = field.trim ? (reader.optionalFraction() ?? 0) : reader.fraction(field.digits);
      reading.nanosecond = nanos ?? 0;
      return nanos !== undefined;
    }
    case 'zone':
      reading.offsetSeconds = reader.zone(field);
      return reading.offsetSeconds !== undefined;
    case 'zoneName':
      reading.zoneName = reader.zoneName();
      return reading.zoneName !== undefined;
    default:
      return readNumber(reader, numberFields[field.kind], reading);
  }
}

function readNumber(
  reader: Reader,
  { spaces = 0, digits, range, set }: NumberField,
  reading: Reading,
): boolean {
  reader.spaces(spaces);
  const value = reader.digits(...digits);
  if (value === undefined || (range && (value < range[0] || value > range[1]))) return false;
  set(reading, value);
  return true;
}

/** Eats a text from the left. Every method returns undefined (or false) when the text does not fit. */
class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }
  get done(): boolean {
    return this.#at === this.#text.length;
  }
  take(length: number): string {
    const part = this.#text.slice(this.#at, this.#at + length);
    this.#at += part.length;
    return part;
  }
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
  /** A run of spaces in the layout fits any run of spaces. */
  literal(text: string): boolean {
    for (const char of text) {
      if (char === ' ') {
        this.#match(/ */y);
        continue;
      }
      if (!this.#text.startsWith(char, this.#at)) return false;
      this.#at += char.length;
    }
    return true;
  }
  spaces(max: number): void {
    for (let i = 0; i < max && this.#text[this.#at] === ' '; i++) this.#at++;
  }
  digits(min: number, max: number): number | undefined {
    let count = 0;
    while (count < max && this.#isDigit(count)) count++;
    return count < min ? undefined : Number(this.take(count));
  }
  name(names: readonly string[], length: number): number | undefined {
    const index = names.findIndex((name) => {
      const word = (length > 0 ? name.slice(0, length) : name).toLowerCase();
      return this.#text.slice(this.#at, this.#at + word.length).toLowerCase() === word;
    });
    if (index < 0) return undefined;
    this.#at += length > 0 ? length : (names[index] as string).length;
    return index;
  }
  optionalFraction(): number | undefined {
    const found = this.#match(/[.,][0-9]+/y);
    return found === undefined ? undefined : nanosOf(found);
  }
  fraction(digits: number): number | undefined {
    const mark = this.#text[this.#at];
    if (mark !== '.' && mark !== ',') return undefined;
    for (let i = 1; i <= digits; i++) if (!this.#isDigit(i)) return undefined;
    return nanosOf(this.take(digits + 1));
  }
  #isDigit(ahead: number): boolean {
    const code = this.#text.charCodeAt(this.#at + ahead);
    return code >= 0x30 && code <= 0x39;
  }
  zone(field: { z: boolean; colon: boolean; parts: number }): number | undefined {
    if (field.z && this.#text[this.#at] === 'Z') {
      this.#at++;
      return 0;
    }
    const part = field.colon ? ':([0-9]{2})' : '([0-9]{2})';
    const pattern = new RegExp(`([+-])([0-9]{2})${part.repeat(field.parts - 1)}`, 'y');
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    const [hours, minutes, seconds] = [2, 3, 4].map((i) => Number(found[i] ?? 0)) as [number, number, number];
    if (hours > 24 || minutes > 60 || seconds > 60) return undefined;
    return (found[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  }
  zoneName(): string | undefined {
    return this.#match(/UTC|GMT[+-][0-9]{1,2}|[A-Z]{3,5}|[+-][0-9]{2}(?:[0-9]{2})?/y);
  }
}

/** Of a fraction with its mark; digits below a nanosecond are cut. */
const nanosOf = (fraction: string): number => Number(fraction.slice(1, 10).padEnd(9, '0'));
