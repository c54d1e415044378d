// The durable side of a commit: one transaction with the entries, new streams, checkpoints and keys of batches.
import type { Database, Statement, Transaction } from 'better-sqlite3';
import { type Checkpoint, StoreFullError } from '../../store/store.ts';
import { isDiskFull } from '../format/open-database.ts';
import { failpoint } from '../threads/failpoint.ts';
import { BatchKeys } from './batch-keys.ts';
import { CommitCodec } from './commit-codec.ts';
import { withoutTrace } from './failed-commit.ts';
import type { StreamRegistry } from './stream-registry.ts';

export interface Commit {
  readonly seq: number;
  /** Empty when only checkpoints are committed. */
  readonly slices: Uint8Array;
  readonly rawBytes: number;
  readonly newStreams: readonly number[];
  readonly checkpoints: readonly Checkpoint[];
  /** Of batches. */
  readonly keys: readonly string[];
}

interface WalRow {
  readonly seq: number;
  readonly body: Buffer;
}

export class CommitLog {
  readonly #codec = new CommitCodec();
  readonly #keys: BatchKeys;
  readonly #database: Database;
  readonly #transaction: Transaction<(commit: Commit, body: Buffer | undefined) => void>;
  readonly #checkpoints: Statement<[string], Checkpoint>;

  constructor(database: Database, registry: StreamRegistry) {
    this.#database = database;
    this.#keys = new BatchKeys(database);
    const insert = database.prepare<[number, number, Buffer]>(
      'INSERT INTO wal(seq, raw, body) VALUES (?, ?, ?)',
    );
    const set = database.prepare<[string, string, string]>(
      'INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
    );
    const remove = database.prepare<[string, string]>('DELETE FROM checkpoint WHERE source = ? AND key = ?');
    this.#checkpoints = database.prepare(
      'SELECT source, key, state FROM checkpoint WHERE source = ? ORDER BY key',
    );
    this.#transaction = database.transaction((commit: Commit, body: Buffer | undefined) => {
      registry.insert(commit.newStreams);
      if (body !== undefined) insert.run(commit.seq, commit.rawBytes, body);
      failpoint('commit: inside the transaction');
      for (const { source, key, state } of commit.checkpoints)
        if (state === '') remove.run(source, key);
        else set.run(source, key, state);
      this.#keys.add(commit.keys, Date.now());
    });
  }

  /** Compresses: a view valid until the next call. */
  encode(slices: Uint8Array): Buffer | undefined {
    return slices.length === 0 ? undefined : this.#codec.encode(slices);
  }

  /** Durable when it returns. The caller holds the write lock. Throws StoreFullError when the disk is full. */
  write(commit: Commit, body: Buffer | undefined): void {
    try {
      withoutTrace(this.#database, () => this.#transaction.immediate(commit, body));
    } catch (error) {
      throw isDiskFull(error)
        ? new StoreFullError('no space left for the store: nothing was stored, try later', { cause: error })
        : error;
    }
  }

  /** Whether a batch with this key is stored. */
  hasBatch(key: string): boolean {
    return this.#keys.has(key);
  }

  checkpoints(source: string): readonly Checkpoint[] {
    return this.#checkpoints.all(source);
  }

  /** Calls `visit` with each commit that is not in blocks, oldest first. Returns the newest commit's number. */
  replay(visit: (seq: number, slices: ArrayBuffer) => void): number {
    const flushedThrough = this.#database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'flushed_through'")
      .pluck()
      .get() as number;
    const next = this.#database.prepare<[number], WalRow>(
      'SELECT seq, body FROM wal WHERE seq > ? ORDER BY seq LIMIT 1',
    );
    let seq = flushedThrough;
    for (let row = next.get(seq); row !== undefined; row = next.get(seq)) {
      visit(row.seq, this.#codec.decode(row.body));
      seq = row.seq;
    }
    return seq;
  }
}
