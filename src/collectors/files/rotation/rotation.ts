// Rotated files: what lies in the folder beside a path and once was, or is a copy of, what the path led to.

import { statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileId, fileKey } from '../file-key.ts';
import { hasCompressedName } from '../find/contents.ts';
import { systemPath } from '../find/file-path.ts';

export interface Sibling {
  readonly path: string;
  readonly key: string;
  /** Tells it from a later file that got the same inode. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** Rotated files of one path; what is beyond it by name is passed over. */
const siblingsMax = 5_000;

/**
 * A file that was found to be a copy is one as long as it has this size: half-made, it may begin as another file does
 * that it is no copy of.
 */
export const copyId = ({ id, sizeBytes }: Sibling): string => `${id}@${sizeBytes}`;

/** Whether `known` is the copyId of this sibling at another size. */
export const isOutgrown = (known: string, sibling: Sibling): boolean =>
  known.startsWith(`${sibling.id}@`) && known !== copyId(sibling);

/** Whether `name` is what rotation makes of `base`: app.log.1, app.log-20261124, app-2026-11-24.log, app.1.log. */
export function isRotatedName(name: string, base: string): boolean {
  if (hasCompressedName(name)) return false;
  const rotation = (between: string): boolean => /^[._-][\w.:-]*$/.test(between) && /\d/.test(between);
  if (name.startsWith(base)) return rotation(name.slice(base.length));
  const extension = extname(base);
  const stem = stemOf(base);
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension)) return false;
  const between = name.slice(stem.length, name.length - extension.length);
  return rotation(between) && /^[\d._:T-]+$/.test(between);
}

const stemOf = (base: string): string => base.slice(0, base.length - extname(base).length);

/** Rotated files of a path, those written last at the end. `names`: of its folder, sorted. */
export function rotatedSiblings(path: string, names: readonly string[]): Sibling[] {
  const folder = dirname(path);
  const base = basename(path);
  const siblings: Sibling[] = [];
  for (const name of namesWith(stemOf(base), names)) {
    if (!isRotatedName(name, base)) continue;
    if (siblings.length >= siblingsMax) break;
    try {
      const stat = statSync(systemPath(join(folder, name)));
      if (!stat.isFile()) continue;
      const { size, mtimeMs } = stat;
      siblings.push({
        path: join(folder, name),
        key: fileKey(stat),
        id: fileId(stat),
        sizeBytes: size,
        mtimeMs,
      });
    } catch {
      // Gone since the listing.
    }
  }
  return siblings.sort((a, b) => a.mtimeMs - b.mtimeMs);
}

/** Those of the sorted names that begin with `prefix`. */
function* namesWith(prefix: string, names: readonly string[]): Generator<string> {
  let low = 0;
  for (let high = names.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((names[middle] as string) < prefix) low = middle + 1;
    else high = middle;
  }
  for (let at = low; names[at]?.startsWith(prefix); at++) yield names[at] as string;
}
