// Prometheus durations: `[range]`, `step`, `since`, configuration. Whole numbers with units from y down to ms.

import { int64Max, nsPerSecond } from '../model/time.ts';
import { parseGoDuration } from './duration.ts';
import { quoteGo } from './quote.ts';

/**
 * Parses `1h30m`, `5m`, `1w`, `0`. Units in descending order, each once, no fraction, no sign.
 * Returns nanoseconds, or Prometheus' error text (`not a valid duration string: "1s1h"`).
 */
export function parsePrometheusDuration(text: string): bigint | string {
  if (text === '0') return 0n;
  if (text === '') return 'empty duration string';
  const invalid = `not a valid duration string: ${quoteGo(text)}`;
  let rest = text;
  let lastPosition = -1;
  let totalNs = 0n;
  while (rest !== '') {
    const number = (/^\d*/.exec(rest) as RegExpExecArray)[0];
    if (number === '' || number.length > 20) return invalid;
    rest = rest.slice(number.length);
    const unit = (/^\D*/.exec(rest) as RegExpExecArray)[0];
    if (unit === '') return invalid;
    rest = rest.slice(unit.length);
    const position = units.findIndex(([name]) => name === unit);
    if (position < 0) return `unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}`;
    if (position <= lastPosition) return invalid;
    lastPosition = position;
    totalNs += BigInt(number) * (units[position] as Unit)[1];
    if (totalNs > int64Max) return 'duration out of range';
  }
  return totalNs;
}

/** A duration in either form, `7d` or `1.5h`: nanoseconds, at least 0; undefined for another text. */
export function parseEitherDuration(text: string): bigint | undefined {
  for (const ns of [parsePrometheusDuration(text), parseGoDuration(text)])
    if (typeof ns === 'bigint' && ns >= 0n) return ns;
  return undefined;
}

/** Prometheus' form of a duration: `1h`, `1m30s`, `90d`; years and weeks only when nothing is left over. Below 1 ms: cut. */
export function formatPrometheusDuration(durationNs: bigint): string {
  let restNs = durationNs - (durationNs % 1_000_000n);
  if (restNs === 0n) return '0s';
  let out = restNs < 0n ? '-' : '';
  if (restNs < 0n) restNs = -restNs;
  for (const [name, unitNs, exact] of units) {
    if (restNs < unitNs || (exact && restNs % unitNs !== 0n)) continue;
    out += `${restNs / unitNs}${name}`;
    restNs %= unitNs;
  }
  return out;
}

/** `exact`: printed only when it divides the value. */
type Unit = readonly [name: string, unitNs: bigint, exact: boolean];
const units: readonly Unit[] = [
  ['y', 365n * 86_400n * nsPerSecond, true],
  ['w', 7n * 86_400n * nsPerSecond, true],
  ['d', 86_400n * nsPerSecond, false],
  ['h', 3_600n * nsPerSecond, false],
  ['m', 60n * nsPerSecond, false],
  ['s', nsPerSecond, false],
  ['ms', 1_000_000n, false],
];
