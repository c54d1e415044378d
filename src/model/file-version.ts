// Whether a file is still what it was when somebody read it.

/** Of a file's `stat`: another whenever it was written to, or another file has taken its place. */
export const fileVersion = ({
  ino,
  size,
  mtimeMs,
  ctimeMs,
}: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): string => `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
