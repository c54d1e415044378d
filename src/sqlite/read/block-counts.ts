// The counts columns of blocks, read when they are asked for: with those of the stream's next blocks, which mostly are
// asked for next.
import type { Database, Statement } from 'better-sqlite3';
import { CorruptBlockError } from '../format/block.ts';
import { type OpenCounts, openCounts } from '../format/counts.ts';

const readTogether = 64;

export class BlockCounts {
  readonly #rows: Statement<[number, bigint, number], readonly [id: number, counts: Buffer | null]>;
  readonly #ahead = new Map<number, Buffer | null>();

  constructor(database: Database) {
    this.#rows = database
      .prepare<[number, bigint, number], readonly [number, Buffer | null]>(
        'SELECT id, counts FROM block WHERE stream = ? AND t0 >= ? ORDER BY t0, id LIMIT ?',
      )
      .raw();
  }

  /** Undefined when they are not there or damaged: the entries themselves may be whole and are counted. */
  of(stream: number, t0Ns: bigint, id: number): OpenCounts | undefined {
    if (!this.#ahead.has(id)) {
      this.#ahead.clear();
      for (const [block, counts] of this.#rows.all(stream, t0Ns, readTogether))
        this.#ahead.set(block, counts);
    }
    const counts = this.#ahead.get(id);
    // Its row may have gone since the plan.
    if (counts === null || counts === undefined) return undefined;
    try {
      return openCounts(counts);
    } catch (error) {
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }
}
