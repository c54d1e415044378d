// Time zones: UTC, fixed offsets, and IANA names through Intl.
import { LRUCache } from 'lru-cache';

export type Zone =
  | { readonly kind: 'fixed'; readonly name: string; readonly offsetSeconds: number }
  | { readonly kind: 'iana'; readonly name: string };

export interface ZoneOffset {
  readonly offsetSeconds: number;
  /** The abbreviation: `UTC`, `CET`, or `+03` where there is none. */
  readonly name: string;
}

export const utc: Zone = { kind: 'fixed', name: 'UTC', offsetSeconds: 0 };

/** The process's own zone (TZ). */
export function localZone(): Zone {
  const { timeZone: name } = new Intl.DateTimeFormat().resolvedOptions();
  return isUtcName(name) ? utc : { kind: 'iana', name };
}

const isUtcName = (name: string): boolean => name === '' || name === 'UTC' || name === 'Etc/UTC';

/** Names come from queries: bounded. */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 64 });

/** A zone by its IANA name; undefined when there is none of that name. */
export function zoneByName(name: string): Zone | undefined {
  if (isUtcName(name)) return utc;
  if (name === 'Local') return localZone();
  return formatOf(name) === undefined ? undefined : { kind: 'iana', name };
}

/** The zone that a setting names; '': the machine's. Throws Error for an unknown one. */
export function timeZone(name: string): Zone {
  const zone = name === '' ? localZone() : zoneByName(name);
  if (!zone)
    throw new Error(
      `There is no time zone ${JSON.stringify(name)}: give an IANA name such as Europe/Berlin.`,
    );
  return zone;
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(name);
  if (known !== undefined) return known;
  // Intl also takes offsets such as "+01:00", Go's LoadLocation does not.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      timeZoneName: 'short',
    });
    formats.set(name, format);
    return format;
  } catch {
    return undefined;
  }
}

/** The furthest instants that Date can hold, in seconds. */
const dateSecondsMax = 8.64e12;

/** Offset east of UTC and abbreviation in force at an instant. */
export function zoneAt(zone: Zone, unixSeconds: number): ZoneOffset {
  if (zone.kind === 'fixed') return zone;
  const format = formatOf(zone.name);
  if (format === undefined || Math.abs(unixSeconds) > dateSecondsMax)
    return { offsetSeconds: 0, name: 'UTC' };
  const parts = new Map(
    format.formatToParts(new Date(unixSeconds * 1000)).map((part) => [part.type, part.value]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  const wall = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  const offsetSeconds = Math.round(wall / 1000) - unixSeconds;
  return { offsetSeconds, name: abbreviation(parts.get('timeZoneName') ?? '', offsetSeconds) };
}

/** Intl says "GMT+5:30" where it knows no letters; Go says "+0530". */
function abbreviation(name: string, offsetSeconds: number): string {
  if (!/^GMT[+-]/.test(name)) return name;
  const minutes = Math.abs(Math.round(offsetSeconds / 60));
  const hh = String(Math.floor(minutes / 60)).padStart(2, '0');
  const mm = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0');
  return `${offsetSeconds < 0 ? '-' : '+'}${hh}${mm}`;
}

/** Unix seconds of a wall-clock reading (seconds as if it were UTC) in a zone. */
export function unixFromWall(zone: Zone, wallSeconds: number): number {
  // As Go does: try the offset in force at the guess, then the one in force at the corrected instant.
  const first = wallSeconds - zoneAt(zone, wallSeconds).offsetSeconds;
  const second = wallSeconds - zoneAt(zone, first).offsetSeconds;
  return second;
}
