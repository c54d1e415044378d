// Label filters: comparisons of label values as text, number, duration, size or address, joined by `and` and `or`.

import { parseBytes } from '../../go/bytes.ts';
import { durationNs } from '../../go/duration-value.ts';
import { goFloatError, parseGoFloat } from '../../go/number.ts';
import type { CompareOp, LabelFilter, Matcher } from '../../logql/ast.ts';
import { compileMatcher } from '../../logql/matchers.ts';
import type { LabelFilterStage } from '../../logql/stages/label-filter.ts';
import { compileIpMatcher } from '../ip-matcher.ts';
import { compileLabelRegex } from '../label-regex.ts';
import { filterLabels } from '../parser-hints.ts';
import { remember } from '../remember.ts';
import type { Apply, CompiledStage } from '../stage.ts';

const labelFilterError = 'LabelFilterErr';

export const compileLabelFilterStage = ({ filter }: LabelFilterStage): CompiledStage => ({
  labelsRead: filterLabels(filter),
  apply: compileLabelFilter(filter),
});

/**
 * Compiles a label filter. A comparison drops entries that lack the label; a value that cannot be converted keeps the
 * entry with `__error__`. Entries that have an error already are compared like others, but by address: there they pass.
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
      const matches = compileTextFilter(filter.matcher);
      return (entry) => matches(entry.labels.value(name));
    }
    case 'number':
      return comparison(filter, filter.value, (text) => parseGoFloat(text) ?? goFloatError(text));
    case 'duration':
      return comparison(filter, filter.valueNs, durationNs);
    case 'bytes':
      return comparison(filter, filter.valueBytes, parseBytes);
    case 'ip':
      return addressFilter(filter.name, filter.op === '=', filter.pattern);
  }
}

function compileTextFilter(matcher: Matcher): (text: string) => boolean {
  const { op, value } = matcher;
  switch (op) {
    case '=':
    case '!=':
      return compileMatcher(matcher);
    case '=~':
      return remembering(compileLabelRegex(value));
    case '!~': {
      const matches = remembering(compileLabelRegex(value));
      return (text) => !matches(text);
    }
  }
}

/** Remembers a regex's verdicts: values of labels repeat. */
function remembering(matches: (text: string) => boolean): (text: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (text) => verdicts.get(text) ?? remember(verdicts, rememberedMax, text, matches);
}

/** Values remembered per filter. */
const rememberedMax = 1024;

function comparison(
  { name, op }: { readonly name: string; readonly op: CompareOp },
  bound: number,
  convert: (text: string) => number | string,
): Apply {
  const compare = comparisons[op];
  const converted = new Map<string, number | string>();
  return (entry) => {
    const { labels } = entry;
    const text = labels.get(name);
    if (text === undefined) return false;
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
