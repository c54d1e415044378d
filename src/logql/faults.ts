// What is wrong with parts of a query, in Loki's words; undefined: nothing.
import { RegexError } from '../regex/re2.ts';
import { compileRegex } from '../regex/regex.ts';
import type { LabelFilter, Matcher } from './ast.ts';
import { parseIpPattern } from './ip-pattern.ts';
import { compileMatcher } from './matchers.ts';

/** The fault of the first item that has one. */
export function firstFault<T>(
  items: readonly T[],
  faultOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export function filterFault(filter: LabelFilter): string | undefined {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filterFault(filter.left) ?? filterFault(filter.right);
    case 'string':
      return matcherFault(filter.matcher);
    case 'ip':
      return addressFault(filter.pattern);
    case 'number':
    case 'duration':
    case 'bytes':
      return undefined;
  }
}

export const addressFault = (pattern: string): string | undefined =>
  parseIpPattern(pattern) === undefined ? `ip: invalid pattern: "${pattern}"` : undefined;

export const matcherFault = (matcher: Matcher): string | undefined => faultOf(() => compileMatcher(matcher));

export const regexFault = (pattern: string): string | undefined => faultOf(() => compileRegex(pattern));

function faultOf(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (error instanceof RegexError) return error.message;
    throw error;
  }
}
