// Counts of a stream's blocks of one day, by five minutes: as the builder has put them together, or else put together
// from the counts of the blocks. Some of these are kept.
import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { statisticsMinute } from '../../store/store.ts';
import { CorruptBlockError } from '../format/block.ts';
import { CountRows, type OpenCounts, openCounts } from '../format/counts.ts';
import { CoarseCounts, encodeDayIds } from '../format/day-counts.ts';
import { BlockDecoder } from '../format/decode.ts';
import type { DamageReports } from '../threads/damage.ts';
import type { BlockCounts } from './block-counts.ts';
import type { BlockHeads } from './block-heads.ts';
import type { BlockQuery } from './block-query.ts';

/** Of each reader: some hundred days of streams. */
const keptBytesMax = 4 * 1024 * 1024;
/** What objects beside the bytes take. */
const overheadBytes = 400;

/** Blocks of the heads, [from, to), which are all of a stream's that begin in one day; none touches another. */
export interface DayRun {
  readonly stream: number;
  readonly heads: BlockHeads;
  readonly from: number;
  readonly to: number;
  /** Of the day's row; undefined when it cannot have one. */
  readonly id: number | undefined;
}

/** What knows the blocks one by one. */
export interface DayBlocks {
  readonly counts: BlockCounts;
  readonly query: BlockQuery;
  readonly damage: DamageReports;
}

interface KeptDay {
  readonly ids: Buffer;
  readonly counts: OpenCounts;
}

export class DayCounts {
  /** Undefined: a store of an older format, opened only to read. */
  readonly #stored: Statement<[number], readonly [ids: Buffer, counts: Buffer]> | undefined;
  readonly #blocks: DayBlocks;
  readonly #rows = new CountRows();
  readonly #decoder = new BlockDecoder();
  readonly #kept = new LRUCache<number, KeptDay>({
    maxSize: keptBytesMax,
    sizeCalculation: ({ ids, counts }) => overheadBytes + ids.length + counts.payload.length,
  });

  constructor(database: Database, blocks: DayBlocks) {
    this.#blocks = blocks;
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'day_counts'").get() === undefined) return;
    this.#stored = database
      .prepare<[number], readonly [Buffer, Buffer]>('SELECT ids, counts FROM day_counts WHERE id = ?')
      .raw();
  }

  /** Minutes of the rows are steps of `coarseMinutes`. Throws UnitGoneError. */
  of(run: DayRun): OpenCounts {
    const ids = encodeDayIds(run.heads.ids.subarray(run.from, run.to));
    if (run.id === undefined || ids === undefined) return this.#putTogether(run);
    const kept = this.#kept.get(run.id);
    if (kept?.ids.equals(ids)) return kept.counts;
    const stored = this.#storedOf(run.id, ids);
    // It is read as quickly again.
    if (stored !== undefined) return stored;
    const counts = this.#putTogether(run);
    this.#kept.set(run.id, { ids, counts });
    return counts;
  }

  /** Undefined when there are none of just these blocks, or damaged ones. */
  #storedOf(id: number, ids: Buffer): OpenCounts | undefined {
    const stored = this.#stored?.get(id);
    if (stored === undefined || !stored[0].equals(ids)) return undefined;
    try {
      return openCounts(stored[1]);
    } catch (error) {
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }

  #putTogether({ stream, heads, from, to }: DayRun): OpenCounts {
    const sums = new CoarseCounts();
    for (let block = from; block < to; block++) {
      const id = heads.ids[block] as number;
      const open = this.#blocks.counts.of(stream, heads.t0Ns[block] as bigint, id);
      if (open === undefined || !this.#addOpen(open, sums)) this.#addEntries(id, sums);
    }
    return openCounts(sums.encode()) as OpenCounts;
  }

  #addOpen(open: OpenCounts, sums: CoarseCounts): boolean {
    try {
      sums.add(this.#rows.load(open));
      return true;
    } catch (error) {
      if (error instanceof CorruptBlockError) return false;
      throw error;
    }
  }

  /** Of a block whose counts are damaged. A damaged block is left out and told of. */
  #addEntries(id: number, sums: CoarseCounts): void {
    try {
      const [ts] = this.#blocks.query.columns(id, 'ts') as [Buffer];
      const { count, baseNs, offsetsNs, lineStarts, lineEnds, level } = this.#decoder.decodeTimes(ts);
      for (let i = 0; i < count; i++)
        sums.addRow(
          statisticsMinute(baseNs + BigInt(offsetsNs[i] as number)),
          level[i] as number,
          1,
          (lineEnds[i] as number) - (lineStarts[i] as number),
          0,
        );
    } catch (error) {
      if (!(error instanceof CorruptBlockError)) throw error;
      this.#blocks.damage.report(id, error);
    }
  }
}
