// Where the parts of the ts and lines columns stand; docs/format.md has the same as a table.
import { columnHeaderBytes } from './column.ts';

export const tsLayout = {
  firstNs: columnHeaderBytes,
  entries: columnHeaderBytes + 8,
  rawBytes: columnHeaderBytes + 12,
  stepsBytes: columnHeaderBytes + 16,
  shapeBytes: columnHeaderBytes + 20,
  lengthLeast: columnHeaderBytes + 24,
  steps: columnHeaderBytes + 28,
} as const;

export const linesLayout = {
  unpackedBytes: columnHeaderBytes,
  payload: columnHeaderBytes + 4,
} as const;

/** Versions of the lines column: as one text, or as templates and columns of values (line-columns/). */
export const linesVersions = { text: 1, columns: 2 } as const;

/** The first byte of the levels' part: one level for all entries, or a nibble for each. */
export const levelModes = { same: 0, nibbles: 1 } as const;
