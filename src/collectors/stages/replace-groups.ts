// The stage `replace`: what groups of an expression hold becomes another text, by where they are.

import type { Regex } from '../../regex/regex.ts';

/**
 * `text` with every group of every match replaced, or the whole match where the expression has no groups; a group
 * within another goes with it. `literal`: part of every match. `onGroup` is told the number of each group that took part. Undefined when nothing matches.
 */
export function replaceGroups(
  text: string,
  regex: Regex,
  replacement: string,
  literal: string,
  onGroup: (group: number) => void,
): string | undefined {
  let result: string | undefined;
  let done = 0;
  let previousEnd = -1;
  for (let from = 0; from <= text.length && text.indexOf(literal, from) >= 0; ) {
    const match = regex.findOffsets(text, from);
    if (!match) break;
    const start = match[0] as number;
    const end = match[1] as number;
    const isEmpty = start === end;
    result ??= '';
    // As Go counts all matches: an empty one right after another is none.
    if (!isEmpty || start !== previousEnd)
      for (const part of partsOf(match)) {
        if (part.group > 0) onGroup(part.group);
        if (part.start < done) continue;
        result += text.slice(done, part.start) + replacement;
        done = part.end;
      }
    previousEnd = end;
    from = isEmpty ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end;
  }
  return result === undefined ? undefined : result + text.slice(done);
}

interface Part {
  readonly group: number;
  readonly start: number;
  readonly end: number;
}

/** What is replaced of a match: its groups, from left to right and the outer before the inner. */
function partsOf(match: ArrayLike<number>): readonly Part[] {
  const part = (group: number): Part => ({
    group,
    start: match[2 * group] as number,
    end: match[2 * group + 1] as number,
  });
  if (match.length === 2) return [part(0)];
  return Array.from({ length: match.length / 2 - 1 }, (_, i) => part(i + 1))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.start - b.start || b.end - a.end);
}
