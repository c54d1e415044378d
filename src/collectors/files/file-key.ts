// Which file it is, whatever path leads to it.

export const fileKey = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string =>
  `${dev}:${ino}`;

/** Tells it from a later file that got the same inode. */
export const fileId = (stat: {
  readonly dev: number;
  readonly ino: number;
  readonly birthtimeMs: number;
}): string => `${fileKey(stat)}:${Math.trunc(stat.birthtimeMs)}`;
