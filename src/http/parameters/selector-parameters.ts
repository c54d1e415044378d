// Selectors (`{…}` and nothing more) as the metadata routes take them.
import type { LogQuery, Matcher } from '../../logql/ast.ts';
import { parseSelector } from '../../logql/parser.ts';

const selectorQuery = (matchers: readonly Matcher[]): LogQuery => ({
  kind: 'logQuery',
  matchers,
  stages: [],
});

/** `query`, optional: empty means all streams; `{}` is refused, as in Loki. Throws ParseError. */
export function optionalSelector(text: string): LogQuery | undefined {
  return text === '' ? undefined : requiredSelector(text);
}

/** A selector that must be there and must name something. Throws ParseError. */
export const requiredSelector = (text: string): LogQuery => selectorQuery(parseSelector(text));

const matchEverything = /^\s*\{\s*\}\s*$/;

/** `match` and `match[]`: none, or a single `{}`, are all streams (an empty list). Throws ParseError. */
export function selectorList(texts: readonly string[]): readonly LogQuery[] {
  const [first] = texts;
  if (first === undefined || (texts.length === 1 && matchEverything.test(first))) return [];
  return texts.map(requiredSelector);
}
