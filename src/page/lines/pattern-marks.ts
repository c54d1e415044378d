// Where a line matches an expression. Patterns are RE2's, as the gateway's are: no pattern of a link that somebody sent can
// keep the tab busy. Loaded when a query has one.
import { RE2JS } from 're2js';
import type { FindMarks, Mark } from './marks.ts';

/** More in one line are not marked. */
const marksMax = 200;
/** Patterns of more characters are not worth the time of each line. */
const patternCharactersMax = 2000;

/** Undefined for what is no expression. */
export function compilePattern(text: string): FindMarks | undefined {
  if (text.length > patternCharactersMax) return undefined;
  try {
    const pattern = RE2JS.compile(text);
    return (line) => patternMarks(line, pattern);
  } catch {
    return undefined;
  }
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
