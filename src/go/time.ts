// Go's time.Time and time.Duration as far as templates show them.

import { floorDiv, nsPerSecond } from '../model/time.ts';
import { formatGoDuration } from './duration.ts';
import { formatLayout } from './format-layout.ts';
import { utc, type Zone, zoneAt } from './zone.ts';

export interface CivilTime {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 = Sunday */
  readonly weekday: number;
  /** 1–366 */
  readonly yearDay: number;
  readonly zoneName: string;
  readonly offsetSeconds: number;
}

/** Unix seconds of 0001-01-01T00:00:00Z, Go's zero time. */
const zeroTimeSeconds = -62_135_596_800n;

/** Days since the epoch of a civil date (proleptic Gregorian). Months outside 1–12 and any day are normalised. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const monthIndex = year * 12 + (month - 1);
  const y0 = Math.floor(monthIndex / 12);
  const m = monthIndex - y0 * 12 + 1;
  const y = m <= 2 ? y0 - 1 : y0;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted + (shifted < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** An instant with a zone to show it in. */
export class GoTime {
  /** Unix time in nanoseconds; any size (Go's own range is wider than int64 here, too). */
  readonly ns: bigint;
  readonly zone: Zone;

  constructor(ns: bigint, zone: Zone) {
    this.ns = ns;
    this.zone = zone;
  }

  static zero(zone: Zone = utc): GoTime {
    return new GoTime(zeroTimeSeconds * nsPerSecond, zone);
  }

  get isZero(): boolean {
    return this.ns === zeroTimeSeconds * nsPerSecond;
  }

  civil(): CivilTime {
    const unixSeconds = Number(floorDiv(this.ns, nsPerSecond));
    const { offsetSeconds, name } = zoneAt(this.zone, unixSeconds);
    const local = unixSeconds + offsetSeconds;
    const days = Math.floor(local / 86_400);
    const secondOfDay = local - days * 86_400;
    const { year, month, day } = civilFromDays(days);
    return {
      year,
      month,
      day,
      hour: Math.floor(secondOfDay / 3600),
      minute: Math.floor(secondOfDay / 60) % 60,
      second: secondOfDay % 60,
      nanosecond: Number(this.ns - BigInt(unixSeconds) * nsPerSecond),
      weekday: (((days + 4) % 7) + 7) % 7,
      yearDay: days - daysFromCivil(year, 1, 1) + 1,
      zoneName: name,
      offsetSeconds,
    };
  }

  format(layout: string): string {
    return formatLayout(this.civil(), layout);
  }

  /** Go's `String()`: `2006-01-02 15:04:05.999999999 -0700 MST`. */
  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST');
  }

  /** Rounds down to a multiple of `stepNs` since the zero time. */
  truncate(stepNs: bigint): GoTime {
    if (stepNs <= 0n) return this;
    const sinceZero = this.ns - zeroTimeSeconds * nsPerSecond;
    return new GoTime(this.ns - (sinceZero - floorDiv(sinceZero, stepNs) * stepNs), this.zone);
  }

  /** Rounds to the nearest multiple of `stepNs` since the zero time, halves up. */
  round(stepNs: bigint): GoTime {
    if (stepNs <= 0n) return this;
    const down = this.truncate(stepNs);
    const rest = this.ns - down.ns;
    return rest * 2n < stepNs ? down : new GoTime(down.ns + stepNs, this.zone);
  }
}

/** A span in nanoseconds. */
export class GoDuration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = BigInt.asIntN(64, ns);
  }

  seconds(): number {
    return Number(this.ns / nsPerSecond) + Number(this.ns % nsPerSecond) / 1e9;
  }

  /** Go's `String()`: `1h2m3.5s`, `1.5ms`, `0s`. */
  toString(): string {
    return formatGoDuration(this.ns);
  }
}
