// Puts the counts of blocks together by day and stream (day-counts.ts), once a day is over, in idle time. What has changed
// is found by the numbers of flushes, so that a crash costs nothing but work.
import type { Database, Statement } from 'better-sqlite3';
import { nsPerMs } from '../../model/time.ts';
import { CorruptBlockError } from '../format/block.ts';
import {
  type DayOfBlocks,
  DaysOfBlocks,
  dayBounds,
  dayCountsId,
  dayNs,
  dayOf,
  dayOfCounts,
} from '../format/day-counts.ts';
import type { Builder } from './builder.ts';

/** After the end of a day: late entries come. */
const settleNs = 3_600_000_000_000n;
/** Days remembered: the counts of more than these are asked of their blocks. */
const rememberedMax = 131_072;
/** Rows looked at in one step, whether their days have gone. */
const sweptTogether = 64;
const sweepMs = 3_600_000;

type Begin = readonly [stream: bigint, t0: bigint];

export class DayCounting {
  readonly #builder: Builder;
  readonly #days: DaysOfBlocks;
  readonly #meta: Statement<[string], number>;
  readonly #setMeta: Statement<[string, number]>;
  readonly #nextFlush: Statement<[number, number], number | null>;
  readonly #changed: Statement<[number, number], Begin>;
  readonly #since: Statement<[bigint], Begin>;
  readonly #ids: Statement<[number], Buffer>;
  readonly #insert: Statement<[number, Buffer, Buffer]>;
  readonly #delete: Statement<[number]>;
  readonly #rows: Statement<[number, number], number>;
  readonly #hasBlocks: Statement<[number, bigint, bigint], number>;
  /** Numbers of rows to be made; undefined until the first step. */
  #due: Set<number> | undefined;
  /** Of days that are not over. */
  readonly #early = new Set<number>();
  /** All flushes up to this one have been looked at. */
  #flush = 0;
  /** Where the next step of a sweep begins; undefined: it is done. */
  #sweepFrom: number | undefined = 0;
  #sweptMs = 0;

  constructor(builder: Builder, database: Database) {
    this.#builder = builder;
    this.#days = new DaysOfBlocks(database);
    this.#meta = database.prepare<[string], number>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#setMeta = database.prepare(
      'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.#nextFlush = database
      .prepare<[number, number], number | null>('SELECT min(flush) FROM block WHERE flush > ? AND flush <= ?')
      .pluck();
    this.#changed = database
      .prepare<[number, number], Begin>(
        'SELECT stream, t0 FROM block WHERE flush = ? UNION ALL SELECT stream, t0 FROM block WHERE until = ?',
      )
      .raw()
      .safeIntegers();
    this.#since = database
      .prepare<[bigint], Begin>('SELECT stream, t0 FROM block WHERE t1 >= ?')
      .raw()
      .safeIntegers();
    this.#ids = database.prepare<[number], Buffer>('SELECT ids FROM day_counts WHERE id = ?').pluck();
    this.#insert = database.prepare('INSERT OR REPLACE INTO day_counts VALUES (?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM day_counts WHERE id = ?');
    this.#rows = database
      .prepare<[number, number], number>('SELECT id FROM day_counts WHERE id >= ? ORDER BY id LIMIT ?')
      .pluck();
    this.#hasBlocks = database
      .prepare<[number, bigint, bigint], number>(
        'SELECT 1 FROM block WHERE stream = ? AND t0 >= ? AND t0 < ? AND until IS NULL LIMIT 1',
      )
      .pluck();
  }

  /** Some milliseconds of work. False: there is nothing to do. */
  step(): boolean {
    const due = this.#due ?? this.#load();
    const [next] = due;
    if (next !== undefined) {
      this.#count(next);
      due.delete(next);
      return true;
    }
    return this.#look() || this.#comeDue(due) || this.#sweep() || this.#note();
  }

  /** What has been looked at may not be in the file: after a transaction that did not come about. */
  reset(): void {
    this.#due = undefined;
  }

  #load(): Set<number> {
    const due = new Set<number>();
    this.#due = due;
    this.#early.clear();
    this.#flush = this.#meta.get('days_counted_flush') ?? 0;
    // Days that were not over when that was noted.
    const day = this.#meta.get('days_counted_day');
    if (day !== undefined)
      for (const begin of this.#since.iterate(BigInt(day) * dayNs)) this.#remember(begin);
    return due;
  }

  /** The days that the next flush has changed. */
  #look(): boolean {
    const flush = this.#nextFlush.get(this.#flush, this.#builder.generation) ?? undefined;
    if (flush === undefined) return false;
    for (const begin of this.#changed.iterate(flush, flush)) this.#remember(begin);
    this.#flush = flush;
    return true;
  }

  #remember([stream, t0]: Begin): void {
    const day = dayOf(t0);
    const id = dayCountsId(Number(stream), day);
    if (id === undefined) return;
    const into = isOver(day) ? this.#due : this.#early;
    if ((this.#due?.size ?? 0) + this.#early.size < rememberedMax) into?.add(id);
  }

  #comeDue(due: Set<number>): boolean {
    for (const id of this.#early)
      if (isOver(dayOfCounts(id))) {
        this.#early.delete(id);
        due.add(id);
      }
    return due.size > 0;
  }

  #count(id: number): void {
    const day = this.#countsOf(id);
    const stored = this.#ids.get(id);
    if (day === undefined) {
      if (stored !== undefined) this.#builder.transaction(() => this.#delete.run(id));
      return;
    }
    if (stored?.equals(day.ids)) return;
    this.#builder.transaction(() => this.#insert.run(id, day.ids, day.counts));
  }

  #countsOf(id: number): DayOfBlocks | undefined {
    try {
      return this.#days.of(id);
    } catch (error) {
      if (error instanceof CorruptBlockError) return undefined;
      throw error;
    }
  }

  /** Deletes counts of days that have gone, now and then. */
  #sweep(): boolean {
    if (this.#sweepFrom === undefined) {
      if (performance.now() - this.#sweptMs < sweepMs) return false;
      this.#sweepFrom = 0;
    }
    const rows = this.#rows.all(this.#sweepFrom, sweptTogether);
    const gone = rows.filter((id) => {
      const { stream, startNs, endNs } = dayBounds(id);
      return this.#hasBlocks.get(stream, startNs, endNs) === undefined;
    });
    if (gone.length > 0)
      this.#builder.transaction(() => {
        for (const id of gone) this.#delete.run(id);
      });
    const last = rows.at(-1);
    this.#sweepFrom = last === undefined ? undefined : last + 1;
    if (last === undefined) this.#sweptMs = performance.now();
    return true;
  }

  /** The next start goes on from here. Nothing is written where no flush was looked at: the disk is left alone. */
  #note(): false {
    if ((this.#meta.get('days_counted_flush') ?? 0) === this.#flush) return false;
    let day = dayOf(nowNs());
    for (const id of this.#early) day = Math.min(day, dayOfCounts(id));
    this.#builder.transaction(() => {
      this.#setMeta.run('days_counted_flush', this.#flush);
      this.#setMeta.run('days_counted_day', day);
    });
    return false;
  }
}

const nowNs = (): bigint => BigInt(Date.now()) * nsPerMs;

/** Days to come count as over: what is in them was not logged just now. */
const isOver = (day: number): boolean => {
  const now = nowNs();
  return BigInt(day + 1) * dayNs + settleNs <= now || day > dayOf(now);
};
