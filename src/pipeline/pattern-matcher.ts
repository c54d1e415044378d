// Matching of patterns: literals with captures `<name>` and `<_>` between them.
import type { PatternPart } from '../logql/pattern.ts';

/**
 * Calls `capture` with the text range of each named capture, left to right. Where a literal is missing, the capture
 * before it takes the rest of the line and matching ends; a first literal must be at the line's start.
 */
export function matchPattern(
  parts: readonly PatternPart[],
  line: string,
  capture: (name: string, start: number, end: number) => boolean,
): boolean {
  if (line === '') return true;
  let at = 0;
  let i = 0;
  const first = parts[0];
  if (first?.kind === 'literal') {
    if (!line.startsWith(first.text)) return true;
    at = first.text.length;
    i = 1;
  }
  for (; i < parts.length; i += 2) {
    const name = (parts[i] as { name: string }).name;
    const after = parts[i + 1] as { text: string } | undefined;
    const found = after === undefined ? -1 : line.indexOf(after.text, at);
    const end = found < 0 ? line.length : found;
    if (name !== '_' && !capture(name, at, end)) return false;
    if (found < 0 || after === undefined) return true;
    at = found + after.text.length;
  }
  return true;
}
