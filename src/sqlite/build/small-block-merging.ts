// Keeping quiet streams from leaving a small block at every flush: a flush takes a stream's last small blocks in
// again. Rewriting by doubling: a block is taken only together with at least a quarter of its size, so each entry
// is rewritten a few times, not at every flush. What remains small is compaction's.

import { int64Max, int64Min } from '../../model/time.ts';
import { type BlockColumns, CorruptBlockError } from '../format/block.ts';
import type { BlockRow, BlockTable } from '../format/block-table.ts';
import { rowFlags } from '../format/schema.ts';
import { BlockReader } from './block-reader.ts';

/** Only blocks below this many raw bytes are taken in. */
const smallRawBytes = 96 * 1024;
const growthMin = 4;
const blocksMax = 4;
/** Streams with more new bytes than this fill blocks of their own. */
const newBytesMax = 192 * 1024;
/** Older blocks are not looked at: they would not share a block's day anyway. */
const lookBackNs = 2n * 86_400_000_000_000n;

export interface SmallBlockSources {
  /** To retire with this flush. */
  readonly blocks: readonly BlockRow[];
  /** Their entries, in order of arrival, in memory valid until the next call. */
  readonly sources: readonly BlockColumns[];
}

export class SmallBlocks {
  readonly #table: BlockTable;
  readonly #reader: BlockReader;

  constructor(table: BlockTable) {
    this.#table = table;
    this.#reader = new BlockReader(table);
  }

  take(stream: number, added: readonly BlockColumns[]): SmallBlockSources {
    let bytes = 0;
    for (const { lineStarts, lineEnds, count } of added)
      bytes += (lineEnds[count - 1] as number) - (lineStarts[0] as number);
    const taken: BlockRow[] = [];
    let firstNs = int64Max;
    for (const { baseNs } of added) if (baseNs < firstNs) firstNs = baseNs;
    const fromNs = firstNs < int64Min + lookBackNs ? int64Min : firstNs - lookBackNs;
    // Last written first: what is taken in stays the youngest of the stream, so equal times keep their order.
    if (bytes < newBytesMax)
      for (const block of this.#table.newest(stream, fromNs, blocksMax)) {
        if (block.raw >= smallRawBytes || block.raw > growthMin * bytes) break;
        if ((block.flags & rowFlags.damaged) !== 0) break;
        taken.push(block);
        bytes += block.raw;
      }
    const blocks = taken.sort((a, b) => a.id - b.id);
    try {
      return { blocks, sources: blocks.map((block, index) => this.#reader.read(block, index)) };
    } catch (error) {
      // Left as they are: whoever reads them next will say which it is.
      if (error instanceof CorruptBlockError) return { blocks: [], sources: [] };
      throw error;
    }
  }
}
