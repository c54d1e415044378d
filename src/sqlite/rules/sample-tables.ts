// Samples of recorded series that are kept: a row each, of a series by its number. Made with the ruler's other tables.
import type { Database, Statement } from 'better-sqlite3';
import { type KeptSample, type KeptSeries, keptSeriesMax, type NewSample } from '../../store/rule-store.ts';

/**
 * `rule_sample.value` is NULL for NaN; `ended` is 1 where the series ends. `rule_kept.samples` counts the rows of a series.
 */
export const sampleTablesSql = `
CREATE TABLE IF NOT EXISTS rule_kept(id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, series TEXT NOT NULL,
  samples INTEGER NOT NULL, UNIQUE(tenant, series));
CREATE TABLE IF NOT EXISTS rule_sample(series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL,
  ended INTEGER NOT NULL, PRIMARY KEY(series, time)) WITHOUT ROWID;
`;

interface SampleRow {
  readonly timeMs: number;
  readonly value: number | null;
  readonly ended: number;
}

/** Of what is too much so much of the kept time goes at once. */
const trimShare = 0.05;

/** Its writes belong into the caller's transaction. */
export class SampleTables {
  readonly #database: Database;
  readonly #known: Statement<[string, string], number>;
  readonly #count: Statement<[string], number>;
  readonly #make: Statement<[string, string]>;
  readonly #put: Statement<[number, number, number | null, number]>;
  readonly #added: Statement<[number]>;
  readonly #series: Statement<[string], KeptSeries>;
  readonly #samples: Statement<[number, number, number, number], SampleRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#known = database
      .prepare<[string, string], number>('SELECT id FROM rule_kept WHERE tenant = ? AND series = ?')
      .pluck();
    this.#count = database
      .prepare<[string], number>('SELECT count(*) FROM rule_kept WHERE tenant = ?')
      .pluck();
    this.#make = database.prepare('INSERT INTO rule_kept(tenant, series, samples) VALUES (?, ?, 0)');
    // What was kept of a time stays: it is what its evaluation gave.
    this.#put = database.prepare('INSERT OR IGNORE INTO rule_sample VALUES (?, ?, ?, ?)');
    this.#added = database.prepare('UPDATE rule_kept SET samples = samples + 1 WHERE id = ?');
    this.#series = database.prepare('SELECT id, series FROM rule_kept WHERE tenant = ?');
    this.#samples = database.prepare(
      `SELECT time AS timeMs, value, ended FROM rule_sample
       WHERE series = ? AND time > ? AND time <= ? ORDER BY time LIMIT ?`,
    );
  }

  /** Returns how many had no room. */
  put(tenant: string, samples: readonly NewSample[]): number {
    let leftOut = 0;
    for (const { series, timeMs, value } of samples) {
      const id = this.#idOf(tenant, series);
      if (id === undefined) {
        leftOut++;
        continue;
      }
      const isEnd = value === undefined;
      if (this.#put.run(id, timeMs, value ?? null, isEnd ? 1 : 0).changes > 0) this.#added.run(id);
    }
    return leftOut;
  }

  series(tenant: string): readonly KeptSeries[] {
    return this.#series.all(tenant);
  }

  samples(series: number, afterMs: number, untilMs: number, limit: number): readonly KeptSample[] {
    return this.#samples.all(series, afterMs, untilMs, limit).map(({ timeMs, value, ended }) => ({
      timeMs,
      value: ended === 1 ? undefined : (value ?? Number.NaN),
    }));
  }

  trim(beforeMs: number, samplesMax: number): void {
    const oldest = this.#database.prepare<[], number | null>(
      'SELECT min((SELECT min(time) FROM rule_sample WHERE series = id)) FROM rule_kept',
    );
    const newest = this.#database.prepare<[], number | null>(
      'SELECT max((SELECT max(time) FROM rule_sample WHERE series = id)) FROM rule_kept',
    );
    this.#removeBefore(beforeMs);
    while (this.#total() > samplesMax) {
      const [from, to] = [oldest.pluck().get(), newest.pluck().get()];
      if (typeof from !== 'number' || typeof to !== 'number') return;
      this.#removeBefore(from + Math.max(1, Math.ceil((to - from) * trimShare)));
    }
  }

  #removeBefore(timeMs: number): void {
    const remove = this.#database.prepare<[number, number]>(
      'DELETE FROM rule_sample WHERE series = ? AND time < ?',
    );
    const count = this.#database.prepare<[number, number]>(
      'UPDATE rule_kept SET samples = samples - ? WHERE id = ?',
    );
    for (const id of this.#database.prepare<[], number>('SELECT id FROM rule_kept').pluck().all()) {
      const { changes } = remove.run(id, timeMs);
      if (changes > 0) count.run(changes, id);
    }
    this.#database.prepare('DELETE FROM rule_kept WHERE samples = 0').run();
  }

  #total(): number {
    return this.#database.prepare<[], number>('SELECT total(samples) FROM rule_kept').pluck().get() ?? 0;
  }

  /** Undefined: the tenant has as many as it may. */
  #idOf(tenant: string, series: string): number | undefined {
    const known = this.#known.get(tenant, series);
    if (known !== undefined) return known;
    if ((this.#count.get(tenant) ?? 0) >= keptSeriesMax) return undefined;
    return Number(this.#make.run(tenant, series).lastInsertRowid);
  }
}
