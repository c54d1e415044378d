// Rows of blocks. A block is visible from its flush on until the flush that replaced it: many small transactions
// become visible at once, by the one that raises `meta.flushed`.
import type { Database, Statement } from 'better-sqlite3';
import type { EncodedBlock } from './block.ts';
import { rowFlags } from './schema.ts';

export interface BlockRow {
  readonly stream: number;
  readonly t0: bigint;
  readonly id: number;
  readonly t1: bigint;
  readonly n: number;
  readonly raw: number;
  readonly size: number;
  readonly filterSize: number;
  readonly flags: number;
}

/** Columns of a visible block by position, all integers as bigint: [stream, t0, id, t1, n, raw, size, filter_size, flags]. */
export type RawBlockRow = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
export const rowColumns = 'stream, t0, id, t1, n, raw, size, filter_size, flags';

export interface BlockTotals {
  blocks: number;
  entries: number;
  rawBytes: number;
  dataBytes: number;
  filterBytes: number;
  /** Of the blocks. */
  damaged: number;
}

/** Counts longer than this are left out, and the block is scanned for volume: a longer row would take a page more. */
const countsBytesMax = 3800;

export class BlockTable {
  readonly totals: BlockTotals;
  readonly #insertBlock: Statement;
  readonly #insertData: Statement;
  readonly #insertFilter: Statement;
  readonly #retire: Statement;
  readonly #deleteBlock: Statement;
  readonly #deleteData: Statement;
  readonly #deleteFilter: Statement;
  readonly #newest: Statement;
  readonly #retired: Statement;
  readonly #expired: Statement;
  readonly #visible: Statement;
  readonly #markDamaged: Statement;
  readonly #data: Statement;
  readonly #totals: Statement<[], BlockTotals>;

  constructor(database: Database) {
    this.#insertBlock = database.prepare(
      `INSERT INTO block(stream, t0, id, t1, n, raw, metadata_raw, size, filter_size, flags, flush, until, counts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)`,
    );
    this.#insertData = database.prepare('INSERT INTO block_data VALUES (?, ?, ?, ?)');
    this.#insertFilter = database.prepare('INSERT INTO block_filter VALUES (?, ?)');
    this.#retire = database.prepare('UPDATE block SET until = ? WHERE stream = ? AND t0 = ? AND id = ?');
    this.#deleteBlock = database.prepare('DELETE FROM block WHERE stream = ? AND t0 = ? AND id = ?');
    this.#deleteData = database.prepare('DELETE FROM block_data WHERE id = ?');
    this.#deleteFilter = database.prepare('DELETE FROM block_filter WHERE id = ?');
    const rows = (where: string): Statement =>
      database.prepare(`SELECT ${rowColumns} FROM block ${where}`).raw().safeIntegers();
    this.#newest = rows('WHERE stream = ? AND t0 >= ? AND until IS NULL ORDER BY id DESC LIMIT ?');
    this.#retired = rows('WHERE until <= ? LIMIT ?');
    this.#expired = rows('WHERE t1 < ? AND until IS NULL ORDER BY t1 LIMIT ?');
    this.#visible = database
      .prepare('SELECT 1 FROM block WHERE stream = ? AND t0 = ? AND id = ? AND until IS NULL')
      .pluck();
    this.#markDamaged = database.prepare(
      `UPDATE block SET flags = flags | ${rowFlags.damaged}
       WHERE id = ? AND until IS NULL AND flags & ${rowFlags.damaged} = 0`,
    );
    this.#data = database.prepare('SELECT ts, meta, lines FROM block_data WHERE id = ?').raw();
    this.#totals = database.prepare(
      `SELECT count(*) AS blocks, coalesce(sum(n), 0) AS entries, coalesce(sum(raw), 0) AS rawBytes,
       coalesce(sum(size), 0) AS dataBytes, coalesce(sum(filter_size), 0) AS filterBytes,
       coalesce(sum(flags & ${rowFlags.damaged} <> 0), 0) AS damaged FROM block WHERE until IS NULL`,
    );
    this.totals = this.countTotals();
  }

  /** Reads all of `block`: at start and after a failed flush; in between `totals` is kept up to date. */
  countTotals(): BlockTotals {
    return this.#totals.get() as BlockTotals;
  }

  insert(
    options: {
      readonly stream: number;
      readonly id: number;
      readonly flush: number;
      /** Bits of rowFlags. */
      readonly rowFlags?: number;
    },
    block: EncodedBlock,
  ): void {
    const { stream, id, flush } = options;
    const size = block.ts.length + block.meta.length + block.lines.length;
    const counts = block.counts.length === 0 || block.counts.length > countsBytesMax ? null : block.counts;
    this.#insertBlock.run(
      stream,
      block.t0Ns,
      id,
      block.t1Ns,
      block.n,
      block.raw,
      block.metadataRaw,
      size,
      block.filter.length,
      block.flags | (options.rowFlags ?? 0),
      flush,
      counts,
    );
    this.#insertData.run(id, block.ts, block.meta, block.lines);
    this.#insertFilter.run(id, block.filter);
    this.#count(1, { n: block.n, raw: block.raw, size, filterSize: block.filter.length, flags: 0 });
  }

  /** Hidden from flush `until` on; deleted later. */
  retire(block: BlockRow, until: number): void {
    this.#retire.run(until, block.stream, block.t0, block.id);
    this.#count(-1, block);
  }

  /** `visible`: it was not retired before. */
  delete(block: BlockRow, visible: boolean): void {
    this.#deleteBlock.run(block.stream, block.t0, block.id);
    this.#deleteData.run(block.id);
    this.#deleteFilter.run(block.id);
    if (visible) this.#count(-1, block);
  }

  /** Blocks of a stream that begin at `fromNs` or later and that no flush has replaced, last written first. */
  newest(stream: number, fromNs: bigint, blocksMax: number): readonly BlockRow[] {
    return (this.#newest.all(stream, fromNs, blocksMax) as RawBlockRow[]).map(blockRow);
  }

  /** Blocks that a complete flush has replaced. */
  retired(flushed: number, blocksMax: number): readonly BlockRow[] {
    return (this.#retired.all(flushed, blocksMax) as RawBlockRow[]).map(blockRow);
  }

  /** Blocks whose last entry is before `beforeNs`, oldest first. */
  expired(beforeNs: bigint, blocksMax: number): readonly BlockRow[] {
    return (this.#expired.all(beforeNs, blocksMax) as RawBlockRow[]).map(blockRow);
  }

  /** No flush has replaced it and nothing deleted it. */
  isVisible({ stream, t0, id }: BlockRow): boolean {
    return this.#visible.get(stream, t0, id) !== undefined;
  }

  /** Readers leave it out from now on. False when it is not there, or known already. */
  markDamaged(id: number): boolean {
    const isNew = this.#markDamaged.run(id).changes > 0;
    if (isNew) this.totals.damaged++;
    return isNew;
  }

  data(id: number): readonly [ts: Buffer, meta: Buffer, lines: Buffer] | undefined {
    return this.#data.get(id) as [Buffer, Buffer, Buffer] | undefined;
  }

  #count(sign: 1 | -1, block: Pick<BlockRow, 'n' | 'raw' | 'size' | 'filterSize' | 'flags'>): void {
    if ((block.flags & rowFlags.damaged) !== 0) this.totals.damaged += sign;
    this.totals.blocks += sign;
    this.totals.entries += sign * block.n;
    this.totals.rawBytes += sign * block.raw;
    this.totals.dataBytes += sign * block.size;
    this.totals.filterBytes += sign * block.filterSize;
  }
}

export function blockRow(row: RawBlockRow): BlockRow {
  const [stream, t0, id, t1, n, raw, size, filterSize, flags] = row;
  return {
    stream: Number(stream),
    t0,
    id: Number(id),
    t1,
    n: Number(n),
    raw: Number(raw),
    size: Number(size),
    filterSize: Number(filterSize),
    flags: Number(flags),
  };
}

/**
 * At start, and after a flush that failed: removes blocks of a flush that did not complete and brings back those it would
 * have replaced. The commits they came from are still in `wal`. A transaction, or a part of the one that is open.
 */
export function dropIncompleteFlush(database: Database): void {
  const meta = database.prepare<[string], number>('SELECT value FROM meta WHERE key = ?').pluck();
  const flushed = meta.get('flushed') as number;
  if (meta.get('flush_started') === flushed) return;
  database
    .transaction(() => {
      const ids = `SELECT id FROM block WHERE flush > ${flushed}`;
      database.exec(`DELETE FROM block_data WHERE id IN (${ids}); DELETE FROM block_filter WHERE id IN (${ids});
        DELETE FROM block WHERE flush > ${flushed}; UPDATE block SET until = NULL WHERE until > ${flushed};
        UPDATE meta SET value = ${flushed} WHERE key = 'flush_started'`);
    })
    .immediate();
}
