// Parts of a log query as text, in Loki's forms; used in error messages, rules and format_query.
import { humanizeBytes } from '../go/bytes.ts';
import { formatGoDuration } from '../go/duration.ts';
import { formatGoFloat } from '../go/number.ts';
import { quoteGo } from '../go/quote.ts';
import type { LabelExtraction, LabelFilter, LabelSelector, LineFilterStage, Matcher, Stage } from './ast.ts';

/** `{a="b", c=~"d"}` */
export const printMatchers = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(printMatcher).join(', ')}}`;

export const printMatcher = ({ name, op, value }: Matcher): string => `${name}${op}${quoteGo(value)}`;

/** One stage with its leading pipe: `| json a="b"`, `|= "x" or "y"`. Parses back to the same stage. */
export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'lineFilter':
      return printLineFilter(stage);
    case 'json':
      return `| json${printExtractions(stage.expressions)}`;
    case 'logfmt': {
      const flags = (stage.strict ? ' --strict' : '') + (stage.keepEmpty ? ' --keep-empty' : '');
      return `| logfmt${flags}${printExtractions(stage.expressions)}`;
    }
    case 'pattern':
    case 'regexp':
      return `| ${stage.kind} ${quoteGo(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'labelFilter':
      return `| ${printLabelFilter(stage.filter)}`;
    case 'lineFormat':
      return `| line_format ${quoteGo(stage.template)}`;
    case 'labelFormat':
      return `| label_format ${stage.assignments
        .map((part) => `${part.name}=${part.kind === 'rename' ? part.from : quoteGo(part.template)}`)
        .join(',')}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.labels.map(printSelector).join(',')}`;
  }
}

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

function printLineFilter({ op, alternatives }: LineFilterStage): string {
  const texts = alternatives.map(({ text, ip }) => (ip ? `ip(${quoteGo(text)})` : quoteGo(text)));
  return `${op} ${texts.join(' or ')}`;
}

const printExtractions = (expressions: readonly LabelExtraction[]): string =>
  expressions.length === 0
    ? ''
    : ` ${expressions.map(({ label, path }) => `${label}=${quoteGo(path)}`).join(',')}`;

const printSelector = ({ name, matcher }: LabelSelector): string =>
  matcher === undefined ? name : printMatcher(matcher);

const printDuration = (valueNs: number): string => formatGoDuration(BigInt(valueNs));

/** `5.1kB`: what a comparison compares with, see `comparedBytes`. */
const printBytes = (bytes: number): string => humanizeBytes(bytes).replace(' ', '');
