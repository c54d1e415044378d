// Request parameters: URL and urlencoded form, repeated keys, and the numbers and words among them.
import { quoteGo } from '../model/go-quote.ts';
import { badRequest } from './http-error.ts';

/** Values by key in the order sent; those of a form body come before those of the URL. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** `urlQuery` is the text after `?`; `form` an urlencoded body, if there was one. */
export function parseParameters(urlQuery: string, form?: string): Parameters {
  const parameters = new Map<string, string[]>();
  for (const text of form === undefined ? [urlQuery] : [form, urlQuery]) {
    for (const [key, value] of new URLSearchParams(text)) {
      const values = parameters.get(key);
      if (values === undefined) parameters.set(key, [value]);
      else values.push(value);
    }
  }
  return parameters;
}

/** The first value of a key, '' when there is none. */
export const parameter = (parameters: Parameters, key: string): string => parameters.get(key)?.[0] ?? '';

/** All values of several keys, key by key. */
export const parameterList = (parameters: Parameters, ...keys: string[]): readonly string[] =>
  keys.flatMap((key) => parameters.get(key) ?? []);

const int64Digits = /^[+-]?\d+$/;
const int64Max = 2n ** 63n - 1n;

/** Go's strconv.ParseInt and Atoi with their error texts; `call` is the name in the text. Throws HttpError 400. */
export function parseGoInt(text: string, call: 'ParseInt' | 'Atoi'): bigint {
  if (!int64Digits.test(text)) throw badRequest(`strconv.${call}: parsing ${quoteGo(text)}: invalid syntax`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > int64Max || value < -int64Max - 1n)
    throw badRequest(`strconv.${call}: parsing ${quoteGo(text)}: value out of range`);
  return value;
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
