// Paths by pattern: `*` and `?` within a name, `[a-z]` and `[!a-z]`, `{a,b}`, and `**` for any depth of folders.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemPath } from './file-path.ts';
import { FolderLists } from './folder-lists.ts';

export class GlobError extends Error {
  override readonly name = 'GlobError';
}

/** Of one pattern; longer than any path. */
const patternLengthMax = 4_096;
/** Alternatives a pattern's braces may expand to, and folders one look may enter. */
const alternativesMax = 256;
const foldersMax = 50_000;
const depthMax = 32;

/** `/a/{b,c}/*.log` → `/a/b/*.log`, `/a/c/*.log`. Throws {@link GlobError} when there are too many. */
export function expandBraces(pattern: string): string[] {
  if (pattern.length > patternLengthMax)
    throw new GlobError(`${pattern.slice(0, 100)}…: longer than ${patternLengthMax} characters`);
  const parts = partsOf(pattern);
  // Counted before any is written: a few braces make more than fit into memory.
  if (countOf(parts) > alternativesMax)
    throw new GlobError(`${pattern}: more than ${alternativesMax} alternatives`);
  return expanded(parts);
}

/** A text, or alternatives of which each is a pattern again. */
type Part = string | readonly Parts[];
type Parts = readonly Part[];

function partsOf(pattern: string): Parts {
  const parts: Part[] = [];
  let from = 0;
  for (;;) {
    const open = pattern.indexOf('{', from);
    const alternatives = open < 0 ? undefined : alternativesAt(pattern, open);
    // A brace that nothing closes is a character like others, and so is all that follows.
    if (alternatives === undefined) return [...parts, pattern.slice(from)];
    parts.push(pattern.slice(from, open), alternatives.texts.map(partsOf));
    from = alternatives.end;
  }
}

function alternativesAt(pattern: string, open: number): { texts: string[]; end: number } | undefined {
  const texts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '{') depth++;
    if (char === ',' && depth === 1) {
      texts.push(pattern.slice(from, at));
      from = at + 1;
    }
    if (char === '}' && --depth === 0) return { texts: [...texts, pattern.slice(from, at)], end: at + 1 };
  }
  return undefined;
}

const countOf = (parts: Parts): number =>
  parts.reduce(
    (count, part) =>
      typeof part === 'string' ? count : count * part.reduce((sum, one) => sum + countOf(one), 0),
    1,
  );

const expanded = (parts: Parts): string[] =>
  parts.reduce<string[]>(
    (heads, part) => {
      const tails = typeof part === 'string' ? [part] : part.flatMap(expanded);
      return heads.flatMap((head) => tails.map((tail) => head + tail));
    },
    [''],
  );

/** Patterns without braces, those that were relative in the working directory. Throws as {@link expandBraces}. */
export const absoluteGlobs = (patterns: readonly string[]): string[] =>
  patterns.flatMap(expandBraces).map((pattern) => resolve(pattern));

/** Whether a whole path matches a pattern without braces. */
export function matchesPath(path: string, pattern: string): boolean {
  const names = path.split('/');
  const parts = pattern.split('/');
  let at = 0;
  let p = 0;
  // Only the last `**` ever takes another name: what stood before it has matched, and would match no better.
  let deepAt = -1;
  let deepName = 0;
  while (at < names.length) {
    const part = parts[p];
    if (part === '**') {
      deepAt = p++;
      deepName = at;
    } else if (part !== undefined && matchesName(names[at] as string, part)) {
      at++;
      p++;
    } else if (deepAt >= 0) {
      p = deepAt + 1;
      at = ++deepName;
    } else return false;
  }
  while (parts[p] === '**') p++;
  return p === parts.length;
}

/** One name against one part of a pattern: two pointers, at most name × pattern steps. */
export function matchesName(name: string, part: string): boolean {
  let at = 0;
  let p = 0;
  let starAt = -1;
  let starName = 0;
  while (at < name.length) {
    const step = p < part.length && part[p] !== '*' ? oneCharacter(name[at] as string, part, p) : 0;
    if (part[p] === '*') {
      starAt = p++;
      starName = at;
    } else if (step > 0) {
      at++;
      p += step;
    } else if (starAt >= 0) {
      p = starAt + 1;
      at = ++starName;
    } else return false;
  }
  while (part[p] === '*') p++;
  return p === part.length;
}

/** Length of the pattern's piece at `p` when it matches the character, else 0. */
function oneCharacter(char: string, part: string, p: number): number {
  const wanted = part[p];
  if (wanted === '?') return 1;
  if (wanted === '\\' && p + 1 < part.length) return part[p + 1] === char ? 2 : 0;
  const close = wanted === '[' ? part.indexOf(']', p + 2) : -1;
  if (close < 0) return wanted === char ? 1 : 0;
  let set = part.slice(p + 1, close);
  const negated = set[0] === '!' || set[0] === '^';
  if (negated) set = set.slice(1);
  let found = false;
  for (let i = 0; i < set.length; i++) {
    if (set[i + 1] === '-' && i + 2 < set.length) {
      found ||= char >= (set[i] as string) && char <= (set[i + 2] as string);
      i += 2;
    } else found ||= set[i] === char;
  }
  return found === negated ? 0 : close - p + 1;
}

const isPlain = (part: string): boolean => !/[*?[\\]/.test(part);

/**
 * Regular files that match one of `include` and none of `exclude`, sorted. Symbolic links to files count; links to
 * folders are followed where the pattern names them, not under `**` (they may lead in circles). Folders that cannot be
 * read are passed over and given to `onUnreadable`. `lists`: kept from one look to the next.
 */
export async function findFiles(
  include: readonly string[],
  exclude: readonly string[],
  onUnreadable: (path: string, error: NodeJS.ErrnoException) => void,
  lists = new FolderLists(),
): Promise<string[]> {
  const found = new Set<string>();
  let folders = 0;
  const walk = async (folder: string, parts: readonly string[], depth: number): Promise<void> => {
    const [part, ...rest] = parts;
    if (part === undefined || depth > depthMax || ++folders > foldersMax) return;
    if (isPlain(part) && part !== '**') {
      const path = join(folder, part);
      if (rest.length > 0) return walk(path, rest, depth + 1);
      if (await isFile(path, onUnreadable)) found.add(path);
      return;
    }
    for (const entry of await lists.of(folder, onUnreadable)) {
      const path = join(folder, entry.name);
      if (part === '**') {
        if (entry.kind === 'folder') await walk(path, parts, depth + 1);
        continue;
      }
      if (!matchesName(entry.name, part)) continue;
      if (rest.length > 0) {
        if (entry.kind === 'folder' || entry.kind === 'link') await walk(path, rest, depth + 1);
      } else if (entry.kind === 'file' || (entry.kind === 'link' && (await isFile(path, onUnreadable)))) {
        found.add(path);
      }
    }
    if (part === '**') await walk(folder, rest, depth + 1);
  };
  for (const pattern of absoluteGlobs(include)) await walk('/', pattern.split('/').filter(Boolean), 0);
  const excluded = absoluteGlobs(exclude);
  return [...found].filter((path) => !excluded.some((pattern) => matchesPath(path, pattern))).sort();
}

async function isFile(
  path: string,
  onUnreadable: (path: string, error: NodeJS.ErrnoException) => void,
): Promise<boolean> {
  try {
    return (await stat(systemPath(path))).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') onUnreadable(path, error as NodeJS.ErrnoException);
    return false;
  }
}
