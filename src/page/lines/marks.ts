// Where a line has what the query looked for. Patterns are RE2's, as the gateway's are: no pattern of a link that somebody
// sent can keep the tab busy.
import { RE2JS } from 're2js';
import type { FilterTerm } from '../query/filter-terms.ts';

export interface Mark {
  readonly start: number;
  readonly end: number;
}

/** More in one line are not marked. */
const marksMax = 200;
/** Patterns of more characters are not worth the time of each line. */
const patternCharactersMax = 2000;

/** Finds the marks of a text, in order, none within another. */
export type FindMarks = (text: string) => readonly Mark[];

export function marksFinder(terms: readonly FilterTerm[]): FindMarks {
  const finders = terms.map(finderOf).filter((finder) => finder !== undefined);
  if (finders.length === 0) return () => [];
  return (text) => merged(finders.flatMap((find) => find(text)));
}

function finderOf({ kind, value }: FilterTerm): FindMarks | undefined {
  if (kind === 'text') return (text) => textMarks(text, value);
  const folded = /^\(\?i\)([\w \-:/,;@]+)$/.exec(value)?.[1]?.toLowerCase();
  // The letters keep their places only where no lower case is longer.
  if (folded !== undefined)
    return (text) => {
      const lower = text.toLowerCase();
      return lower.length === text.length ? textMarks(lower, folded) : [];
    };
  if (value.length > patternCharactersMax) return undefined;
  try {
    const pattern = RE2JS.compile(value);
    return (text) => patternMarks(text, pattern);
  } catch {
    return undefined;
  }
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

function patternMarks(text: string, pattern: RE2JS): readonly Mark[] {
  const marks: Mark[] = [];
  const matcher = pattern.matcher(text);
  while (marks.length < marksMax && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // One that matches nothing everywhere marks nothing.
    if (end === start) return marks;
    marks.push({ start, end });
  }
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
