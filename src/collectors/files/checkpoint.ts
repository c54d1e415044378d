// A file's checkpoint: which file it is (inode and content), and how far it was read.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync, type Stats, statSync } from 'node:fs';
import { systemPath } from './find/file-path.ts';
import { openRegular } from './find/regular-file.ts';

export const filesSource = 'files';

/** Some bytes of a file, known again by their hash. */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

export interface FilePosition {
  /** Where the file was found, for the search after a rotation. */
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  /** Bytes before it are done. */
  readonly offset: number;
  /** Per stream of a CRI file: bytes before it are done for that stream. */
  readonly streams: Readonly<Record<string, number>>;
  /** The last thing taken had no newline: if nothing but the newline follows, it is no line. */
  readonly afterPartial: boolean;
  /** The offset is within a line that is too long, whose beginning was taken. */
  readonly isInside?: boolean;
  /** The file's first bytes, and those right before `offset`. */
  readonly head: Fingerprint;
  readonly tail: Fingerprint;
  /** TimeSpread of the entries' times. */
  readonly spreadNs: string;
  readonly spreadCount: number;
}

export const headBytesMax = 256;
export const tailBytesMax = 64;

export const fingerprintOf = (bytes: Uint8Array): Fingerprint => ({
  bytes: bytes.length,
  hash: createHash('sha1').update(bytes).digest('base64url').slice(0, 16),
});

export const encodeFilePosition = (position: FilePosition): string => JSON.stringify(position);

/** Undefined when the text is not a checkpoint of ours. */
export function decodeFilePosition(state: string): FilePosition | undefined {
  try {
    const value = JSON.parse(state) as FilePosition;
    const fits =
      typeof value.path === 'string' &&
      Number.isSafeInteger(value.offset) &&
      value.offset >= 0 &&
      typeof value.head.hash === 'string' &&
      typeof value.tail.hash === 'string' &&
      typeof value.streams === 'object' &&
      /^-?\d+$/.test(value.spreadNs);
    return fits ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes `[at, at + length)` of an open file; fewer at its end. */
export function readBytes(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, at));
}

/** Whether the open file still is what the position was taken of: its beginning, and the bytes before the offset. */
export function isContinued(fd: number, position: FilePosition): boolean {
  if (fstatSync(fd).size < position.offset) return false;
  const same = (at: number, { bytes, hash }: Fingerprint): boolean =>
    bytes === 0 || fingerprintOf(readBytes(fd, at, bytes)).hash === hash;
  return same(0, position.head) && same(position.offset - position.tail.bytes, position.tail);
}

/** As isContinued, for the file at a path; false when it cannot be read. */
export const isContinuedAt = (path: string, position: FilePosition): boolean =>
  withFile(path, (fd) => isContinued(fd, position)) ?? false;

/** What `look` finds in the file at a path; undefined when it cannot be read. */
export function withFile<T>(path: string, look: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openRegular(path);
  } catch {
    return undefined;
  }
  try {
    return look(fd);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** What a path leads to now; undefined when there is nothing. */
export function pathStat(path: string): Stats | undefined {
  try {
    return statSync(systemPath(path));
  } catch {
    return undefined;
  }
}
