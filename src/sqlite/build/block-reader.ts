// Columns of stored blocks for the builder's own work: several are open at once, each in a decoder of its own.
import type { BlockColumns } from '../format/block.ts';
import { blockFlags, CorruptBlockError } from '../format/block.ts';
import type { BlockRow, BlockTable } from '../format/block-table.ts';
import { BlockDecoder } from '../format/decode.ts';
import { zeros } from '../threads/segment.ts';

export type StoredColumns = BlockColumns & { readonly bytes: Buffer };

/** A decoder is large: what does not fit into these is copied. */
const decodersMax = 4;

export class BlockReader {
  readonly #table: BlockTable;
  readonly #decoders: BlockDecoder[] = [];

  constructor(table: BlockTable) {
    this.#table = table;
  }

  /**
   * Columns that stay valid until `read` is called with the same place; places count from 0. Throws CorruptBlockError.
   */
  read(block: BlockRow, place: number): StoredColumns {
    if (place >= decodersMax - 1) return copyColumns(this.#decode(block, decodersMax - 1));
    return this.#decode(block, place);
  }

  #decode(block: BlockRow, index: number): StoredColumns {
    const data = this.#table.data(block.id);
    if (data === undefined) throw new CorruptBlockError(`block ${block.id} has lost its data`);
    this.#decoders[index] ??= new BlockDecoder();
    const decoder = this.#decoders[index] as BlockDecoder;
    const [ts, meta, lines] = data;
    const times = decoder.decodeTimes(ts);
    const metadata =
      block.flags & blockFlags.metadata
        ? decoder.decodeMeta(meta, block.n)
        : { metadataBytes: new Uint8Array(0), metadataStarts: zeros(block.n), metadataEnds: zeros(block.n) };
    return { ...times, ...metadata, bytes: decoder.decodeLines(lines) };
  }
}

function copyColumns(columns: StoredColumns): StoredColumns {
  return {
    count: columns.count,
    baseNs: columns.baseNs,
    offsetsNs: columns.offsetsNs.slice(),
    bytes: Buffer.from(columns.bytes),
    lineStarts: columns.lineStarts.slice(),
    lineEnds: columns.lineEnds.slice(),
    level: columns.level.slice(),
    metadataBytes: columns.metadataBytes.slice(),
    metadataStarts: columns.metadataStarts.slice(),
    metadataEnds: columns.metadataEnds.slice(),
  };
}
