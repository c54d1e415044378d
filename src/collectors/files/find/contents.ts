// What files are by their first bytes: names tell nothing sure, "app.log.gz.1" and "APP.GZ" are compressed too.

import type { Stats } from 'node:fs';
import { readBytes, withFile } from '../checkpoint.ts';
import { fileId, fileKey } from '../file-key.ts';

export type Content = 'text' | 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'zip' | 'lz4';

const beginnings: readonly (readonly [Exclude<Content, 'text'>, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];
/** "BZh", the block size, and the number that begins a block. */
const bzip2Beginning = /^BZh[1-9]1AY&SY/;
const beginningBytesMax = 10;

/** Of an open file. */
export function contentOf(fd: number): Content {
  const bytes = readBytes(fd, 0, beginningBytesMax);
  const found = beginnings.find(([, beginning]) => beginning.every((byte, at) => bytes[at] === byte));
  if (found) return found[0];
  return bzip2Beginning.test(bytes.toString('latin1')) ? 'bzip2' : 'text';
}

/** Whether a file is compressed by its name, whatever rotation has put after that. */
export const hasCompressedName = (name: string): boolean =>
  /\.(gz|bz2|xz|zst|zip|lz4)([.-]\d+)*$/i.test(name);

/** Looks into each file once. */
export class Contents {
  readonly #known = new Map<string, { readonly id: string; readonly content: Content }>();

  /** 'text' of one that cannot be read: opening it will say why. */
  of(path: string, stat: Stats): Content {
    const known = this.#known.get(fileKey(stat));
    if (known?.id === fileId(stat)) return known.content;
    // It may become anything.
    const content = stat.size === 0 ? undefined : withFile(path, contentOf);
    if (content === undefined) return 'text';
    this.#known.set(fileKey(stat), { id: fileId(stat), content });
    return content;
  }

  /** Forgets the files that are gone. `there`: keys of the files that match now. */
  forget(there: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!there.has(key)) this.#known.delete(key);
  }
}
