// The counts columns of blocks, read when they are asked for: with those of the stream's next blocks, which mostly are
// asked for next. Some are kept: panels ask for the same blocks again and again.
import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { CorruptBlockError } from '../format/block.ts';
import { type OpenCounts, openCounts } from '../format/counts.ts';

const readTogether = 64;
/** Of each reader: those of some thousand blocks. */
const keptBytesMax = 4 * 1024 * 1024;
/** What an object beside the bytes takes. */
const overheadBytes = 200;

/** Of one block. */
interface KeptCounts {
  /** Undefined: it has none. */
  readonly bytes: Buffer | undefined;
  /** Once they were asked for: their checksum is right. */
  open: OpenCounts | undefined;
}

export class BlockCounts {
  readonly #rows: Statement<[number, bigint, number], readonly [id: number, counts: Buffer | null]>;
  /** By id, which is never another block's. */
  readonly #kept = new LRUCache<number, KeptCounts>({
    maxSize: keptBytesMax,
    sizeCalculation: ({ bytes }) => overheadBytes + (bytes?.length ?? 0),
  });

  constructor(database: Database) {
    this.#rows = database
      .prepare<[number, bigint, number], readonly [number, Buffer | null]>(
        'SELECT id, counts FROM block WHERE stream = ? AND t0 >= ? ORDER BY t0, id LIMIT ?',
      )
      .raw();
  }

  /** Undefined when they are not there or damaged: the entries themselves may be whole and are counted. */
  of(stream: number, t0Ns: bigint, id: number): OpenCounts | undefined {
    // Its row may have gone since the plan.
    const kept = this.#kept.get(id) ?? this.#read(stream, t0Ns).get(id);
    if (kept?.bytes === undefined) return undefined;
    try {
      kept.open ??= openCounts(kept.bytes);
      return kept.open;
    } catch (error) {
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }

  /** Those of some blocks of the stream, which are kept as well. */
  #read(stream: number, t0Ns: bigint): ReadonlyMap<number, KeptCounts> {
    const read = new Map<number, KeptCounts>();
    for (const [id, bytes] of this.#rows.all(stream, t0Ns, readTogether)) {
      const counts = { bytes: bytes ?? undefined, open: undefined };
      read.set(id, counts);
      this.#kept.set(id, counts);
    }
    return read;
  }
}
