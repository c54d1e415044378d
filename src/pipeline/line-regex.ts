// The regex of a line filter: a test on bytes, and what its literals tell beforehand.
import { compileLinearMatcher } from '../regex/linear-matcher.ts';
import { type RequiredLiteral, requiredLiterals } from '../regex/required-literals.ts';
import type { BytesPredicate } from './byte-search.ts';

/** A literal to search for in bytes. */
export interface SearchLiteral {
  /** UTF-8, not empty; lower-case when `ignoreCase`. */
  readonly bytes: Uint8Array;
  /** ASCII letters may stand in either case. */
  readonly ignoreCase: boolean;
}

export interface LineRegex {
  readonly matches: BytesPredicate;
  /** Each list holds a literal that is in every match. */
  readonly required: readonly (readonly SearchLiteral[])[];
  /** The regex matches exactly where one of these is; undefined: it says more than that. */
  readonly exact: readonly SearchLiteral[] | undefined;
  /** The regex matches every line. */
  readonly always: boolean;
}

/** Compiles the regex of `|~` and `!~`. Throws RegexError. */
export function compileLineRegex(pattern: string): LineRegex {
  const linear = compileLinearMatcher(pattern);
  const { all, anyOf, only } = requiredLiterals(pattern);
  if (only?.some(({ text }) => text === '')) {
    return { matches: () => true, required: [], exact: undefined, always: true };
  }
  const matches: BytesPredicate = (bytes, start, end) => linear.test(bytes, start, end);
  return {
    matches,
    required: [...all.map((literal) => [toSearch(literal)]), ...anyOf.map((clause) => clause.map(toSearch))],
    exact: only?.map(toSearch),
    always: false,
  };
}

const toSearch = ({ text, ignoreCase }: RequiredLiteral): SearchLiteral => ({
  bytes: Buffer.from(text),
  ignoreCase,
});
