// Matchers → predicates. Prometheus' rules: regexes match the whole value, `.` matches newlines, a label that is
// not there is the empty text.
import { type Labels, labelValue } from '../model/labels.ts';
import { compileRegex } from '../regex/regex.ts';
import type { Matcher } from './ast.ts';

export type ValuePredicate = (value: string) => boolean;

/** Compiles one matcher to a test on a label's value ('' when absent). Throws RegexError. */
export function compileMatcher(matcher: Matcher): ValuePredicate {
  const { op, value } = matcher;
  switch (op) {
    case '=':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case '=~':
      return compileFullMatch(value);
    case '!~': {
      const matches = compileFullMatch(value);
      return (text) => !matches(text);
    }
  }
}

export interface CompiledMatcher {
  readonly name: string;
  readonly test: ValuePredicate;
}

/** Compiles matchers once for many label sets. Throws RegexError. */
export const compileMatchers = (matchers: readonly Matcher[]): readonly CompiledMatcher[] =>
  matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));

/** True when every matcher takes the labels. */
export const matchesLabels = (matchers: readonly CompiledMatcher[], labels: Labels): boolean =>
  matchers.every(({ name, test }) => test(labelValue(labels, name) ?? ''));

/** The values an `=~` can match when it is a literal or an alternation of literals (`a|b|c`); else undefined. */
export function literalValues(pattern: string): readonly string[] | undefined {
  return alternation.test(pattern) ? pattern.split('|') : undefined;
}

// Characters that mean themselves to RE2.
const plain = `[\\w :;,@#%&=!~<>'"\`/-]*`;
const alternation = new RegExp(`^${plain}(?:\\|${plain})*$`);
const aroundLiteral = new RegExp(`^(\\.[*+])?(${plain})(\\.[*+])?$`);

function compileFullMatch(pattern: string): ValuePredicate {
  const literals = literalValues(pattern);
  if (literals !== undefined) {
    const values = new Set(literals);
    return (text) => values.has(text);
  }
  const around = aroundLiteral.exec(pattern);
  // `.+.+` counts characters, which are not UTF-16 units.
  if (around !== null && pattern !== '.+.+') return compileAround(around[1], around[2] as string, around[3]);
  const regex = compileRegex(pattern, { dotAll: true });
  return (text) => regex.testFull(text);
}

/** `.*literal.+` and the like: plain text search. */
function compileAround(
  before: string | undefined,
  literal: string,
  after: string | undefined,
): ValuePredicate {
  const beforeMin = before === '.+' ? 1 : 0;
  const afterMin = after === '.+' ? 1 : 0;
  const lengthMin = beforeMin + literal.length + afterMin;
  if (before === undefined) return (text) => text.length >= lengthMin && text.startsWith(literal);
  if (after === undefined) return (text) => text.length >= lengthMin && text.endsWith(literal);
  return (text) => {
    if (text.length < lengthMin) return false; // indexOf would find '' before its start
    const at = text.indexOf(literal, beforeMin);
    // The last place leaves most before it, the first most after it; both must have their share.
    return at >= 0 && at + literal.length + afterMin <= text.length;
  };
}
