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
      for (const group of groupsOf(match)) {
        if (group > 0) onGroup(group);
        const groupStart = match[2 * group] as number;
        if (groupStart < done) continue;
        result += text.slice(done, groupStart) + replacement;
        done = match[2 * group + 1] as number;
      }
    previousEnd = end;
    from = isEmpty ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end;
  }
  return result === undefined ? undefined : result + text.slice(done);
}

/** What is replaced of a match: its groups that took part, from left to right and the outer before the inner. */
function groupsOf(match: ArrayLike<number>): readonly number[] {
  const count = match.length / 2;
  if (count === 1) return wholeMatch;
  const at = (group: number, side: 0 | 1): number => match[2 * group + side] as number;
  const groups: number[] = [];
  for (let group = 1; group < count; group++) if (at(group, 0) >= 0) groups.push(group);
  return groups.length < 2 ? groups : groups.sort((a, b) => at(a, 0) - at(b, 0) || at(b, 1) - at(a, 1));
}

const wholeMatch = [0];
