// Compaction: neighbouring small blocks of a stream become one, blocks that overlap are
// sorted into each other and lose their duplicates, and all of it is compressed harder than a flush can afford.
import { blockEntriesTarget, blockRawBytesTarget, CorruptBlockError } from '../format/block.ts';
import type { BlockRow } from '../format/block-table.ts';
import { type EncodeOptions, encodeBlock } from '../format/encode.ts';
import { rowFlags } from '../format/schema.ts';
import { failpoint } from '../threads/failpoint.ts';
import { BlockCutter, blockSpanNs } from './block-cutter.ts';
import { BlockReader } from './block-reader.ts';
import { type BlockCursor, type BlockScan, firstBlock } from './block-scan.ts';
import type { Builder, NewBlock } from './builder.ts';

/** A tenth smaller than level 1 on logs, at six times its cost; read as fast. Level 6 costs two thirds and saves a fourth less. */
const compactionLevel = 9;

/** How blocks are encoded that are not soon written again. */
export const compacted = (onWrongColumns: () => void): EncodeOptions => ({
  level: compactionLevel,
  lineColumns: true,
  onWrongColumns,
});

/** Rows of blocks looked at in one go. */
const pageBlocks = 256;
const pagesPerStep = 8;
/** A group is one transaction and one wait for a flush that comes. */
const groupBlocksMax = 32;
const overlapRawBytesMax = 2 * 1024 * 1024;
/** A lone block below this would hardly become smaller by a page. */
const loneRawBytesMin = 16 * 1024;
/** A group is rewritten when at least one part in this many has not been yet, so that it is not for every small block. */
const freshShareMin = 4;
/** From this age on a group is merged even if most of it has to be rewritten for little. */
const coldNs = 86_400_000_000_000n;

export interface CompactionTotals {
  /** Blocks read and blocks written in their place. */
  blocksIn: number;
  blocksOut: number;
  /** Bytes of columns and filters saved. */
  savedBytes: number;
}

interface Group {
  readonly blocks: BlockRow[];
  raw: number;
  entries: number;
  lastNs: bigint;
  overlaps: boolean;
}

export class Compaction {
  readonly totals: CompactionTotals = { blocksIn: 0, blocksOut: 0, savedBytes: 0 };
  readonly #builder: Builder;
  readonly #scan: BlockScan;
  readonly #onDamage: (block: BlockRow, error: Error) => void;
  readonly #onWrongColumns: () => void;
  readonly #reader: BlockReader;
  readonly #cutter = new BlockCutter();
  #cursor: BlockCursor = firstBlock;

  constructor(
    builder: Builder,
    scan: BlockScan,
    onDamage: (block: BlockRow, error: Error) => void,
    onWrongColumns: () => void,
  ) {
    this.#builder = builder;
    this.#onWrongColumns = onWrongColumns;
    this.#scan = scan;
    this.#onDamage = onDamage;
    this.#reader = new BlockReader(builder.table);
  }

  /**
   * Rewrites the next group that is worth it, of blocks that end before `beforeNs`. False: every block has been looked
   * at, and the next call starts over.
   */
  step(beforeNs: bigint): boolean {
    for (let page = 0; page < pagesPerStep; page++) {
      const rows = this.#scan.after(this.#cursor, pageBlocks);
      const isLast = rows.length < pageBlocks;
      const groups = groupsOf(rows, beforeNs);
      // The last group of a page may go on in the next one, unless it is the page.
      if (!isLast && groups.length > 1) groups.pop();
      for (const group of groups) {
        this.#cursor = group.blocks.at(-1) as BlockRow;
        if (!isWorthIt(group, beforeNs)) continue;
        this.#rewrite(group);
        return true;
      }
      if (isLast) {
        this.#cursor = firstBlock;
        return false;
      }
    }
    return true;
  }

  #rewrite({ blocks }: Group): void {
    const sources = [];
    // In order of arrival, so that equal times stay in it.
    const inOrder = blocks.toSorted((a, b) => a.id - b.id);
    for (const [place, block] of inOrder.entries())
      try {
        sources.push(this.#reader.read(block, place));
      } catch (error) {
        if (!(error instanceof CorruptBlockError)) throw error;
        this.#onDamage(block, error);
        return;
      }
    const added: NewBlock[] = [];
    const { stream } = blocks[0] as BlockRow;
    let bytes = 0;
    this.#cutter.cut(sources, (columns) => {
      const block = encodeBlock(columns, compacted(this.#onWrongColumns));
      bytes += block.ts.length + block.meta.length + block.lines.length + block.filter.length;
      added.push({ stream, block, recompressed: true });
    });
    failpoint('compaction: before the transaction');
    this.#builder.replace({
      retired: blocks,
      added,
      also: () => failpoint('compaction: inside the transaction'),
    });
    failpoint('compaction: visible');
    this.totals.blocksIn += blocks.length;
    this.totals.blocksOut += added.length;
    for (const { size, filterSize } of blocks) this.totals.savedBytes += size + filterSize;
    this.totals.savedBytes -= bytes;
  }
}

/**
 * Runs of neighbours that fit into one block; blocks that overlap are never parted, so that the order of equal times
 * stays that of arrival. Rows come by (stream, t0).
 */
function groupsOf(rows: readonly BlockRow[], beforeNs: bigint): Group[] {
  const groups: Group[] = [];
  let group: Group | undefined;
  for (const row of rows) {
    const first = group?.blocks[0];
    const touches = group !== undefined && first?.stream === row.stream && row.t0 <= group.lastNs;
    const fits =
      group !== undefined &&
      first?.stream === row.stream &&
      group.raw + row.raw <= blockRawBytesTarget &&
      group.entries + row.n <= blockEntriesTarget &&
      group.blocks.length < groupBlocksMax &&
      row.t1 < beforeNs &&
      group.lastNs < beforeNs &&
      row.t1 - first.t0 <= BigInt(blockSpanNs);
    if (group === undefined || !(touches || fits)) {
      group = { blocks: [row], raw: row.raw, entries: row.n, lastNs: row.t1, overlaps: false };
      groups.push(group);
      continue;
    }
    group.blocks.push(row);
    group.raw += row.raw;
    group.entries += row.n;
    group.overlaps ||= touches;
    if (row.t1 > group.lastNs) group.lastNs = row.t1;
  }
  return groups;
}

function isWorthIt({ blocks, raw, lastNs, overlaps }: Group, beforeNs: bigint): boolean {
  if (lastNs >= beforeNs) return false;
  let freshRaw = 0;
  let largest = 0;
  for (const block of blocks) {
    if ((block.flags & rowFlags.recompressed) === 0) freshRaw += block.raw;
    largest = Math.max(largest, block.raw);
  }
  // Also what keeps a pass from doing the work of the last one again.
  if (blocks.every(({ flags }) => (flags & rowFlags.recompressed) !== 0)) return false;
  if (blocks.length === 1) return raw >= loneRawBytesMin;
  if (overlaps) return blocks.length <= groupBlocksMax && raw <= overlapRawBytesMax;
  return 2 * largest <= raw || freshShareMin * freshRaw >= raw || lastNs < beforeNs - coldNs;
}
