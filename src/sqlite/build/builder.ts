// Cuts sealed segments into blocks: merge per stream, sort, drop duplicates, encode, insert in small transactions.
import type { Database, Statement } from 'better-sqlite3';
import { int64Min, maxNs } from '../../model/time.ts';
import type { FlushReport } from '../../store/statistics.ts';
import type { BlockColumns, EncodedBlock } from '../format/block.ts';
import { type BlockRow, BlockTable, dropIncompleteFlush } from '../format/block-table.ts';
import { ColumnMemory } from '../format/column-memory.ts';
import { encodeBlock } from '../format/encode.ts';
import { sqliteCode } from '../format/open-database.ts';
import { pageBytes, rowFlags } from '../format/schema.ts';
import type { FlushRequest } from '../threads/builder-protocol.ts';
import { failpoint } from '../threads/failpoint.ts';
import { sliceColumns } from '../threads/segment.ts';
import type { WriteLock } from '../threads/write-lock.ts';
import { withoutTrace } from '../write/failed-commit.ts';
import { BlockCutter } from './block-cutter.ts';
import { checkpointLog } from './log-checkpoint.ts';
import { type SliceAt, slicesByStream } from './segment-slices.ts';
import { SmallBlocks } from './small-block-merging.ts';

/** A transaction takes at most this many blocks and bytes of them, so that commits of entries wait little. */
export const transactionBlocksMax = 64;
const transactionBytesMax = 2 * 1024 * 1024;
/** Blocks of usual size up to that many bytes, and the one that passes it. */
const columnBytes = transactionBytesMax + 512 * 1024;
/**
 * A transaction adds no more after this time: commits of entries wait for it. To write its pages takes as long again, so
 * that nine of ten hold the lock for less than a millisecond.
 */
const transactionMsMax = 0.3;
/** Bytes of SQLite's log after which the builder copies it into the file. */
const checkpointBytes = 8 * 1024 * 1024;
/** Pages that a block changes besides those of its columns. */
const pagesPerBlock = 4;

/** Blocks that went are remembered for readers, which else load the heads of all blocks anew. */
const goneKept = 65_536;
const goneForgottenTogether = 256;

interface PendingBlock {
  readonly stream: number;
  readonly block: EncodedBlock;
}

/** A block to insert, its id still to be given. */
export interface NewBlock {
  readonly stream: number;
  readonly block: EncodedBlock;
  /** At compaction's level. */
  readonly recompressed: boolean;
}

export interface Replacement {
  readonly retired: readonly BlockRow[];
  readonly added: readonly NewBlock[];
  /** Inside the transaction, last. */
  readonly also?: () => void;
}

export class Builder {
  readonly table: BlockTable;
  readonly #database: Database;
  readonly #lock: WriteLock;
  readonly #onStep: () => void;
  readonly #cutter = new BlockCutter();
  readonly #small: SmallBlocks;
  readonly #setMeta: Statement<[number, string]>;
  readonly #touchStream: Statement<[number, bigint, bigint]>;
  readonly #deleteCommit: Statement<[number]>;
  readonly #countTimes: Statement<[]>;
  readonly #noteRemoved: Statement<[bigint]>;
  readonly #oldestGone: Statement<[], number | null>;
  readonly #forgetGone: Statement<[number, number]>;
  #flushed: number;
  /** Commits up to this one are in blocks. */
  #flushedThrough: number;
  #nextBlock: number;
  #pending: PendingBlock[] = [];
  #pendingBytes = 0;
  readonly #columns = new ColumnMemory(columnBytes);
  #retiring: BlockRow[] = [];
  /** A flush failed and its blocks may still be there, invisible. */
  #unclean = false;
  /** Estimate of what was written to SQLite's log since it was last copied. */
  #logBytes = 0;
  flushes = 0;
  lastFlush: FlushReport | undefined;

  /** `database` is a writing connection of this thread. `onStep` is called again and again during a flush. */
  constructor(database: Database, lock: WriteLock, onStep: () => void) {
    this.#database = database;
    this.#lock = lock;
    this.#onStep = onStep;
    this.table = new BlockTable(database);
    this.#small = new SmallBlocks(this.table);
    this.#setMeta = database.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.#touchStream = database.prepare(
      `INSERT INTO stream_time VALUES (?, ?, ?) ON CONFLICT DO UPDATE
       SET t0 = min(t0, excluded.t0), t1 = max(t1, excluded.t1)`,
    );
    this.#deleteCommit = database.prepare(
      'DELETE FROM wal WHERE seq = (SELECT min(seq) FROM wal) AND seq <= ?',
    );
    this.#countTimes = database.prepare("UPDATE meta SET value = value + 1 WHERE key = 'times_changes'");
    this.#noteRemoved = database.prepare(
      `INSERT INTO meta VALUES ('removed_through', ?)
       ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`,
    );
    const newest = "(SELECT seq FROM sqlite_sequence WHERE name = 'block_gone')";
    this.#oldestGone = database
      .prepare<[], number | null>(`SELECT ${newest} - min(row) FROM block_gone`)
      .pluck();
    this.#forgetGone = database.prepare(
      `DELETE FROM block_gone WHERE row IN
       (SELECT row FROM block_gone WHERE row <= ${newest} - ? ORDER BY row LIMIT ?)`,
    );
    const meta = database.prepare<[string], number>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#flushed = meta.get('flushed') as number;
    this.#flushedThrough = meta.get('flushed_through') as number;
    this.#nextBlock = meta.get('next_block') as number;
  }

  /**
   * Blocks the thread until the entries are in blocks and their commits deleted. After an error all of it is visible
   * or nothing; the same segments can be flushed again and what is in blocks already is not cut a second time.
   */
  flush(request: FlushRequest): void {
    const started = performance.now();
    const blocks = this.#cutBlocks(request);
    failpoint('flush: before the log is copied into the file');
    checkpointLog(this.#database);
    this.#deleteCommits(request.lastSeq);
    this.flushes++;
    const durationMs = performance.now() - started;
    this.lastFlush = { endedMs: Date.now(), durationMs, rawBytes: request.rawBytes, blocks };
  }

  /** Returns how many. */
  #cutBlocks(request: FlushRequest): number {
    const flush = this.#flushed + 1;
    let blocks = 0;
    if (this.#unclean) this.#undo();
    try {
      const slices = slicesByStream(
        request.segments.filter(({ firstSeq }) => firstSeq > this.#flushedThrough),
      );
      failpoint('flush: before the first transaction');
      for (const stream of [...slices.keys()].sort((a, b) => a - b)) {
        this.#onStep();
        const sources = (slices.get(stream) as SliceAt[]).map(({ memory, at }) => sliceColumns(memory, at));
        const small = this.#small.take(stream, sources);
        this.#retiring.push(...small.blocks);
        this.#cutter.cut([...small.sources, ...sources], (columns) => {
          this.#add(stream, columns, flush);
          blocks++;
        });
      }
      this.#write(flush);
      this.#makeVisible(flush, request.lastSeq);
    } catch (error) {
      this.#dropPending();
      // What was written must go before its number is used again: now, or when there is space again.
      this.#unclean = true;
      try {
        this.#undo();
      } catch {
        // The flush's own error says more.
      }
      throw error;
    }
    // From here on nothing may take the blocks away again.
    this.#flushed = flush;
    this.#flushedThrough = request.lastSeq;
    failpoint('flush: visible, not answered');
    return blocks;
  }

  /** The number that the next block gets. */
  get nextBlock(): number {
    return this.#nextBlock;
  }

  /** The newest complete flush or replacement. */
  get generation(): number {
    return this.#flushed;
  }

  /** Blocks in the place of others, at once for every reader, in one transaction: keep it small. */
  replace({ retired, added, also }: Replacement): void {
    const flush = this.#flushed + 1;
    if (this.#unclean) this.#undo();
    try {
      this.transaction(() => {
        for (const { stream, block, recompressed } of added)
          this.table.insert(
            {
              stream,
              id: this.#nextBlock++,
              flush,
              rowFlags: recompressed ? rowFlags.recompressed : 0,
            },
            block,
          );
        for (const block of retired) this.table.retire(block, flush);
        this.#setMeta.run(this.#nextBlock, 'next_block');
        this.#setMeta.run(flush, 'flush_started');
        this.#setMeta.run(flush, 'flushed');
        also?.();
      });
    } catch (error) {
      this.recount();
      throw error;
    }
    this.#flushed = flush;
    this.#noteWritten(added.map(({ block }) => block));
  }

  /** Deletes a batch of blocks that were replaced up to generation `through`. True: there may be more. */
  deleteRetired(through: number): boolean {
    const retired = this.table.retired(through, transactionBlocksMax);
    if (retired.length > 0) this.#deleteAll(retired, false);
    return retired.length === transactionBlocksMax;
  }

  /** `work` in as many short transactions as it takes, each up to `isOver`, until it returns false. */
  inShortTransactions(bytes: number, work: (isOver: () => boolean) => boolean): void {
    for (let isMore = true; isMore; )
      this.#shortTransaction((isOver) => {
        isMore = work(isOver);
      });
    this.#logBytes += bytes;
    this.#noteWritten([]);
  }

  /** Forgets some of the blocks that went long ago. True: there may be more. */
  forgetGone(): boolean {
    if ((this.#oldestGone.get() ?? 0) < goneKept) return false;
    this.transaction(() => this.#forgetGone.run(goneKept, goneForgottenTogether));
    return true;
  }

  /** Deletes visible blocks, in short transactions; readers learn up to which time entries have gone. */
  deleteBlocks(blocks: readonly BlockRow[]): void {
    failpoint('retention: before the transaction');
    this.#deleteAll(blocks, true);
    failpoint('retention: between transactions');
  }

  /** After a transaction that did not come about. */
  recount(): void {
    Object.assign(this.table.totals, this.table.countTotals());
  }

  /** One transaction under the write lock. */
  transaction<T>(work: () => T): T {
    return this.locked(() =>
      withoutTrace(this.#database, () => this.#database.transaction(work).immediate()),
    );
  }

  /** As {@link transaction}, and on the disk when it returns: for what a client is told is done. */
  durableTransaction<T>(work: () => T): T {
    this.#database.pragma('synchronous = FULL');
    try {
      return this.transaction(work);
    } finally {
      this.#syncLess();
    }
  }

  /** What was done stays done when this fails, as it may when SQLite reads its tables again: transactions sync until then. */
  #syncLess(): void {
    try {
      this.#database.pragma('synchronous = NORMAL');
    } catch (error) {
      if (sqliteCode(error) === '') throw error;
    }
  }

  /** Work on the database under the write lock. */
  locked<T>(work: () => T): T {
    this.#lock.acquireBlocking();
    try {
      return work();
    } finally {
      this.#lock.release();
    }
  }

  #deleteAll(blocks: readonly BlockRow[], visible: boolean): void {
    try {
      for (let deleted = 0; deleted < blocks.length; )
        this.#shortTransaction((isOver) => {
          let throughNs = int64Min;
          for (; deleted < blocks.length && !isOver(); deleted++) {
            const block = blocks[deleted] as BlockRow;
            this.table.delete(block, visible);
            throughNs = maxNs(throughNs, block.t1);
          }
          if (visible) this.#noteRemoved.run(throughNs);
          failpoint(
            visible ? 'retention: inside the transaction' : 'flush: inside the deletion of replaced blocks',
          );
        });
    } catch (error) {
      this.recount();
      throw error;
    }
    this.#logBytes += blocks.length * pagesPerBlock * pageBytes;
    this.#noteWritten([]);
  }

  #add(stream: number, columns: BlockColumns, flush: number): void {
    const block = encodeBlock(columns, { memory: this.#columns });
    this.#pending.push({ stream, block });
    this.#pendingBytes += storedBytes(block);
    if (this.#pending.length >= transactionBlocksMax || this.#pendingBytes >= transactionBytesMax)
      this.#write(flush);
  }

  /** Writes what is pending. */
  #write(flush: number): void {
    let added = 0;
    let retired = 0;
    while (added < this.#pending.length || retired < this.#retiring.length) {
      const before = added;
      this.#shortTransaction((isOver) => {
        this.#setMeta.run(flush, 'flush_started');
        for (; added < this.#pending.length && !isOver(); added++) {
          const { stream, block } = this.#pending[added] as PendingBlock;
          this.table.insert({ stream, id: this.#nextBlock++, flush }, block);
          this.#touchStream.run(stream, block.t0Ns, block.t1Ns);
        }
        this.#setMeta.run(this.#nextBlock, 'next_block');
        for (; retired < this.#retiring.length && !isOver(); retired++)
          this.table.retire(this.#retiring[retired] as BlockRow, flush);
        failpoint('flush: inside a transaction of blocks');
      });
      failpoint('flush: between transactions');
      this.#onStep();
      this.#noteWritten(this.#pending.slice(before, added).map(({ block }) => block));
    }
    this.#dropPending();
  }

  #dropPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#retiring = [];
    this.#columns.clear();
  }

  #makeVisible(flush: number, lastSeq: number): void {
    failpoint('flush: before the last transaction');
    this.transaction(() => {
      this.#setMeta.run(flush, 'flush_started');
      this.#setMeta.run(flush, 'flushed');
      this.#setMeta.run(lastSeq, 'flushed_through');
      this.#countTimes.run();
      failpoint('flush: inside the last transaction');
    });
  }

  /** Deletes commits that are in blocks: many pages, so not in the transaction that makes the blocks visible. */
  #deleteCommits(lastSeq: number): void {
    for (let isMore = true; isMore; this.#onStep())
      this.#shortTransaction((isOver) => {
        while (isMore && !isOver()) isMore = this.#deleteCommit.run(lastSeq).changes > 0;
        failpoint('flush: inside the deletion of commits');
      });
  }

  /** The writer waits for the end of a transaction: `isOver` says when it has lasted long enough. */
  #shortTransaction(work: (isOver: () => boolean) => void): void {
    this.transaction(() => {
      const startedMs = performance.now();
      let steps = 0;
      work(() => steps++ > 0 && performance.now() - startedMs >= transactionMsMax);
    });
  }

  /** SQLite's log is copied into the file when it has grown: each time costs two waits for the disk. */
  #noteWritten(blocks: readonly EncodedBlock[]): void {
    for (const block of blocks) this.#logBytes += pagesPerBlock * pageBytes + storedBytes(block);
    if (this.#logBytes < checkpointBytes) return;
    this.#logBytes = 0;
    checkpointLog(this.#database);
  }

  /** The flush failed half-way: its blocks go, those it replaced stay. */
  #undo(): void {
    this.transaction(() => dropIncompleteFlush(this.#database));
    this.recount();
    this.#unclean = false;
  }
}

const storedBytes = ({ lines, ts, meta, filter }: EncodedBlock): number =>
  lines.length + ts.length + meta.length + filter.length;
