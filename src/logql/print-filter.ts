// Matchers and label filters as text, in Loki's forms; used in error messages, rules and format_query.
import { humanizeBytes } from '../go/bytes.ts';
import { formatGoDuration } from '../go/duration.ts';
import { formatGoFloat } from '../go/number.ts';
import { quoteGo } from '../go/quote.ts';
import type { LabelFilter, Matcher } from './ast.ts';

/** `{a="b", c=~"d"}` */
export const printMatchers = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(printMatcher).join(', ')}}`;

export const printMatcher = ({ name, op, value }: Matcher): string => `${name}${op}${quoteGo(value)}`;

/** `a>5`, `( a="b" , c="d" )`. Parses back to the same filter. */
export function printLabelFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
      return `( ${printLabelFilter(filter.left)} , ${printLabelFilter(filter.right)} )`;
    case 'or':
      return `( ${printLabelFilter(filter.left)} or ${printLabelFilter(filter.right)} )`;
    case 'string':
      return printMatcher(filter.matcher);
    case 'number':
      return `${filter.name}${filter.op}${printNumber(filter.value)}`;
    case 'duration':
      return `${filter.name}${filter.op}${printDuration(filter.valueNs)}`;
    case 'bytes':
      return `${filter.name}${filter.op}${printBytes(filter.valueBytes)}`;
    case 'ip':
      return `${filter.name}${filter.op}ip(${quoteGo(filter.pattern)})`;
  }
}

/** A number that the lexer reads as this number: Loki would print -0 as `-0`, which it reads as a duration. */
export function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0.0' : formatGoFloat(value);
}

const printDuration = (valueNs: number): string => formatGoDuration(BigInt(valueNs));

/** `5.1kB`: what a comparison compares with, see `comparedBytes`. */
const printBytes = (bytes: number): string => humanizeBytes(bytes).replace(' ', '');
