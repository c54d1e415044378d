// Small changes of a query's text: matchers added to its selector, label filters at its end.
import { escapedPattern, quoted, skeletonOf, withoutComments } from './query-scan.ts';

/** The first `{…}`; undefined without one. */
export function selectorSpan(query: string): { readonly start: number; readonly end: number } | undefined {
  const skeleton = skeletonOf(query);
  const start = skeleton.indexOf('{');
  const end = skeleton.indexOf('}', start);
  return start < 0 || end < 0 ? undefined : { start, end };
}

/** The first selector, `{app="web"}`; undefined without one. */
export function selectorIn(query: string): string | undefined {
  const span = selectorSpan(query);
  return span && query.slice(span.start, span.end + 1);
}

export type MatchOperator = '=' | '!=';
export type FilterOperator = MatchOperator | '>=' | '<=';

/** With the matcher in the first selector; a query without one becomes the selector. */
export function withMatcher(query: string, name: string, operator: MatchOperator, value: string): string {
  const matcher = `${name}${operator}${quoted(value)}`;
  const span = selectorSpan(query);
  if (span === undefined) return `{${matcher}}`;
  const inside = query
    .slice(span.start + 1, span.end)
    .trim()
    .replace(/,$/, '');
  const matchers = inside === '' ? matcher : `${inside}, ${matcher}`;
  return `${query.slice(0, span.start)}{${matchers}}${query.slice(span.end + 1)}`;
}

/** With a label filter as last stage; for log queries. Sizes (`>=`, `<=`) are of numbers. */
export function withLabelFilter(
  query: string,
  name: string,
  operator: FilterOperator,
  value: string,
): string {
  const side = operator === '>=' || operator === '<=' ? value : quoted(value);
  return `${withoutComments(query)} | ${name}${operator}${side}`;
}

/** With a stage that parses lines, unless there is one already; in front of any label filter that needs it. */
export function withParser(query: string, parser: 'json' | 'logfmt'): string {
  const plain = withoutComments(query);
  return new RegExp(`\\|\\s*${parser}\\b`).test(skeletonOf(plain)) ? plain : `${plain} | ${parser}`;
}

const levelFilter = /\s*\|\s*detected_level\s*=~\s*$/;

/** With lines of these levels only; none: of all. Takes the place of an earlier choice of levels. */
export function withLevels(query: string, levels: readonly string[]): string {
  const { start, end } = levelFilterSpan(query) ?? { start: query.length, end: query.length };
  const filter = levels.length === 0 ? '' : ` | detected_level=~${quoted(levels.join('|'))}`;
  return withoutComments(query.slice(0, start) + query.slice(end)) + filter;
}

/** The levels that the query keeps by `| detected_level=~"a|b"`; undefined: it does not choose. */
export function levelsIn(query: string): readonly string[] | undefined {
  return levelFilterSpan(query)?.value.split('|');
}

function levelFilterSpan(query: string) {
  for (const { 0: text, index } of query.matchAll(/"[a-z|]*"/g)) {
    const before = skeletonOf(query).slice(0, index);
    const found = levelFilter.exec(before);
    if (found !== null) return { start: found.index, end: index + text.length, value: text.slice(1, -1) };
  }
  return undefined;
}

/** With another selector in the place of the first one. */
export function withSelector(query: string, selector: string): string {
  const span = selectorSpan(query);
  return span === undefined ? selector : query.slice(0, span.start) + selector + query.slice(span.end + 1);
}

/** `{a="x", b=~"y|z"}` from chosen values. */
export function selectorOf(chosen: ReadonlyMap<string, ReadonlySet<string>>): string {
  const matchers = [...chosen]
    .filter(([, values]) => values.size > 0)
    .map(([name, values]) => {
      const [first = '', ...others] = values;
      return others.length === 0
        ? `${name}=${quoted(first)}`
        : `${name}=~${quoted([...values].map(escapedPattern).join('|'))}`;
    });
  return `{${matchers.join(', ')}}`;
}

/** The selector of exactly one stream's labels. */
export const streamSelector = (labels: Readonly<Record<string, string>>): string =>
  selectorOf(new Map(Object.entries(labels).map(([name, value]) => [name, new Set([value])])));
