// Arbitrary RE2 patterns and texts for property tests. Small alphabets, so that patterns often match.
import fc from 'fast-check';
import { RegexError } from '../../src/regex/re2.ts';
import { compileRegex, type Regex } from '../../src/regex/regex.ts';

const letters = ['a', 'b', 'K', 's', '1', '_', ' ', '-', 'é', '日', '😀', 'ſ', 'θ'];

const atom = fc.oneof(
  { arbitrary: fc.constantFrom(...letters), weight: 8 },
  {
    arbitrary: fc.constantFrom('.', '\\d', '\\w', '\\s', '\\D', '\\W', '\\S', '\\pL', '\\P{Greek}'),
    weight: 3,
  },
  {
    arbitrary: fc.constantFrom(
      '[ab]',
      '[^a]',
      '[a-c1]',
      '[^\\w]',
      '[[:alpha:]]',
      '[é-日]',
      '[^\\n]',
      '[\\-_]',
      '[^\\p{Han}a]',
    ),
    weight: 3,
  },
  { arbitrary: fc.constantFrom('^', '$', '\\A', '\\z', '\\b', '\\B'), weight: 2 },
  { arbitrary: fc.constantFrom('\\.', '\\x61', '\\x{e9}', '\\n', '\\Qa.b\\E'), weight: 1 },
);

const { pattern } = fc.letrec<{ pattern: string; concat: string; piece: string }>((tie) => ({
  piece: fc
    .tuple(
      fc.oneof(
        { maxDepth: 2, depthIdentifier: 'regex' },
        atom,
        tie('pattern').map((p) => `(${p})`),
        tie('pattern').map((p) => `(?i:${p})`),
        tie('pattern').map((p) => `(?s:${p})`),
        tie('pattern').map((p) => `(?m:${p})`),
      ),
      fc.constantFrom('', '', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?'),
    )
    .map(([what, times]) => what + times),
  concat: fc.array(tie('piece'), { minLength: 0, maxLength: 3 }).map((parts) => parts.join('')),
  pattern: fc.array(tie('concat'), { minLength: 1, maxLength: 2 }).map((parts) => parts.join('|')),
}));

/** Patterns, nearly all of them valid. */
export const patternArbitrary: fc.Arbitrary<string> = pattern;

/** Texts over the same letters. */
export const textArbitrary: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...letters, '\n', 'B', 'k', 'S', 'É', '\u212a', 'ϑ', '.', '2'), { maxLength: 12 })
  .map((parts) => parts.join(''));

/** Undefined: the pattern is not RE2. */
export function compileOrSkip(pattern: string): Regex | undefined {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) return undefined;
    throw error;
  }
}
