// Every recorded query against the parser: what the reference answered must parse, what it refused must be refused
// with the same words.
import { describe, expect, it } from 'vitest';
import { ParseError } from '../../src/logql/parse-error.ts';
import { parseExpr, parseSelector } from '../../src/logql/parser.ts';
import { formatExpr, printExpr } from '../../src/logql/print.ts';
import { type RecordedQuery, recordedQueries } from './recorded.ts';

const recorded = recordedQueries();

/** Metadata requests whose query may be absent or match everything. */
const takesAnySelector = ({ path, query }: RecordedQuery): boolean =>
  path.includes('/index/volume') && query === '{}';

/** Templates are compiled, and refused, above the parser. */
const isTemplateError = (message: string): boolean => /invalid (?:line )?template/.test(message);

function errorOf(query: string): string {
  try {
    parseExpr(query);
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return (error as ParseError).message;
  }
  return '';
}

describe('recorded queries', () => {
  const accepted = recorded.filter((r) => r.status === 200 && r.query !== '' && !takesAnySelector(r));
  it(`parse and print back to the same tree (${accepted.length})`, () => {
    expect(accepted.length).toBeGreaterThan(3_000);
    for (const { id, query } of accepted) {
      const tree = parseExpr(query);
      expect([id, parseExpr(printExpr(tree))]).toEqual([id, tree]);
    }
  });

  it('of volume endpoints may match everything', () => {
    const any = recorded.filter((r) => r.status === 200 && takesAnySelector(r));
    expect(any.length).toBeGreaterThan(0);
    for (const { query } of any) expect(parseSelector(query, { allowEmptyMatch: true })).toEqual([]);
  });

  const refused = recorded.flatMap((r) =>
    r.message?.startsWith('parse error') && !isTemplateError(r.message)
      ? [{ id: r.id, query: r.query, message: r.message }]
      : [],
  );
  it.each(refused)('$id: $query', ({ query, message }) => {
    expect(errorOf(query)).toBe(message);
  });

  const formatted = recorded.filter((r) => r.formatted !== undefined);
  it.each(formatted)('format $query', ({ query, formatted: text }) => {
    expect(formatExpr(parseExpr(query))).toBe(text);
  });
});
