// The directory of a lines column of version 2: the table of leaves and frames, and the description of templates and
// columns, as far as it is read outside of the kernel.
import { corrupt } from '../column.ts';
import type { VarintReader } from '../varint.ts';
import { leafBytesMax, leafPlaceCount, leafPlaces, leavesMax } from './layout.ts';

export interface Leaf {
  readonly bytes: number;
  /** Index of its frame, and where it begins in that when unpacked. */
  readonly frame: number;
  readonly at: number;
}

export interface Frame {
  /** When unpacked. */
  readonly bytes: number;
  readonly stored: number;
  /** Where it begins, behind the directory. */
  readonly from: number;
  readonly checksum: number;
}

export interface LeafTable {
  readonly leaves: readonly Leaf[];
  readonly frames: readonly Frame[];
}

/** Reads up to where the description begins. Throws CorruptBlockError. */
export function readLeafTable(reader: VarintReader): LeafTable {
  const count = reader.value();
  if (count < 0 || count > leavesMax) corrupt('lines', `claims ${count} leaves`);
  const leaves: { bytes: number; frame: number; at: number; place: number }[] = [];
  const frameBytes: number[] = [];
  const shared = [0, 0];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const bytes = reader.value();
    const place = reader.value();
    total += bytes;
    if (bytes < 0 || place < 0 || place >= leafPlaceCount || total > leafBytesMax)
      corrupt('lines', 'has leaves that do not fit');
    if (place === leafPlaces.own) {
      leaves.push({ bytes, place, frame: frameBytes.length, at: 0 });
      frameBytes.push(bytes);
    } else {
      leaves.push({ bytes, place, frame: -1, at: shared[place] as number });
      shared[place] = (shared[place] as number) + bytes;
    }
  }
  shared.forEach((bytes, place) => {
    const members = leaves.filter((leaf) => leaf.place === place);
    for (const leaf of members) leaf.frame = frameBytes.length;
    if (members.length > 0) frameBytes.push(bytes);
  });
  let from = 0;
  const frames = frameBytes.map((bytes) => {
    const stored = reader.value();
    const checksum = reader.word();
    if (stored < 0 || checksum < 0) corrupt('lines', 'has frames that do not fit');
    const frame = { bytes, stored, checksum, from };
    from += stored;
    return frame;
  });
  return { leaves, frames };
}
