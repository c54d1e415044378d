// What a query looks for in lines: the texts and patterns of its line filters, to be marked where they were found.
import { piecesOf, unquoted } from './query-scan.ts';

export interface FilterTerm {
  readonly kind: 'text' | 'pattern';
  readonly value: string;
}

/** Terms of `|=` and `|~` with their `or`s, in order. */
export function filterTerms(query: string): readonly FilterTerm[] {
  const terms: FilterTerm[] = [];
  let kind: FilterTerm['kind'] | undefined;
  for (const piece of piecesOf(query)) {
    const text = query.slice(piece.start, piece.end);
    if (piece.kind === 'text') {
      const operator = /\|([=~])\s*$/.exec(text);
      const goesOn = /^\s+or\s+$/.test(text);
      if (operator !== null) kind = operator[1] === '=' ? 'text' : 'pattern';
      else if (!goesOn) kind = undefined;
    } else if (piece.kind === 'quoted' && kind !== undefined) {
      const value = unquoted(text);
      if (value !== undefined && value !== '') terms.push({ kind, value });
    }
  }
  return terms;
}
