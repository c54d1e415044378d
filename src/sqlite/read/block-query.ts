// Reading rows of blocks: which there are of a stream in a span of time, and their columns.
import type { Database, Statement } from 'better-sqlite3';
import { clampInt64 } from '../../model/time.ts';
import { UnitGoneError } from '../../store/store.ts';
import { CorruptBlockError } from '../format/block.ts';
import { sqliteCode } from '../format/open-database.ts';
import { rowFlags } from '../format/schema.ts';
import type { BlockSource } from './unit-plan.ts';

/** Blocks span at most a day (block-cutter.ts); an hour on top costs nothing. */
const blockSpanNs = 25n * 3_600_000_000_000n;

export interface BlockSpan {
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** The newest complete flush. */
  readonly flushed: number;
}

type Row = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export class BlockQuery {
  readonly #ofStream: Statement;
  readonly #ofAll: Statement;
  readonly #filters: Statement<[number, number], readonly [id: number, bits: Buffer]>;
  readonly #columns = new Map<string, Statement<[number], Buffer[]>>();
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    const visible = `t0 <= ? AND t0 >= ? AND t1 >= ? AND flush <= ? AND (until IS NULL OR until > ?)
      AND flags & ${rowFlags.damaged} = 0`;
    const query = (where: string): Statement =>
      database
        .prepare(`SELECT stream, t0, t1, id, n, raw, flags FROM block WHERE ${where} ORDER BY stream, t0`)
        .raw()
        .safeIntegers();
    this.#ofStream = query(`stream = ? AND ${visible}`);
    this.#ofAll = query(visible);
    this.#filters = database
      .prepare<[number, number], readonly [number, Buffer]>(
        'SELECT id, bits FROM block_filter WHERE id BETWEEN ? AND ?',
      )
      .raw();
  }

  ofStream(stream: number, span: BlockSpan): BlockSource[] {
    const rows = this.#ofStream.all(stream, ...bounds(span)) as Row[];
    return rows.map(blockSource);
  }

  /** By stream: better than asking for each when most streams are wanted. */
  ofAll(span: BlockSpan): Map<number, BlockSource[]> {
    const byStream = new Map<number, BlockSource[]>();
    for (const row of this.#ofAll.all(...bounds(span)) as Row[]) {
      const stream = Number(row[0]);
      const blocks = byStream.get(stream);
      if (blocks === undefined) byStream.set(stream, [blockSource(row)]);
      else blocks.push(blockSource(row));
    }
    return byStream;
  }

  /** Filter columns of the blocks there are in a span of ids, both inclusive. Throws CorruptBlockError. */
  filters(firstId: number, lastId: number): readonly (readonly [id: number, bits: Buffer])[] {
    return readable(() => this.#filters.all(firstId, lastId));
  }

  /** The named columns of `block_data`, in that order. Throws UnitGoneError, CorruptBlockError. */
  columns(
    id: number,
    names: 'ts' | 'meta' | 'lines' | 'ts, meta' | 'ts, lines' | 'ts, meta, lines',
  ): readonly Buffer[] {
    let statement = this.#columns.get(names);
    if (statement === undefined) {
      statement = this.#database
        .prepare<[number], Buffer[]>(`SELECT ${names} FROM block_data WHERE id = ?`)
        .raw();
      this.#columns.set(names, statement);
    }
    const found = statement;
    const columns = readable(() => found.get(id));
    if (columns === undefined) throw new UnitGoneError(`block ${id} is gone`);
    return columns;
  }
}

/** A page that SQLite cannot make sense of is a damaged block. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!sqliteCode(error).startsWith('SQLITE_CORRUPT')) throw error;
    throw new CorruptBlockError(`a page of a block is damaged: ${(error as Error).message}`);
  }
}

function bounds({ startNs, endNs, flushed }: BlockSpan): readonly (bigint | number)[] {
  return [clampInt64(endNs - 1n), clampInt64(startNs - blockSpanNs), clampInt64(startNs), flushed, flushed];
}

function blockSource(row: Row): BlockSource {
  return {
    kind: 'block',
    t0: row[1],
    t1: row[2],
    id: Number(row[3]),
    n: Number(row[4]),
    raw: Number(row[5]),
    flags: Number(row[6]),
  };
}
