// Rows of visible blocks as maintenance walks through them.
import type { Database, Statement } from 'better-sqlite3';
import { int64Min } from '../../model/time.ts';
import { type BlockRow, blockRow, type RawBlockRow, rowColumns } from '../format/block-table.ts';
import { rowFlags } from '../format/schema.ts';

/** A place in the order (stream, t0, id). */
export interface BlockCursor {
  readonly stream: number;
  readonly t0: bigint;
  readonly id: number;
}

export const firstBlock: BlockCursor = { stream: -1, t0: int64Min, id: -1 };

const usable = `until IS NULL AND flags & ${rowFlags.damaged} = 0`;

export class BlockScan {
  readonly #after: Statement;
  readonly #ofStream: Statement;
  readonly #before: Statement;
  readonly #oldest: Statement;

  constructor(database: Database) {
    const rows = (where: string): Statement =>
      database.prepare(`SELECT ${rowColumns} FROM block WHERE ${where}`).raw().safeIntegers();
    this.#after = rows(`(stream, t0, id) > (?, ?, ?) AND ${usable} ORDER BY stream, t0, id LIMIT ?`);
    this.#ofStream = rows(`stream = ? AND t0 <= ? AND t1 >= ? AND id >= ? AND ${usable} ORDER BY t0, id`);
    this.#before = rows('stream = ? AND t0 < ? AND t1 < ? AND until IS NULL ORDER BY t0 LIMIT ?');
    this.#oldest = rows(
      'until IS NULL AND (t1, stream, t0, id) > (?, ?, ?, ?) ORDER BY t1, stream, t0, id LIMIT ?',
    );
  }

  /** The next blocks by stream and time. */
  after({ stream, t0, id }: BlockCursor, blocksMax: number): readonly BlockRow[] {
    return (this.#after.all(stream, t0, id, blocksMax) as RawBlockRow[]).map(blockRow);
  }

  /** Blocks with entries in [firstNs, lastNs], written as number `fromId` or later. */
  ofStream(stream: number, firstNs: bigint, lastNs: bigint, fromId: number): readonly BlockRow[] {
    return (this.#ofStream.all(stream, lastNs, firstNs, fromId) as RawBlockRow[]).map(blockRow);
  }

  /** Blocks of a stream that end before. */
  before(stream: number, beforeNs: bigint, blocksMax: number): readonly BlockRow[] {
    return (this.#before.all(stream, beforeNs, beforeNs, blocksMax) as RawBlockRow[]).map(blockRow);
  }

  /** The next blocks by their last entry, also damaged ones. */
  oldest(after: BlockRow | undefined, blocksMax: number): readonly BlockRow[] {
    const place =
      after === undefined ? [int64Min, -1, int64Min, -1] : [after.t1, after.stream, after.t0, after.id];
    return (this.#oldest.all(...place, blocksMax) as RawBlockRow[]).map(blockRow);
  }
}
