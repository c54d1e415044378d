// The rows of `block` in a reader's memory, by stream, brought up to date by what flushes added and replaced: plans of
// dashboards ask for the same blocks again and again, and reading all rows takes longer than most queries.
import type { Database, Statement } from 'better-sqlite3';
import { rowFlags } from '../format/schema.ts';
import { usableCounts } from './block-query.ts';
import { type BlockSource, type PlannedUnit, planUnits } from './unit-plan.ts';

/** Blocks one reader remembers, up to 6 KB each with what is made of them; a store with more is asked by SQL for every plan. */
export const catalogBlocksMax = 12_288;
/** Counts are kept in pieces of this size instead of one buffer each. */
const countsPieceBytes = 256 * 1024;

type Row = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, Buffer | null];
const columns = 'stream, t0, t1, id, n, raw, flags, counts';

/** What tells two states of the visible blocks apart. */
export interface CatalogState {
  /** The newest complete flush. */
  readonly flushed: number;
  /** Counts what else changes the visible blocks: deletions, marks of damage. */
  readonly changes: number;
}

export class BlockCatalog {
  readonly #count: Statement<[number], number>;
  readonly #all: Statement;
  readonly #added: Statement;
  readonly #visible: Statement<[number, number], number>;
  #state: CatalogState | undefined;
  #streams = new Map<number, CatalogStream>();
  #counts = new Uint8Array(0);
  #countsUsed = 0;

  constructor(database: Database) {
    const usable = `flags & ${rowFlags.damaged} = 0`;
    this.#count = database
      .prepare<[number], number>('SELECT count(*) FROM (SELECT 1 FROM block_data LIMIT ?)')
      .pluck();
    this.#all = database
      .prepare(`SELECT ${columns} FROM block WHERE flush <= ? AND (until IS NULL OR until > ?) AND ${usable}`)
      .raw()
      .safeIntegers();
    this.#added = database
      .prepare(
        `SELECT ${columns} FROM block
         WHERE flush > ? AND flush <= ? AND (until IS NULL OR until > ?) AND ${usable}`,
      )
      .raw()
      .safeIntegers();
    this.#visible = database
      .prepare<[number, number], number>(
        `SELECT id FROM block WHERE flush <= ? AND (until IS NULL OR until > ?) AND ${usable}`,
      )
      .pluck();
  }

  /** Inside a read transaction that sees this state. False when there are too many blocks to keep. */
  refresh(state: CatalogState): boolean {
    const { flushed, changes } = state;
    if (this.#state?.flushed === flushed && this.#state.changes === changes) return true;
    if ((this.#count.get(catalogBlocksMax + 1) ?? 0) > catalogBlocksMax) {
      this.#clear();
      return false;
    }
    if (this.#state === undefined) this.#add(this.#all.all(flushed, flushed) as Row[]);
    else this.#follow(this.#state.flushed, flushed);
    this.#state = state;
    return true;
  }

  stream(id: number): CatalogStream | undefined {
    return this.#streams.get(id);
  }

  /** Numbers alone are read far faster than rows. */
  #follow(fromFlush: number, flushed: number): void {
    const visible = new Set(this.#visible.all(flushed, flushed));
    for (const stream of this.#streams.values()) stream.keep(visible);
    this.#add(this.#added.all(fromFlush, flushed, flushed) as Row[]);
  }

  #clear(): void {
    this.#state = undefined;
    this.#streams = new Map();
    this.#counts = new Uint8Array(0);
    this.#countsUsed = 0;
  }

  #add(rows: readonly Row[]): void {
    for (const row of rows) {
      const counts = row[7] === null ? undefined : usableCounts(row[7]);
      const id = Number(row[0]);
      let stream = this.#streams.get(id);
      if (stream === undefined) {
        stream = new CatalogStream();
        this.#streams.set(id, stream);
      }
      stream.add({
        kind: 'block',
        t0: row[1],
        t1: row[2],
        id: Number(row[3]),
        n: Number(row[4]),
        raw: Number(row[5]),
        flags: Number(row[6]),
        counts: counts && { ...counts, payload: this.#keep(counts.payload) },
      });
    }
  }

  #keep(counts: Uint8Array): Uint8Array {
    if (this.#countsUsed + counts.length > this.#counts.length) {
      this.#counts = new Uint8Array(Math.max(countsPieceBytes, counts.length));
      this.#countsUsed = 0;
    }
    const at = this.#countsUsed;
    this.#countsUsed += counts.length;
    this.#counts.set(counts, at);
    return this.#counts.subarray(at, this.#countsUsed);
  }
}

/** The blocks of one stream. */
export class CatalogStream {
  #sources: BlockSource[] = [];
  #sorted = true;
  #units: readonly PlannedUnit[] | undefined;
  /** What the reader makes of the units; forgotten when blocks change. */
  made: unknown;

  add(source: BlockSource): void {
    const last = this.#sources.at(-1);
    if (last !== undefined && last.t0 > source.t0) this.#sorted = false;
    this.#sources.push(source);
    this.#units = undefined;
    this.made = undefined;
  }

  /** Forgets blocks that are not in the set. */
  keep(ids: ReadonlySet<number>): void {
    const kept = this.#sources.filter(({ id }) => ids.has(id));
    if (kept.length === this.#sources.length) return;
    this.#sources = kept;
    this.#units = undefined;
    this.made = undefined;
  }

  /** Ascending by first entry. */
  get sources(): readonly BlockSource[] {
    if (!this.#sorted) {
      this.#sources.sort((a, b) => (a.t0 < b.t0 ? -1 : a.t0 > b.t0 ? 1 : a.id - b.id));
      this.#sorted = true;
    }
    return this.#sources;
  }

  /** The units of all blocks, ascending by time. */
  get units(): readonly PlannedUnit[] {
    this.#units ??= planUnits([...this.sources]);
    return this.#units;
  }
}
