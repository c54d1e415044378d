// Values of a template, as Go's text/template sees them:
//   string → string      int → bigint           float64 → number     bool → boolean   nil → null
//   other integers → SizedInteger                time.Time → GoTime   time.Duration → GoDuration
//   []any → array        map[string]any → Map    the entry's labels (map[string]string) → LabelMap
// `undefined` is Go's invalid value: what a missing key of a map[string]any gives, printed as `<no value>`.

import { formatGoGeneral } from '../go/number.ts';
import { GoDuration, GoTime } from '../go/time.ts';

export type Value =
  | string
  | bigint
  | number
  | boolean
  | null
  | undefined
  | SizedInteger
  | GoTime
  | GoDuration
  | NamedInteger
  | readonly Value[]
  | Map<string, Value>
  | LabelMap;

/** An integer of another type than int. */
export class SizedInteger {
  readonly type: 'int64' | 'int32' | 'uint8';
  readonly value: bigint;
  constructor(type: 'int64' | 'int32' | 'uint8', value: bigint) {
    this.type = type;
    this.value = type === 'int64' ? BigInt.asIntN(64, value) : value;
  }
}

/** time.Month and time.Weekday: integers that print as names. */
export class NamedInteger {
  readonly type: 'time.Month' | 'time.Weekday';
  readonly value: bigint;
  readonly name: string;
  constructor(type: 'time.Month' | 'time.Weekday', value: number, name: string) {
    this.type = type;
    this.value = BigInt(value);
    this.name = name;
  }
}

/** The entry's labels as `.` shows them. A missing label is the empty string. */
export interface LabelSource {
  get(name: string): string | undefined;
  entries(): Iterable<readonly [string, string]>;
}
export class LabelMap {
  readonly source: LabelSource;
  constructor(source: LabelSource) {
    this.source = source;
  }
  sortedEntries(): [string, string][] {
    return [...this.source.entries()].map(([k, v]): [string, string] => [k, v]).sort(byKey);
  }
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;

export const sortedEntries = (map: Map<string, Value>): [string, Value][] => [...map].sort(byKey);

/** Go's name of a value's type, as error texts and `%T` show it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      break;
  }
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof SizedInteger || value instanceof NamedInteger) return value.type;
  if (value instanceof GoTime) return 'time.Time';
  if (value instanceof GoDuration) return 'time.Duration';
  if (value instanceof LabelMap) return 'map[string]string';
  return value instanceof Map ? 'map[string]interface {}' : '[]interface {}';
}

/** Any integer kind as a bigint; undefined for other values. */
export function integerOf(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (value instanceof SizedInteger || value instanceof NamedInteger) return value.value;
  return value instanceof GoDuration ? value.ns : undefined;
}

/** Truth as `if`, `and`, `not` see it: the zero value of a type and empty collections are false. */
export function isTrue(value: Value): boolean {
  if (value === null || value === undefined) return false;
  const integer = integerOf(value);
  if (integer !== undefined) return integer !== 0n;
  if (typeof value === 'object') {
    if (Array.isArray(value)) return value.length > 0;
    if (value instanceof Map) return value.size > 0;
    if (value instanceof LabelMap) {
      for (const _ of value.source.entries()) return true;
      return false;
    }
    return true;
  }
  return value && !Number.isNaN(value) ? true : Number.isNaN(value);
}

/** `%v` of a value inside another: nil prints as `<nil>`. */
export function printNested(value: Value): string {
  return value === undefined || value === null ? '<nil>' : printValue(value);
}

/** What an action prints: `%v`, and `<no value>` for what is not there. */
export function printValue(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return formatGoGeneral(value);
    default:
      break;
  }
  if (value === undefined || value === null) return '<no value>';
  if (value instanceof SizedInteger) return String(value.value);
  if (value instanceof NamedInteger) return value.name;
  if (value instanceof GoTime || value instanceof GoDuration) return value.toString();
  if (value instanceof LabelMap)
    return `map[${value
      .sortedEntries()
      .map(([k, v]) => `${k}:${v}`)
      .join(' ')}]`;
  if (value instanceof Map)
    return `map[${sortedEntries(value)
      .map(([k, v]) => `${k}:${printNested(v)}`)
      .join(' ')}]`;
  return `[${value.map(printNested).join(' ')}]`;
}
