// What was written and what was stored: which lines one has and the other has not.

const shownMax = 20;

export interface Difference {
  /** Written and not stored. */
  readonly lost: readonly string[];
  /** Stored more often than written. */
  readonly repeated: readonly string[];
}

/** What two collections of lines do not share, the first few of each. */
export function difference(written: Iterable<string>, stored: readonly string[]): Difference {
  const left = new Map<string, number>();
  for (const line of written) left.set(line, (left.get(line) ?? 0) + 1);
  const repeated: string[] = [];
  for (const line of stored) {
    const count = left.get(line) ?? 0;
    if (count === 0) repeated.push(line);
    else left.set(line, count - 1);
  }
  const lost = [...left].filter(([, count]) => count > 0).map(([line]) => line);
  const shown = (lines: readonly string[]): string[] =>
    lines.length <= shownMax ? [...lines] : [...lines.slice(0, shownMax), `of ${lines.length}`];
  return { lost: shown(lost), repeated: shown(repeated) };
}
