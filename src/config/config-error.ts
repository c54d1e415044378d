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

/** Of a file that a setting names. On another machine than the gateway's it need not be there. */
export class UnreadableFileError extends ConfigError {}

/** Where a value came from: "skald.yaml:3:5", "environment SKALD_X", "flag --x". */
export type Origin = (keys: readonly PropertyKey[]) => string;

/** Problems told of one configuration; the rest comes to light when these are mended. */
export const problemsMax = 100;

/**
 * zod's issues as lines, {@link problemsMax} at most. `keysAt` lists the keys known at a path, for
 * suggestions; `hintFor` may know better of an unknown key.
 */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  origin: Origin,
  keysAt: (keys: readonly PropertyKey[]) => readonly string[],
  hintFor: (keys: readonly PropertyKey[]) => string,
): readonly string[] {
  const lines = causes(issues.slice(0, problemsMax)).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.slice(0, problemsMax).map((key) => {
        const keys = [...issue.path, key];
        return `${origin(keys)}: unknown key "${keys.map(String).join('.')}"${hintFor(keys) || suggestion(key, keysAt(issue.path))}`;
      });
    const message = issue.code === 'invalid_type' ? `expected a ${wordFor(issue.expected)}` : issue.message;
    const found =
      issue.input === undefined ? '' : `, got ${shown(issue.input)}${wordMeant(message, issue.input)}`;
    return [`${origin(issue.path)}: ${issue.path.map(String).join('.')}: ${message}${found}`];
  });
  return lines.slice(0, problemsMax);
}

/** Without what is wrong only because a key beside it is mistyped. */
function causes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const pathText = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => pathText(path)),
  );
  return issues.filter(
    ({ code, path, input }) =>
      code === 'unrecognized_keys' ||
      !(mistyped.has(pathText(path)) || (input === undefined && mistyped.has(pathText(path.slice(0, -1))))),
  );
}

/** The word that is meant, where a message lists those there are. */
function wordMeant(message: string, input: unknown): string {
  if (!/\bone of\b|\blist of\b/.test(message)) return '';
  const words = message.match(/[a-z][a-z_-]+/g) ?? [];
  const given: readonly unknown[] = Array.isArray(input) ? input : [input];
  const wrong = given.find((word) => typeof word === 'string' && !words.some((known) => known === word));
  return typeof wrong === 'string' && wrong.length <= wordLengthMax ? suggestion(wrong, words) : '';
}

const wordLengthMax = 40;

const wordFor = (type: string): string =>
  type === 'object' || type === 'record' ? 'mapping' : type === 'array' ? 'list' : type;

const shownCharactersMax = 80;
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > shownCharactersMax ? `${json.slice(0, shownCharactersMax)}…` : json;
}

/** `; did you mean "x"?` with the nearest known key, the first of several, when one is near. */
export function suggestion(key: string, known: readonly string[]): string {
  let nearest: string | undefined;
  let distanceMax = Math.max(2, Math.floor(key.length / 3));
  for (const candidate of known) {
    const distance = editDistance(key, candidate, distanceMax);
    if (distance > distanceMax) continue;
    nearest = candidate;
    distanceMax = distance - 1;
  }
  const meant = nearest === undefined ? continuations(key, known) : [nearest];
  return meant.length === 0 ? '' : `; did you mean ${meant.map((name) => `"${name}"`).join(' or ')}?`;
}

/** Known keys that go on where this one ends, as retention_period does for retention. */
const continuations = (key: string, known: readonly string[]): readonly string[] =>
  known.filter((candidate) => candidate.startsWith(`${key}_`)).slice(0, continuationsMax);

const continuationsMax = 4;

/** Levenshtein's distance, or a number above `max` as soon as the distance must be above it. */
function editDistance(a: string, b: string, max: number): number {
  // What differs more in length is not near.
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let row = new Uint32Array(b.length + 1).map((_, index) => index);
  let next = new Uint32Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    let least = i;
    next[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const distance = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, replaced);
      next[j] = distance;
      least = Math.min(least, distance);
    }
    // A row never has less than the least of the row before.
    if (least > max) return least;
    [row, next] = [next, row];
  }
  return row[b.length] as number;
}
