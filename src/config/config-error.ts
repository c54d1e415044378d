// Wrong configuration, said so that it can be mended: where, which key, what was expected, what was found.
import type { z } from 'zod';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One line each. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Where a value came from: "skald.yaml:3:5", "environment SKALD_X", "flag --x". */
export type Origin = (keys: readonly PropertyKey[]) => string;

/** zod's issues as lines. `keysAt` lists the keys known at a path, for suggestions. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  origin: Origin,
  keysAt: (keys: readonly PropertyKey[]) => readonly string[],
): readonly string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => {
        const keys = [...issue.path, key];
        return `${origin(keys)}: unknown key "${keys.map(String).join('.')}"${suggestion(key, keysAt(issue.path))}`;
      });
    const message = issue.code === 'invalid_type' ? `expected a ${wordFor(issue.expected)}` : issue.message;
    const found = issue.input === undefined ? '' : `, got ${shown(issue.input)}`;
    return [`${origin(issue.path)}: ${issue.path.map(String).join('.')}: ${message}${found}`];
  });
}

const wordFor = (type: string): string =>
  type === 'object' || type === 'record' ? 'mapping' : type === 'array' ? 'list' : type;

const shownCharactersMax = 80;
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > shownCharactersMax ? `${json.slice(0, shownCharactersMax)}…` : json;
}

/** `; did you mean "x"?` with the nearest known key, when one is near. */
export function suggestion(key: string, known: readonly string[]): string {
  const distanceMax = Math.max(2, Math.floor(key.length / 3));
  const [nearest] = known
    // What differs more in length is not near.
    .filter((candidate) => Math.abs(candidate.length - key.length) <= distanceMax)
    .map((candidate) => [candidate, editDistance(key, candidate)] as const)
    .filter(([, distance]) => distance <= distanceMax)
    .sort((a, b) => a[1] - b[1]);
  return nearest === undefined ? '' : `; did you mean "${nearest[0]}"?`;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
