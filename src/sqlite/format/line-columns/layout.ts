// Where the parts of a lines column of version 2 stand; docs/format.md has the same as a table.
import { columnHeaderBytes } from '../column.ts';

export const lineColumnsLayout = {
  textBytes: columnHeaderBytes,
  directoryStored: columnHeaderBytes + 4,
  directoryBytes: columnHeaderBytes + 8,
  directory: columnHeaderBytes + 12,
} as const;

/** Where a leaf's bytes are: with other small ones, or in a frame of their own. */
export const leafPlaces = { text: 0, numbers: 1, own: 2 } as const;
export const leafPlaceCount = 3;

/** What is known of the items of a template. */
export const templateKinds = { any: 0, json: 1, logfmt: 2 } as const;

/** Bytes of lines, each with its newline, above which columns are not tried. */
export const lineColumnsBytesMax = 2 * 1024 * 1024;
export const leavesMax = 16_384;
export const directoryBytesMax = 1024 * 1024;
/** All leaves of a block: each byte of the lines at most once, and planes of integers. */
export const leafBytesMax = 16 * 1024 * 1024;
