// Go's time.Duration as text. Values are int64 nanoseconds in a bigint.

import { int64Max } from '../model/time.ts';
import { quoteGo } from './quote.ts';

/**
 * Parses like Go's time.ParseDuration: `1h30m`, `-1.5s`, `100ns`, `0`. Returns nanoseconds, or the text of Go's
 * error (`time: missing unit in duration "5"`).
 */
export function parseGoDuration(text: string): bigint | string {
  const invalid = `time: invalid duration ${quoteGo(text)}`;
  let rest = text;
  let negative = false;
  if (rest[0] === '-' || rest[0] === '+') {
    negative = rest[0] === '-';
    rest = rest.slice(1);
  }
  if (rest === '0') return 0n;
  if (rest === '') return invalid;
  let totalNs = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray;
    const whole = number[1] as string;
    const fraction = number[2] ?? '';
    if ((whole === '' && fraction === '') || whole.length > digitsMax) return invalid;
    rest = rest.slice(number[0].length);
    const unit = (/^[^.\d]*/.exec(rest) as RegExpExecArray)[0];
    if (unit === '') return `time: missing unit in duration ${quoteGo(text)}`;
    rest = rest.slice(unit.length);
    const unitNs = unitsNs.get(unit);
    if (unitNs === undefined) return `time: unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}`;
    totalNs += BigInt(whole || '0') * unitNs + fractionNs(fraction, unitNs);
    // One more negative value than positive ones, as in int64.
    if (totalNs > int64Max + 1n) return invalid;
  }
  if (negative) return -totalNs;
  return totalNs > int64Max ? invalid : totalNs;
}

/** Go's Duration.String: `1h0m0s`, `1m30s`, `1.5ms`, `0s`. */
export function formatGoDuration(durationNs: bigint): string {
  if (durationNs === 0n) return '0s';
  const sign = durationNs < 0n ? '-' : '';
  const ns = durationNs < 0n ? -durationNs : durationNs;
  if (ns < 1_000n) return `${sign}${ns}ns`;
  if (ns < 1_000_000n) return `${sign}${decimalPoint(ns, 3)}µs`;
  if (ns < 1_000_000_000n) return `${sign}${decimalPoint(ns, 6)}ms`;
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimalPoint(ns % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

/** More are no int64, and are not made a number first: that takes longer than in proportion to them. */
const digitsMax = 100;

const unitsNs: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5
  ['μs', 1_000n], // U+03BC
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Whole nanoseconds of `0.digits` units; digits below a nanosecond are cut. */
function fractionNs(digits: string, unitNs: bigint): bigint {
  if (digits === '') return 0n;
  const used = digits.slice(0, 18);
  return (BigInt(used) * unitNs) / 10n ** BigInt(used.length);
}

/** `value` / 10^places as a decimal without trailing zeros. */
function decimalPoint(value: bigint, places: number): string {
  const text = value.toString().padStart(places + 1, '0');
  const fraction = text.slice(-places).replace(/0+$/, '');
  const whole = text.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
