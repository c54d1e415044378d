// Small changes of a query's text: matchers added to its selector, label filters at its end.

/** The end of the first `{…}`, quotes respected; undefined without one. */
function selectorSpan(query: string): { readonly start: number; readonly end: number } | undefined {
  const start = query.indexOf('{');
  if (start < 0) return undefined;
  let quote = '';
  for (let at = start + 1; at < query.length; at++) {
    const char = query[at] ?? '';
    if (quote !== '') {
      if (char === '\\' && quote === '"') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === '`') quote = char;
    else if (char === '}') return { start, end: at };
  }
  return undefined;
}

export type MatchOperator = '=' | '!=';

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

/** With a label filter as last stage; for log queries. */
export const withLabelFilter = (
  query: string,
  name: string,
  operator: MatchOperator,
  value: string,
): string => `${query.trim()} | ${name}${operator}${quoted(value)}`;

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

/** A string of LogQL; JSON's escapes are among Go's. */
const quoted = (value: string): string => JSON.stringify(value);

const escapedPattern = (value: string): string => value.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
