// Request parameters: URL and urlencoded form, repeated keys, and the numbers and words among them.
import { quoteEcho } from '../encode/echo.ts';
import { badRequest } from '../server/http-error.ts';

/** Values by key in the order sent; those of a form body come before those of the URL. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** Pairs of key and value in one request. */
const pairsMax = 10_000;

/** A percent sign that does not begin a byte, with what is in the byte's place. */
const badEscape = /%(?![0-9a-f]{2})[^&]{0,2}/i;

/**
 * `urlQuery` is the text after `?`; `form` an urlencoded body, if there was one. Throws HttpError 400 for too many, and
 * for a bad escape.
 */
export function parseParameters(urlQuery: string, form?: string): Parameters {
  const parameters = new Map<string, string[]>();
  for (const text of form === undefined ? [urlQuery] : [form, urlQuery]) {
    let pairs = 0;
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('&', start);
      const pair = text.slice(start, end < 0 ? text.length : end);
      start += pair.length + 1;
      if (pair === '') continue;
      if (++pairs > pairsMax) throw badRequest(`too many parameters (limit: ${pairsMax})`);
      const [key, value] = decodedPair(pair);
      const values = parameters.get(key);
      if (values === undefined) parameters.set(key, [value]);
      else values.push(value);
    }
  }
  return parameters;
}

/** As URLSearchParams, which looks at each character of what has nothing to be decoded, too, and lets bad escapes pass. */
function decodedPair(pair: string): readonly [key: string, value: string] {
  if (/[%+]/.test(pair)) {
    const bad = badEscape.exec(pair)?.[0];
    if (bad !== undefined) throw badRequest(`invalid URL escape ${quoteEcho(bad)}`);
    // The first question mark is taken for that of a URL.
    const [decoded] = new URLSearchParams(`?${pair}`);
    return decoded ?? ['', ''];
  }
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** The first value of a key, '' when there is none. */
export const parameter = (parameters: Parameters, key: string): string => parameters.get(key)?.[0] ?? '';

/** All values of several keys, key by key. */
export const parameterList = (parameters: Parameters, ...keys: string[]): readonly string[] =>
  keys.flatMap((key) => parameters.get(key) ?? []);

const int64Text = /^([+-]?)0*(0|[1-9]\d*)$/;
const int64Max = 2n ** 63n - 1n;
/** More digits are out of range, and are not made a number first: that takes longer than in proportion to them. */
const int64DigitsMax = 19;

/** Go's strconv.ParseInt and Atoi with their error texts; `call` is the name in the text. Throws HttpError 400. */
export function parseGoInt(text: string, call: 'ParseInt' | 'Atoi'): bigint {
  const [, sign, digits = ''] = int64Text.exec(text) ?? [];
  if (digits === '') throw badRequest(`strconv.${call}: parsing ${quoteEcho(text)}: invalid syntax`);
  const size = digits.length > int64DigitsMax ? undefined : BigInt(digits);
  if (size === undefined || size > (sign === '-' ? int64Max + 1n : int64Max))
    throw badRequest(`strconv.${call}: parsing ${quoteEcho(text)}: value out of range`);
  return sign === '-' ? -size : size;
}

/** A count above zero, or `fallback` when the key is absent or empty. */
export function limitParameter(parameters: Parameters, key: string, fallback: number): number {
  const text = parameter(parameters, key);
  if (text === '') return fallback;
  const limit = parseGoInt(text, 'Atoi');
  if (limit <= 0n) throw badRequest('limit must be a positive value');
  return Number(limit);
}

export type Direction = 'forward' | 'backward';

/** `direction` in any case; default backward. */
export function directionParameter(parameters: Parameters): Direction {
  const text = parameter(parameters, 'direction');
  const word = text.toLowerCase();
  if (word === '' || word === 'backward') return 'backward';
  if (word === 'forward') return 'forward';
  throw badRequest(`invalid direction '${text}'`);
}
