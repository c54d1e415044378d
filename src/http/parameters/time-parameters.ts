// Times and durations as Loki's API takes them. Times are bigint nanoseconds throughout: a number would lose digits.

import { parseGoFloat } from '../../go/number.ts';
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { parseRfc3339 } from '../../go/rfc3339.ts';
import { clampInt64, int64Max, joinNs, nsPerMs, nsPerSecond, type TimeRange } from '../../model/time.ts';
import { quoteEcho } from '../encode/echo.ts';
import { badRequest, HttpError } from '../server/http-error.ts';
import { type Parameters, parameter, parseGoInt } from './parameters.ts';

/** `since` when it is not given. */
const defaultSinceNs = 3600n * nsPerSecond;

/** Integers up to this many characters are seconds, longer ones nanoseconds. */
const secondsCharactersMax = 10;

/** `start`, `end` or `time`: empty gives `fallbackNs`; else float seconds, integer, RFC3339. Throws HttpError 400. */
export function parseTime(text: string, fallbackNs: bigint): bigint {
  if (text === '') return fallbackNs;
  const seconds = text.includes('.') ? parseGoFloat(text) : undefined;
  if (seconds !== undefined) {
    const whole = Math.floor(seconds);
    if (Math.abs(whole) <= Number(int64Max / nsPerSecond))
      return BigInt(whole) * nsPerSecond + BigInt(Math.round((seconds - whole) * 1000)) * nsPerMs;
  }
  const date = parseRfc3339(text);
  if (date !== undefined) return joinNs(date.seconds, date.nanos);
  const integer = parseGoInt(text, 'ParseInt');
  return text.length <= secondsCharactersMax ? integer * nsPerSecond : integer;
}

/** `step` and `interval`: float seconds or a Prometheus duration, in nanoseconds. Throws HttpError 400. */
export function parseSecondsOrDuration(text: string): bigint {
  const seconds = parseGoFloat(text);
  if (seconds !== undefined && !Number.isNaN(seconds)) {
    const ns = seconds * 1e9;
    if (Math.abs(ns) > Number(int64Max))
      throw badRequest(`cannot parse ${quoteEcho(text)} to a valid duration. It overflows int64`);
    return BigInt(Math.round(ns));
  }
  const ns = parsePrometheusDuration(text);
  if (typeof ns === 'string') throw badRequest(`cannot parse ${quoteEcho(text)} to a valid duration`);
  return ns;
}

/** `start`, `end`, `since`: end defaults to now, start to min(end, now) − since. Does not check their order. */
export function timeBounds(parameters: Parameters, nowNs: bigint): TimeRange {
  const since = parameter(parameters, 'since');
  const sinceNs = since === '' ? defaultSinceNs : parsePrometheusDuration(since);
  if (typeof sinceNs === 'string') throw badRequest(`could not parse 'since' parameter: ${sinceNs}`);
  const endNs = namedTime(parameters, 'end', nowNs);
  const startNs = namedTime(parameters, 'start', (endNs < nowNs ? endNs : nowNs) - sinceNs);
  return { startNs: clampInt64(startNs), endNs: clampInt64(endNs) };
}

function namedTime(parameters: Parameters, name: 'start' | 'end', fallbackNs: bigint): bigint {
  try {
    return parseTime(parameter(parameters, name), fallbackNs);
  } catch (error) {
    if (error instanceof HttpError) throw badRequest(`could not parse '${name}' parameter: ${error.message}`);
    throw error;
  }
}

const rangeOrderText = 'end timestamp must not be before or equal to start time';

/** {@link timeBounds} whose end is not before its start (equal is accepted). Throws HttpError 400. */
export function queryBounds(parameters: Parameters, nowNs: bigint): TimeRange {
  const range = timeBounds(parameters, nowNs);
  if (range.endNs < range.startNs) throw badRequest(rangeOrderText);
  return range;
}

/** `time` of an instant query; default now. */
export const instantTime = (parameters: Parameters, nowNs: bigint): bigint =>
  clampInt64(parseTime(parameter(parameters, 'time'), nowNs));

/** More points per series than this are refused, for log queries too. */
const pointsMax = 11_000n;

/** `step` or its default max(floor(range seconds / 250), 1) seconds, checked against the resolution limit. */
export function stepParameter(parameters: Parameters, { startNs, endNs }: TimeRange): bigint {
  const text = parameter(parameters, 'step');
  const defaultSeconds = (endNs - startNs) / (250n * nsPerSecond);
  const stepNs =
    text === '' ? (defaultSeconds > 1n ? defaultSeconds : 1n) * nsPerSecond : parseSecondsOrDuration(text);
  if (stepNs <= 0n)
    throw badRequest(
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((endNs - startNs) / stepNs > pointsMax)
    throw badRequest(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    );
  return stepNs;
}

/** `interval` of log queries; 0n when absent. */
export function intervalParameter(parameters: Parameters): bigint {
  const text = parameter(parameters, 'interval');
  if (text === '') return 0n;
  const intervalNs = parseSecondsOrDuration(text);
  if (intervalNs < 0n) throw badRequest('interval must be >= 0');
  return intervalNs;
}
