// Keys of stored batches: a sender whose answer was lost sends the batch again, and it is found here. They are part of the
// commit's transaction, so that a batch is known exactly when it is stored.
import type { Database, Statement } from 'better-sqlite3';
import { batchKeysKeptMs, batchKeysMax } from '../../store/store.ts';

/** Made with the first key: a store whose senders use none has no such table. `row` grows. */
const tableSql = `
CREATE TABLE IF NOT EXISTS batch_key(row INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS batch_key_at ON batch_key(at);
`;

interface Statements {
  readonly find: Statement<[string], number>;
  readonly insert: Statement<[string, number]>;
  readonly removeThrough: Statement<[number]>;
  readonly removeBefore: Statement<[number]>;
}

export class BatchKeys {
  readonly #database: Database;
  readonly #table: Statement<[], number>;
  /** They need the table. */
  #statements: Statements | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#table = database
      .prepare<[], number>("SELECT 1 FROM sqlite_master WHERE name = 'batch_key'")
      .pluck();
  }

  has(key: string): boolean {
    // Asked each time: the transaction that made the table may have been rolled back.
    if (this.#table.get() === undefined) return false;
    this.#statements ??= this.#prepare();
    return this.#statements.find.get(key) !== undefined;
  }

  /** Inside of a transaction. Forgets keys that are too old or too many; `nowMs` is Unix ms. */
  add(keys: readonly string[], nowMs: number): void {
    if (keys.length === 0) return;
    this.#database.exec(tableSql);
    this.#statements ??= this.#prepare();
    const { insert, removeThrough, removeBefore } = this.#statements;
    let newest = 0;
    for (const key of keys) newest = Number(insert.run(key, nowMs).lastInsertRowid);
    removeThrough.run(newest - batchKeysMax);
    removeBefore.run(nowMs - batchKeysKeptMs);
  }

  #prepare(): Statements {
    return {
      find: this.#database.prepare<[string], number>('SELECT 1 FROM batch_key WHERE key = ?').pluck(),
      insert: this.#database.prepare('INSERT INTO batch_key(key, at) VALUES (?, ?)'),
      removeThrough: this.#database.prepare('DELETE FROM batch_key WHERE row <= ?'),
      removeBefore: this.#database.prepare('DELETE FROM batch_key WHERE at < ?'),
    };
  }
}
