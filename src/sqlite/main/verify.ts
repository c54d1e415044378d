// Checking a whole store: SQLite's own structure, and every block against its checksums, its row and its filter.
import Database from 'better-sqlite3';
import { compileNeedle } from '../../kernels/needle.ts';
import { type BlockColumns, blockFlags, CorruptBlockError } from '../format/block.ts';
import { decodeCounts, encodeCounts } from '../format/counts.ts';
import { BlockDecoder } from '../format/decode.ts';
import { blockMayContain } from '../format/filter.ts';
import { checkStore, openForReading } from '../format/open-database.ts';
import { rowFlags } from '../format/schema.ts';
import { zeros } from '../threads/segment.ts';
import { CommitCodec } from '../write/commit-codec.ts';
import { dayProblems } from './verify-days.ts';
import { groupProblems } from './verify-groups.ts';

export interface VerifyProgress {
  readonly blocks: number;
  readonly blocksTotal: number;
}

export interface VerifyProblem {
  /** Undefined when the problem is not one block's. */
  readonly block: number | undefined;
  readonly stream: number | undefined;
  /** Bounds of the block's entries, Unix ns. */
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  readonly entries: number;
  readonly problem: string;
}

export interface VerifyReport {
  readonly blocks: number;
  readonly entries: number;
  /** Raw line bytes. */
  readonly rawBytes: number;
  /** Commits that are not in blocks yet. */
  readonly commits: number;
  /** Blocks that reading has already put aside as damaged. */
  readonly quarantined: number;
  /** The first {@link verifyProblemsMax}. */
  readonly problems: readonly VerifyProblem[];
  readonly problemCount: number;
}

export const verifyProblemsMax = 1000;
/** Blocks between two turns of the event loop and calls of `onProgress`. */
const blocksPerStep = 64;
/** Lines of a block whose text its filter must know. */
const sampleLines = 32;
const sampleBytesMax = 64;
const gramBytes = 4;

type Row = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, Buffer | null];

/**
 * Reads every block. Works beside a running gateway: blocks that go meanwhile are left out. Damage is reported, never
 * thrown; rejects with StoreFileError when the file is not a store at all.
 */
export async function verifyStore(
  path: string,
  onProgress: (progress: VerifyProgress) => void = () => {},
): Promise<VerifyReport> {
  checkStore(path);
  const database = openForReading(path);
  try {
    return await new Verification(database).run(onProgress);
  } finally {
    database.close();
  }
}

class Verification {
  readonly #database: Database.Database;
  readonly #decoder = new BlockDecoder();
  readonly #problems: VerifyProblem[] = [];
  #problemCount = 0;
  #blocks = 0;
  #entries = 0;
  #rawBytes = 0;
  #quarantined = 0;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  async run(onProgress: (progress: VerifyProgress) => void): Promise<VerifyReport> {
    const database = this.#database;
    const number = (sql: string): number => database.prepare<[], number>(sql).pluck().get() ?? 0;
    for (const line of database.pragma('quick_check(100)', { simple: false }) as { quick_check: string }[])
      if (line.quick_check !== 'ok') this.#report(undefined, `SQLite: ${line.quick_check}`);
    const blocksTotal = number('SELECT count(*) FROM block');
    const next = database
      .prepare(
        `SELECT block.stream, t0, id, t1, n, raw, metadata_raw, flags, counts FROM block
         WHERE (block.stream, t0, id) > (?, ?, ?) ORDER BY block.stream, t0, id LIMIT ?`,
      )
      .raw()
      .safeIntegers();
    const isKnown = database.prepare<[bigint], number>('SELECT 1 FROM stream WHERE id = ?').pluck();
    let cursor: readonly [bigint, bigint, bigint] = [-(2n ** 63n), -(2n ** 63n), -(2n ** 63n)];
    for (;;) {
      const rows = next.all(...cursor, blocksPerStep) as Row[];
      for (const row of rows) {
        this.#verify(row);
        if (isKnown.get(row[0]) === undefined) this.#report(row, 'belongs to a stream that is not there');
      }
      onProgress({ blocks: this.#blocks, blocksTotal: Math.max(blocksTotal, this.#blocks) });
      const last = rows.at(-1);
      if (last === undefined) break;
      cursor = [last[0], last[1], last[2]];
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const table of ['block_data', 'block_filter']) {
      const orphans = number(
        `SELECT count(*) FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM block WHERE block.id = ${table}.id)`,
      );
      if (orphans > 0) this.#report(undefined, `${orphans} rows of ${table} belong to no block`);
    }
    const gathered = { filter_group: groupProblems, day_counts: dayProblems };
    for (const [table, problems] of Object.entries(gathered)) {
      if (number(`SELECT count(*) FROM sqlite_master WHERE name = '${table}'`) === 0) continue;
      for (const problem of problems(database)) {
        if (problem !== undefined) this.#report(undefined, problem);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return {
      blocks: this.#blocks,
      entries: this.#entries,
      rawBytes: this.#rawBytes,
      commits: this.#verifyCommits(),
      quarantined: this.#quarantined,
      problems: this.#problems,
      problemCount: this.#problemCount,
    };
  }

  #verify(row: Row): void {
    const [, , id, , n, raw, , flags] = row;
    this.#blocks++;
    this.#entries += Number(n);
    this.#rawBytes += Number(raw);
    if ((Number(flags) & rowFlags.damaged) !== 0) this.#quarantined++;
    try {
      const data = this.#database
        .prepare<[bigint], Buffer[]>('SELECT ts, meta, lines FROM block_data WHERE id = ?')
        .raw()
        .get(id);
      const filter = this.#database
        .prepare<[bigint], Buffer>('SELECT bits FROM block_filter WHERE id = ?')
        .pluck()
        .get(id);
      if (data === undefined || filter === undefined) {
        const gone = this.#database.prepare('SELECT 1 FROM block WHERE id = ?').get(id) === undefined;
        if (!gone) this.#report(row, 'has lost its data');
        return;
      }
      for (const problem of this.#problemsOf(row, data as [Buffer, Buffer, Buffer], filter))
        this.#report(row, problem);
    } catch (error) {
      if (!(error instanceof CorruptBlockError) && !(error instanceof Database.SqliteError)) throw error;
      this.#report(row, error.message);
    }
  }

  *#problemsOf(row: Row, [ts, meta, lines]: readonly [Buffer, Buffer, Buffer], filter: Buffer) {
    const [, t0, , t1, n, raw, metadataRaw, flags, counts] = row;
    const times = this.#decoder.decodeTimes(ts);
    const { count, baseNs, offsetsNs } = times;
    if (count !== Number(n)) yield `holds ${count} entries, its row says ${n}`;
    const firstNs = baseNs + BigInt(offsetsNs[0] as number);
    const lastNs = baseNs + BigInt(offsetsNs[count - 1] as number);
    if (firstNs !== t0 || lastNs !== t1) yield `holds ${firstNs} to ${lastNs}, its row says ${t0} to ${t1}`;
    const hasMetadata = (Number(flags) & blockFlags.metadata) !== 0;
    const metadata = hasMetadata
      ? this.#decoder.decodeMeta(meta, count)
      : { metadataBytes: meta, metadataStarts: zeros(count), metadataEnds: zeros(count) };
    const bytes = this.#decoder.decodeLines(lines);
    const columns: BlockColumns = { ...times, ...metadata, bytes };
    let lineBytes = 0;
    let metadataBytes = 0;
    for (let i = 0; i < count; i++) {
      lineBytes += (columns.lineEnds[i] as number) - (columns.lineStarts[i] as number);
      metadataBytes += (columns.metadataEnds[i] as number) - (columns.metadataStarts[i] as number);
    }
    if (lineBytes !== Number(raw) || bytes.length !== lineBytes + count)
      yield `holds ${lineBytes} line bytes, its row says ${raw}`;
    if (metadataBytes !== Number(metadataRaw))
      yield `holds ${metadataBytes} bytes of metadata, its row says ${metadataRaw}`;
    if (
      counts !== null &&
      decodeCounts(counts) !== undefined &&
      !encodeCounts(columns, firstNs).equals(counts)
    )
      yield 'has counts that do not agree with its entries';
    if (!filterKnows(filter, columns)) yield 'has a filter that denies its lines';
  }

  #verifyCommits(): number {
    const codec = new CommitCodec();
    const flushedThrough = this.#database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'flushed_through'")
      .pluck()
      .get() as number;
    const next = this.#database.prepare<[number], { seq: number; body: Buffer }>(
      'SELECT seq, body FROM wal WHERE seq > ? ORDER BY seq LIMIT 1',
    );
    let commits = 0;
    for (let row = next.get(flushedThrough); row !== undefined; row = next.get(row.seq)) {
      commits++;
      try {
        codec.decode(row.body);
      } catch (error) {
        this.#report(undefined, `commit ${row.seq}: ${error instanceof Error ? error.message : error}`);
      }
    }
    return commits;
  }

  #report(row: Row | undefined, problem: string): void {
    if (this.#problemCount++ >= verifyProblemsMax) return;
    this.#problems.push({
      block: row === undefined ? undefined : Number(row[2]),
      stream: row === undefined ? undefined : Number(row[0]),
      firstNs: row?.[1],
      lastNs: row?.[3],
      entries: row === undefined ? 0 : Number(row[4]),
      problem,
    });
  }
}

/** A sample: a line's own text must never be denied. */
function filterKnows(filter: Buffer, { count, bytes, lineStarts, lineEnds }: BlockColumns): boolean {
  const step = Math.max(1, Math.floor(count / sampleLines));
  for (let i = 0; i < count; i += step) {
    const start = lineStarts[i] as number;
    const end = Math.min(lineEnds[i] as number, start + sampleBytesMax);
    if (end - start >= gramBytes && !blockMayContain(filter, [compileNeedle(bytes.slice(start, end), false)]))
      return false;
  }
  return true;
}
