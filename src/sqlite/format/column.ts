// What every column of a block begins with: version, kind, codec, a byte of its own, and a checksum.
import { crc32 } from 'node:zlib';
import { CorruptBlockError } from './block.ts';

export const columnHeaderBytes = 8;

export const columnKinds = { ts: 1, meta: 2, lines: 3, filter: 4, counts: 5 } as const;
export type ColumnKind = keyof typeof columnKinds;
/** The newest that is written; all below it are read as well. */
const versions: Readonly<Record<ColumnKind, number>> = { ts: 1, meta: 1, lines: 2, filter: 2, counts: 1 };

export interface ColumnHeader {
  readonly kind: ColumnKind;
  readonly codec: number;
  /** Meaning by kind: docs/format.md. */
  readonly detail: number;
  /** The newest, unless told. */
  readonly version?: number;
}

/** Fills in the first eight bytes of a column whose other bytes are final. */
export function sealColumn(column: Buffer, header: ColumnHeader): Buffer {
  column[0] = header.version ?? versions[header.kind];
  column[1] = columnKinds[header.kind];
  column[2] = header.codec;
  column[3] = header.detail;
  column.writeUInt32LE(checksum(column), 4);
  return column;
}

export interface OpenColumn {
  readonly bytes: Buffer;
  readonly version: number;
  readonly codec: number;
  readonly detail: number;
}

/**
 * Checks version, kind and checksum; `bytesMin` is the length below which the column cannot be one. `checkedBytes` tells
 * how many bytes from the start the checksum is of: all, unless told.
 */
export function openColumn(
  column: Uint8Array,
  kind: ColumnKind,
  bytesMin: number,
  checkedBytes: (bytes: Buffer) => number = ({ length }) => length,
): OpenColumn {
  const bytes = Buffer.from(column.buffer, column.byteOffset, column.length);
  if (bytes.length < bytesMin) corrupt(kind, `has ${bytes.length} bytes, at least ${bytesMin} expected`);
  const version = bytes[0] as number;
  if (version < 1 || version > versions[kind]) {
    corrupt(kind, `has format version ${version}, this program knows ${versions[kind]}`);
  }
  if (bytes[1] !== columnKinds[kind]) corrupt(kind, `has kind ${bytes[1]}`);
  if (bytes.readUInt32LE(4) !== checksum(bytes.subarray(0, checkedBytes(bytes))))
    corrupt(kind, 'does not match its checksum');
  return { bytes, version, codec: bytes[2] as number, detail: bytes[3] as number };
}

export function corrupt(kind: ColumnKind, what: string): never {
  throw new CorruptBlockError(`the ${kind} column of a block ${what}`);
}

// Of all bytes but the checksum itself.
const checksum = (column: Buffer): number => crc32(column.subarray(8), crc32(column.subarray(0, 4)));
