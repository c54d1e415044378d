// Methods of time.Time, time.Duration, time.Month and time.Weekday, as `.Method args` in a template calls them.

import { monthNames, weekdayNames } from '../go/layout.ts';
import { daysFromCivil, GoDuration, GoTime } from '../go/time.ts';
import { localZone, unixFromWall, utc } from '../go/zone.ts';
import { floorDiv } from '../model/time.ts';
import { fixed, type TemplateFunction } from './function-table.ts';
import { NamedInteger, SizedInteger, type Value } from './value.ts';

type Method<T> = (receiver: T) => TemplateFunction;

const getter =
  <T>(call: (receiver: T) => Value): Method<T> =>
  (receiver) =>
    fixed([], () => call(receiver));
const withTime =
  (call: (a: GoTime, b: GoTime) => Value): Method<GoTime> =>
  (receiver) =>
    fixed(['time.Time'], ((other: GoTime) => call(receiver, other)) as (...args: never[]) => Value);
const withSpan =
  <T>(call: (a: T, b: bigint) => Value): Method<T> =>
  (receiver) =>
    fixed(['time.Duration'], ((span: GoDuration) => call(receiver, span.ns)) as (...args: never[]) => Value);

const int64 = (value: bigint): SizedInteger => new SizedInteger('int64', value);

function addDate(time: GoTime, years: bigint, months: bigint, days: bigint): GoTime {
  const c = time.civil();
  const day = daysFromCivil(c.year + Number(years), c.month + Number(months), c.day + Number(days));
  const wall = day * 86_400 + c.hour * 3600 + c.minute * 60 + c.second;
  return new GoTime(BigInt(unixFromWall(time.zone, wall)) * 1_000_000_000n + BigInt(c.nanosecond), time.zone);
}

const timeMethods: Readonly<Record<string, Method<GoTime>>> = {
  Unix: getter((t) => int64(floorDiv(t.ns, 1_000_000_000n))),
  UnixMilli: getter((t) => int64(floorDiv(t.ns, 1_000_000n))),
  UnixMicro: getter((t) => int64(floorDiv(t.ns, 1000n))),
  UnixNano: getter((t) => int64(t.ns)),
  Year: getter((t) => BigInt(t.civil().year)),
  Month: getter((t) => monthOf(t.civil().month)),
  Day: getter((t) => BigInt(t.civil().day)),
  YearDay: getter((t) => BigInt(t.civil().yearDay)),
  Weekday: getter((t) => weekdayOf(t.civil().weekday)),
  Hour: getter((t) => BigInt(t.civil().hour)),
  Minute: getter((t) => BigInt(t.civil().minute)),
  Second: getter((t) => BigInt(t.civil().second)),
  Nanosecond: getter((t) => BigInt(t.civil().nanosecond)),
  UTC: getter((t) => new GoTime(t.ns, utc)),
  Local: getter((t) => new GoTime(t.ns, localZone())),
  String: getter((t) => t.toString()),
  IsZero: getter((t) => t.isZero),
  Format: (t) => fixed(['string'], ((layout: string) => t.format(layout)) as (...args: never[]) => Value),
  Sub: withTime((a, b) => new GoDuration(a.ns - b.ns)),
  Before: withTime((a, b) => a.ns < b.ns),
  After: withTime((a, b) => a.ns > b.ns),
  Equal: withTime((a, b) => a.ns === b.ns),
  Compare: withTime((a, b) => (a.ns < b.ns ? -1n : a.ns > b.ns ? 1n : 0n)),
  Add: withSpan((t, ns) => new GoTime(t.ns + ns, t.zone)),
  Truncate: withSpan((t, ns) => t.truncate(ns)),
  Round: withSpan((t, ns) => t.round(ns)),
  AddDate: (t) =>
    fixed(['int', 'int', 'int'], ((y: bigint, m: bigint, d: bigint) => addDate(t, y, m, d)) as (
      ...args: never[]
    ) => Value),
};

const truncateSpan = (ns: bigint, step: bigint): bigint => (step <= 0n ? ns : ns - (ns % step));

function roundSpan(ns: bigint, step: bigint): bigint {
  if (step <= 0n) return ns;
  const rest = ns % step;
  const magnitude = rest < 0n ? -rest : rest;
  if (magnitude * 2n < step) return ns - rest;
  return ns < 0n ? ns - (step + rest) : ns + step - rest;
}

const durationMethods: Readonly<Record<string, Method<GoDuration>>> = {
  Hours: getter((d) => Number(d.ns) / 3.6e12),
  Minutes: getter((d) => Number(d.ns) / 6e10),
  Seconds: getter((d) => d.seconds()),
  Milliseconds: getter((d) => int64(d.ns / 1_000_000n)),
  Microseconds: getter((d) => int64(d.ns / 1000n)),
  Nanoseconds: getter((d) => int64(d.ns)),
  String: getter((d) => d.toString()),
  Abs: getter((d) => new GoDuration(d.ns < 0n ? -d.ns : d.ns)),
  Truncate: withSpan((d, ns) => new GoDuration(truncateSpan(d.ns, ns))),
  Round: withSpan((d, ns) => new GoDuration(roundSpan(d.ns, ns))),
};

const nameMethods: Readonly<Record<string, Method<NamedInteger>>> = { String: getter((n) => n.name) };

const monthOf = (month: number): NamedInteger =>
  new NamedInteger('time.Month', month, monthNames[month - 1] as string);
const weekdayOf = (day: number): NamedInteger =>
  new NamedInteger('time.Weekday', day, weekdayNames[day] as string);

/** The method of a value, ready to be called; undefined when its type has none of that name. */
export function methodOf(value: Value, name: string): TemplateFunction | undefined {
  const has = (table: object): boolean => Object.hasOwn(table, name);
  if (value instanceof GoTime) return has(timeMethods) ? timeMethods[name]?.(value) : undefined;
  if (value instanceof GoDuration) return has(durationMethods) ? durationMethods[name]?.(value) : undefined;
  if (value instanceof NamedInteger) return has(nameMethods) ? nameMethods[name]?.(value) : undefined;
  return undefined;
}
