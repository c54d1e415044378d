// Counts of a stream's blocks of one day together, by steps of five minutes and level: what most panels over days ask of
// some eighty blocks. They name the blocks they are made of, so that they can be missing or out of date, but not wrong.
import type { Database, Statement } from 'better-sqlite3';
import { floorDiv } from '../../model/time.ts';
import { coarseMinutes, type UnitStatistics } from '../../store/store.ts';
import { blockFlags } from './block.ts';
import { CountRows, levelCount, openCounts, sealCounts } from './counts.ts';
import { rowFlags } from './schema.ts';

/** Fewer blocks are as quick to ask one by one. */
export const dayBlocksMin = 4;
export const dayNs = 86_400_000_000_000n;
const daysMax = 2 ** 16;
const idBytes = 4;
const idEnd = 2 ** 32;

export const dayOf = (ns: bigint): number => Number(floorDiv(ns, dayNs));

/** The number of a day's row; undefined: days before 1970 and after 2149 have none. A block is of the day it begins in. */
export function dayCountsId(stream: number, day: number): number | undefined {
  return day >= 0 && day < daysMax ? stream * daysMax + day : undefined;
}

export const dayOfCounts = (id: number): number => id % daysMax;

/** What the blocks of a row begin in: from `startNs` to `endNs`, exclusive. */
export function dayBounds(id: number): { stream: number; startNs: bigint; endNs: bigint } {
  const startNs = BigInt(dayOfCounts(id)) * dayNs;
  return { stream: Math.floor(id / daysMax), startNs, endNs: startNs + dayNs };
}

/** Of the blocks in order of time; undefined when one is too large a number. */
export function encodeDayIds(ids: ArrayLike<number>): Buffer | undefined {
  const out = Buffer.allocUnsafe(ids.length * idBytes);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id >= idEnd) return undefined;
    out.writeUInt32LE(id, i * idBytes);
  }
  return out;
}

/** Adds up counts that ascend in time. */
export class CoarseCounts {
  readonly #rows: number[] = [];
  readonly #rowOfLevel = new Int32Array(levelCount);
  #first = 0;
  #step = Number.NaN;
  #metadataSeen = false;

  add(rows: UnitStatistics): void {
    for (let i = 0; i < rows.rows; i++)
      this.addRow(
        rows.minute[i] as number,
        rows.level[i] as number,
        rows.entries[i] as number,
        rows.lineBytes[i] as number,
        rows.metadataBytes[i] as number,
      );
  }

  /** `minute` rounded up, as everywhere in statistics. */
  addRow(minute: number, level: number, entries: number, lineBytes: number, metadataBytes: number): void {
    const rows = this.#rows;
    const step = Math.ceil(minute / coarseMinutes);
    if (step !== this.#step) {
      if (rows.length === 0) this.#first = step;
      this.#step = step;
      this.#rowOfLevel.fill(-1);
    }
    let row = this.#rowOfLevel[level] as number;
    if (row < 0) {
      row = rows.length;
      this.#rowOfLevel[level] = row;
      rows.push((step - this.#first) * levelCount + level, 0, 0, 0);
    }
    (rows[row + 1] as number) += entries;
    (rows[row + 2] as number) += lineBytes;
    (rows[row + 3] as number) += metadataBytes;
    if (metadataBytes > 0) this.#metadataSeen = true;
  }

  /** A counts column whose minutes are steps of {@link coarseMinutes}. */
  encode(): Buffer {
    return sealCounts(this.#rows, this.#first, this.#metadataSeen);
  }
}

type BlockOfDay = readonly [id: number, t0: bigint, t1: bigint, flags: number, counts: Buffer | null];

export interface DayOfBlocks {
  readonly ids: Buffer;
  readonly counts: Buffer;
}

/** Days as the blocks' own counts make them. */
export class DaysOfBlocks {
  readonly #blocks: Statement<[number, bigint, bigint], readonly (bigint | Buffer | null)[]>;
  readonly #rows = new CountRows();

  constructor(database: Database) {
    this.#blocks = database
      .prepare<[number, bigint, bigint], readonly (bigint | Buffer | null)[]>(
        `SELECT id, t0, t1, flags, counts FROM block WHERE stream = ? AND t0 >= ? AND t0 < ? AND until IS NULL
         AND flush <= (SELECT value FROM meta WHERE key = 'flushed') AND flags & ${rowFlags.damaged} = 0
         ORDER BY t0, id`,
      )
      .raw()
      .safeIntegers();
  }

  /**
   * Undefined when they are too few, touch each other or lack counts: then readers ask each block. Throws
   * CorruptBlockError.
   */
  of(dayCounts: number): DayOfBlocks | undefined {
    const { stream, startNs, endNs } = dayBounds(dayCounts);
    const rows = this.#blocks.all(stream, startNs, endNs);
    if (rows.length < dayBlocksMin) return undefined;
    const ids = encodeDayIds(rows.map(([id]) => Number(id)));
    if (ids === undefined) return undefined;
    const sums = new CoarseCounts();
    let before: bigint | undefined;
    for (const row of rows) {
      const [, t0, t1, flags, counts] = row as unknown as BlockOfDay;
      if (before !== undefined && t0 <= before) return undefined;
      before = t1;
      if ((Number(flags) & blockFlags.counts) === 0 || counts === null) return undefined;
      const open = openCounts(counts);
      if (open === undefined) return undefined;
      sums.add(this.#rows.load(open));
    }
    return { ids, counts: sums.encode() };
  }
}
