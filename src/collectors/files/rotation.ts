// After a rotation: the files in the folder that hold what the path held before.

import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type FilePosition, isContinuedAt } from './checkpoint.ts';

export interface Sibling {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly birthMs: number;
  readonly mtimeMs: number;
}

/** Files looked at in one folder. */
const siblingsMax = 1_000;
const compressed = new Set(['.gz', '.bz2', '.xz', '.zst', '.zip', '.lz4']);

/** Whether `name` is what rotation makes of `base`: app.log.1, app.log-20261124, app-2026-11-24.log, app.1.log. */
export function isRotatedName(name: string, base: string): boolean {
  if (compressed.has(extname(name))) return false;
  const rotation = (between: string): boolean => /^[._-][\w.:-]*$/.test(between) && /\d/.test(between);
  if (name.startsWith(base)) return rotation(name.slice(base.length));
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension)) return false;
  const between = name.slice(stem.length, name.length - extension.length);
  return rotation(between) && /^[\d._:T-]+$/.test(between);
}

/** Rotated files of a path, oldest first. */
export function rotatedSiblings(path: string): Sibling[] {
  const folder = dirname(path);
  const base = basename(path);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const siblings: Sibling[] = [];
  for (const name of names.filter((each) => isRotatedName(each, base)).slice(0, siblingsMax)) {
    try {
      const stat = statSync(join(folder, name));
      if (!stat.isFile()) continue;
      const { dev, ino, size, birthtimeMs, mtimeMs } = stat;
      siblings.push({ path: join(folder, name), dev, ino, size, birthMs: birthtimeMs, mtimeMs });
    } catch {
      // Gone since the listing.
    }
  }
  return siblings.sort((a, b) => a.mtimeMs - b.mtimeMs || a.birthMs - b.birthMs);
}

/** Of the siblings, those that were made and written after `last`. Oldest first. */
export const madeAfter = (
  siblings: readonly Sibling[],
  last: Pick<Sibling, 'ino' | 'birthMs' | 'mtimeMs'>,
): Sibling[] =>
  siblings.filter(
    ({ ino, birthMs, mtimeMs }) => ino !== last.ino && birthMs >= last.birthMs && mtimeMs >= last.mtimeMs,
  );

/** The sibling that is a copy of what was read up to `last` (copytruncate) and may hold more. */
export function copyOf(siblings: readonly Sibling[], last: FilePosition): Sibling | undefined {
  return siblings.find(
    ({ path, ino, size }) =>
      ino !== last.ino && last.offset > 0 && size >= last.offset && isContinuedAt(path, last),
  );
}
