// Selectors (`{…}` and nothing more) as the metadata routes take them.
import type { LogQuery } from '../../logql/ast.ts';

/** `query`, optional: empty means all streams; `{}` is refused, as in Loki. Rejects with ParseError. */
export const optionalSelector = async (text: string): Promise<LogQuery | undefined> =>
  text === '' ? undefined : await requiredSelector(text);

/** A selector that must be there and must name something. Rejects with ParseError. */
export async function requiredSelector(text: string): Promise<LogQuery> {
  // LogQL is loaded by the first who asks: a gateway that only collects does without.
  const { parseSelector } = await import('../../logql/parser.ts');
  return { kind: 'logQuery', matchers: parseSelector(text), stages: [] };
}

const matchEverything = /^\s*\{\s*\}\s*$/;

/** `match` and `match[]`: none, or a single `{}`, are all streams (an empty list). Rejects with ParseError. */
export async function selectorList(texts: readonly string[]): Promise<readonly LogQuery[]> {
  const [first] = texts;
  if (first === undefined || (texts.length === 1 && matchEverything.test(first))) return [];
  return await Promise.all(texts.map(requiredSelector));
}
