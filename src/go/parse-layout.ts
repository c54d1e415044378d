// Times read by Go's layouts.

import { fieldsOf, monthNames, weekdayNames } from './layout.ts';
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
  const time = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 };
  let monthSet = false;
  let pm: boolean | undefined;
  let yearDay: number | undefined;
  let offsetSeconds: number | undefined;
  let zoneName: string | undefined;
  const fields = fieldsOf(layout);
  for (const [index, field] of fields.entries()) {
    let value: number | undefined;
    switch (field.kind) {
      case 'text':
        if (!reader.literal(field.text)) return undefined;
        continue;
      case 'longMonth':
      case 'month':
        value = reader.name(monthNames, field.kind === 'month' ? 3 : 0);
        time.month = (value ?? 0) + 1;
        monthSet = true;
        break;
      case 'longWeekday':
      case 'weekday':
        value = reader.name(weekdayNames, field.kind === 'weekday' ? 3 : 0);
        break;
      case 'longYear':
        value = reader.digits(4, 4);
        time.year = value ?? 0;
        break;
      case 'year':
        value = reader.digits(2, 2);
        time.year = (value ?? 0) + ((value ?? 0) >= 69 ? 1900 : 2000);
        break;
      case 'zeroYearDay':
      case 'underYearDay':
        if (field.kind === 'underYearDay') reader.spaces(2);
        value = reader.digits(field.kind === 'underYearDay' ? 1 : 3, 3);
        yearDay = value;
        break;
      case 'zeroMonth':
      case 'numMonth':
        value = reader.digits(field.kind === 'zeroMonth' ? 2 : 1, 2);
        time.month = value ?? 0;
        monthSet = true;
        if (time.month < 1 || time.month > 12) return undefined;
        break;
      case 'zeroDay':
      case 'underDay':
      case 'day':
        if (field.kind === 'underDay') reader.spaces(1);
        value = reader.digits(field.kind === 'zeroDay' ? 2 : 1, 2);
        time.day = value ?? 0;
        break;
      case 'hour':
        value = reader.digits(1, 2);
        time.hour = value ?? 0;
        if (time.hour > 23) return undefined;
        break;
      case 'zeroHour12':
      case 'hour12':
        value = reader.digits(field.kind === 'zeroHour12' ? 2 : 1, 2);
        time.hour = value ?? 0;
        if (time.hour > 12) return undefined;
        break;
      case 'zeroMinute':
      case 'minute':
        value = reader.digits(field.kind === 'zeroMinute' ? 2 : 1, 2);
        time.minute = value ?? 0;
        if (time.minute > 59) return undefined;
        break;
      case 'zeroSecond':
      case 'second': {
        value = reader.digits(field.kind === 'zeroSecond' ? 2 : 1, 2);
        time.second = value ?? 0;
        if (time.second > 59) return undefined;
        // A fraction behind the seconds is taken even where the layout has none.
        if (fields[index + 1]?.kind !== 'fraction')
          time.nanosecond = reader.optionalFraction() ?? time.nanosecond;
        break;
      }
      case 'PM':
      case 'pm': {
        const half = reader.take(2);
        const [am, later] = field.kind === 'PM' ? ['AM', 'PM'] : ['am', 'pm'];
        if (half !== am && half !== later) return undefined;
        pm = half === later;
        continue;
      }
      case 'fraction':
        value = field.trim ? (reader.optionalFraction() ?? 0) : reader.fraction(field.digits);
        time.nanosecond = value ?? 0;
        break;
      case 'zone':
        value = reader.zone(field);
        offsetSeconds = value;
        break;
      case 'zoneName':
        zoneName = reader.zoneName();
        if (zoneName === undefined) return undefined;
        continue;
    }
    if (value === undefined) return undefined;
  }
  if (!reader.done) return undefined;
  if (pm !== undefined) time.hour = (time.hour % 12) + (pm ? 12 : 0);
  const days = new Date(Date.UTC(2000 + (((time.year % 400) + 400) % 400), time.month, 0)).getUTCDate();
  if (yearDay === undefined || monthSet) {
    if (time.day < 1 || time.day > days) return undefined;
  }
  return { ...time, yearDay: monthSet ? undefined : yearDay, offsetSeconds, zoneName };
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
    const found = this.#match(new RegExp(`[0-9]{${min},${max}}`, 'y'));
    return found === undefined ? undefined : Number(found);
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
    return found === undefined ? undefined : Number(found.slice(1, 10).padEnd(9, '0'));
  }
  fraction(digits: number): number | undefined {
    const found = this.#match(new RegExp(`[.,][0-9]{${digits}}`, 'y'));
    return found === undefined ? undefined : Number(found.slice(1, 10).padEnd(9, '0'));
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
