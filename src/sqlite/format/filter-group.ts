// Filters of many blocks side by side: slice i of a group holds bit i of each member's filter, so that a literal of n
// grams reads n slices of a group instead of the filter of each block. Members have filters of one size.
import { crc32 } from 'node:zlib';

/** A row of this many members holds 32 whole slices in a page of 8192 bytes. */
export const groupMembersMax = 1984;
/** Only filters of so many bits before folding: those of blocks of ordinary size. */
export const groupedBitsLog2 = 15;
/** Of a row: what fits into a page beside its cell. */
const rowBytesMax = 8150;
const checksumBytes = 4;
/** A group's rows have numbers of their own above `group * rowsMax`. */
const rowsMax = 2 ** 16;
const memberBytes = 4;

export interface GroupShape {
  readonly members: number;
  /** Of each member's filter: a power of two. */
  readonly filterBytes: number;
}

/** Where a slice lies: the row of `filter_slice`, and the place in its bytes. */
export interface SlicePlace {
  readonly row: number;
  readonly at: number;
  readonly bytes: number;
}

const sliceBytes = ({ members }: GroupShape): number => Math.ceil(members / 8);
/** Whole bytes of the members' filters. */
const slicesPerRow = (shape: GroupShape): number =>
  8 * Math.floor(rowBytesMax / (sliceBytes(shape) + checksumBytes) / 8);

export const sliceRows = (shape: GroupShape): number =>
  Math.ceil((shape.filterBytes * 8) / slicesPerRow(shape));

export const sliceRowId = (group: number, row: number): number => group * rowsMax + row;

export function slicePlace(group: number, shape: GroupShape, slice: number): SlicePlace {
  const perRow = slicesPerRow(shape);
  const bytes = sliceBytes(shape) + checksumBytes;
  return { row: sliceRowId(group, Math.floor(slice / perRow)), at: (slice % perRow) * bytes, bytes };
}

/** The bytes of one row. `filters` holds those of the members one after the other; a missing one may be zeros. */
export function encodeSliceRow(group: number, shape: GroupShape, row: number, filters: Uint8Array): Buffer {
  const { members, filterBytes } = shape;
  const perRow = slicesPerRow(shape);
  const bytes = sliceBytes(shape);
  const stride = bytes + checksumBytes;
  const first = row * perRow;
  const count = Math.min(perRow, filterBytes * 8 - first);
  const out = Buffer.alloc(count * stride);
  for (let column = 0; column < count / 8; column++) {
    const from = first / 8 + column;
    for (let eight = 0; eight < bytes; eight++) {
      let low = 0;
      let high = 0;
      const base = eight * 8 * filterBytes + from;
      for (let j = 0; j < 4; j++) {
        if (eight * 8 + j < members) low |= (filters[base + j * filterBytes] as number) << (8 * j);
        if (eight * 8 + j + 4 < members) high |= (filters[base + (j + 4) * filterBytes] as number) << (8 * j);
      }
      for (let bit = 0; bit < 8; bit++)
        out[(column * 8 + bit) * stride + checksumBytes + eight] =
          nibble((low >>> bit) & 0x01010101) | (nibble((high >>> bit) & 0x01010101) << 4);
    }
  }
  for (let slice = 0; slice < count; slice++) {
    const at = slice * stride;
    out.writeUInt32LE(checksum(group, first + slice, out.subarray(at + checksumBytes, at + stride)), at);
  }
  return out;
}

/** The bits of a slice, member 0 lowest; undefined when they are damaged. */
export function openSlice(group: number, slice: number, stored: Buffer): Buffer | undefined {
  if (stored.length <= checksumBytes) return undefined;
  const bits = stored.subarray(checksumBytes);
  return stored.readUInt32LE(0) === checksum(group, slice, bits) ? bits : undefined;
}

/** Block ids, ascending, each below 2^32. */
export function encodeMembers(ids: readonly number[]): Buffer {
  const out = Buffer.alloc(checksumBytes + ids.length * memberBytes);
  for (const [i, id] of ids.entries()) out.writeUInt32LE(id, checksumBytes + i * memberBytes);
  out.writeUInt32LE(crc32(out.subarray(checksumBytes)), 0);
  return out;
}

/** Undefined when they are damaged. */
export function decodeMembers(stored: Buffer): Uint32Array | undefined {
  const count = (stored.length - checksumBytes) / memberBytes;
  if (!Number.isInteger(count) || count < 1 || count > groupMembersMax) return undefined;
  if (stored.readUInt32LE(0) !== crc32(stored.subarray(checksumBytes))) return undefined;
  return Uint32Array.from({ length: count }, (_, i) => stored.readUInt32LE(checksumBytes + i * memberBytes));
}

/** Bits 0, 8, 16 and 24 together. */
const nibble = (bits: number): number => (bits | (bits >>> 7) | (bits >>> 14) | (bits >>> 21)) & 15;

/** A slice in another's place is as wrong as a damaged one. */
const checksum = (group: number, slice: number, bits: Buffer): number =>
  crc32(bits, (Math.imul(group, 0x9e3779b1) ^ slice) >>> 0);
