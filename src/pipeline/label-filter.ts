// Label filters: comparisons of label values as text, number, duration, size or address, joined by `and` and `or`.
import type { CompareOp, LabelFilter, Matcher } from '../logql/ast.ts';
import { compileMatcher } from '../logql/matchers.ts';
import { parseBytes } from '../model/bytes.ts';
import { goFloatError, parseGoFloat } from '../model/go-number.ts';
import { durationNs } from './duration-value.ts';
import { compileIpMatcher } from './ip-matcher.ts';
import { remember } from './remember.ts';
import type { Apply } from './stage.ts';

const labelFilterError = 'LabelFilterErr';

/**
 * Compiles a label filter. A numeric comparison drops entries that lack the label; a value that cannot be converted
 * keeps the entry with `__error__`, and an entry that has the label and an error passes. An address comparison lets
 * errors pass before it looks for the label.
 */
export function compileLabelFilter(filter: LabelFilter): Apply {
  switch (filter.kind) {
    case 'and': {
      const left = compileLabelFilter(filter.left);
      const right = compileLabelFilter(filter.right);
      // Both sides always run: the right one may set an error that an enclosing `or` sees.
      return (entry) => {
        const passes = left(entry);
        return right(entry) && passes;
      };
    }
    case 'or': {
      const left = compileLabelFilter(filter.left);
      const right = compileLabelFilter(filter.right);
      return (entry) => left(entry) || right(entry);
    }
    case 'string': {
      const { name } = filter.matcher;
      const matches = remembering(filter.matcher);
      return (entry) => matches(entry.labels.value(name));
    }
    case 'number':
      return comparison(
        filter.name,
        filter.op,
        filter.value,
        (text) => parseGoFloat(text) ?? goFloatError(text),
      );
    case 'duration':
      return comparison(filter.name, filter.op, filter.valueNs, durationNs);
    case 'bytes':
      return comparison(filter.name, filter.op, filter.valueBytes, parseBytes);
    case 'ip':
      return addressFilter(filter.name, filter.op === '=', filter.pattern);
  }
}

/** A matcher that remembers a regex's verdicts: values of labels repeat. */
function remembering(matcher: Matcher): (text: string) => boolean {
  const matches = compileMatcher(matcher);
  if (matcher.op === '=' || matcher.op === '!=') return matches;
  const verdicts = new Map<string, boolean>();
  return (text) => verdicts.get(text) ?? remember(verdicts, rememberedMax, text, matches);
}

/** Values remembered per filter. */
const rememberedMax = 1024;

function comparison(
  name: string,
  op: CompareOp,
  bound: number,
  convert: (text: string) => number | string,
): Apply {
  const compare = comparisons[op];
  const converted = new Map<string, number | string>();
  return (entry) => {
    const { labels } = entry;
    const text = labels.get(name);
    if (text === undefined) return false;
    if (labels.error !== '') return true;
    const value = converted.get(text) ?? remember(converted, rememberedMax, text, convert);
    if (typeof value === 'number') return compare(value, bound);
    labels.setError(labelFilterError, value);
    return true;
  };
}

const comparisons: Record<CompareOp, (value: number, bound: number) => boolean> = {
  '==': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
};

function addressFilter(name: string, wanted: boolean, pattern: string): Apply {
  const matches = compileIpMatcher(pattern);
  return ({ labels }) => {
    if (labels.error !== '') return true;
    const text = labels.get(name);
    return text !== undefined && matches(text) === wanted;
  };
}
