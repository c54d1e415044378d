// Where a line has what the query looked for.
import type { FilterTerm } from '../query/filter-terms.ts';

export interface Mark {
  readonly start: number;
  readonly end: number;
}

/** More in one line are not marked. */
const marksMax = 200;

/** Finds the marks of a text, in order, none within another. */
export type FindMarks = (text: string) => readonly Mark[];

/** Makes a finder of an expression; undefined for what is none. */
export type CompilePattern = (pattern: string) => FindMarks | undefined;

/** What expressions find is marked where they can be compiled. */
export function marksFinder(terms: readonly FilterTerm[], compile: CompilePattern | undefined): FindMarks {
  const finders = terms.map((term) => finderOf(term, compile)).filter((finder) => finder !== undefined);
  if (finders.length === 0) return () => [];
  return (text) => merged(finders.flatMap((find) => find(text)));
}

/** Whether expressions must be compiled for the marks of these. */
export const needPatterns = (terms: readonly FilterTerm[]): boolean =>
  terms.some(({ kind, value }) => kind !== 'text' && wordsOf(value) === undefined);

/** The words, in lower case, that an expression stands for that only takes upper and lower case alike. */
const wordsOf = (pattern: string): string | undefined =>
  /^\(\?i\)([\w \-:/,;@]+)$/.exec(pattern)?.[1]?.toLowerCase();

function finderOf({ kind, value }: FilterTerm, compile: CompilePattern | undefined): FindMarks | undefined {
  if (kind === 'text') return (text) => textMarks(text, value);
  const words = wordsOf(value);
  if (words === undefined) return compile?.(value);
  // The letters keep their places only where no lower case is longer.
  return (text) => {
    const lower = text.toLowerCase();
    return lower.length === text.length ? textMarks(lower, words) : [];
  };
}

function textMarks(text: string, value: string): readonly Mark[] {
  const marks: Mark[] = [];
  for (
    let at = text.indexOf(value);
    at >= 0 && marks.length < marksMax;
    at = text.indexOf(value, at + value.length)
  )
    marks.push({ start: at, end: at + value.length });
  return marks;
}

function merged(marks: readonly Mark[]): readonly Mark[] {
  const sorted = [...marks].sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Mark[] = [];
  for (const mark of sorted) {
    const last = kept.at(-1);
    if (last === undefined || mark.start >= last.end) kept.push(mark);
    else if (mark.end > last.end) kept[kept.length - 1] = { start: last.start, end: mark.end };
  }
  return kept;
}
