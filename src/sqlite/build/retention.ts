// Deleting what is too old, and the oldest when there is too much: whole blocks, few at a time, so that commits of
// entries wait a millisecond at most.
import { statfsSync } from 'node:fs';
import type { Database, Statement } from 'better-sqlite3';
import { nsPerMs } from '../../model/time.ts';
import type { RetentionPolicy } from '../../store/retention-policy.ts';
import type { FreedBytes, RetentionReport } from '../../store/statistics.ts';
import type { BlockRow } from '../format/block-table.ts';
import type { StoreSettings } from '../main/settings.ts';
import { failpoint } from '../threads/failpoint.ts';
import { decodeLabels } from '../write/stream-registry.ts';
import type { BlockScan } from './block-scan.ts';
import { type Builder, transactionBlocksMax } from './builder.ts';
import { checkpointLog } from './log-checkpoint.ts';

/** One step gives back so much: half a millisecond. */
const vacuumBytes = 256 * 1024;
/** When there is too much, this share of the limit more goes, so that it is not for every block. */
const slack = 0.02;
/** Blocks of the whole store looked at in one go when the oldest are wanted. */
const pageBlocks = 1000;
/** Streams with a period of their own looked at in one go. */
const streamsPerStep = 1000;

export interface RetentionContext {
  readonly settings: StoreSettings;
  readonly policy: RetentionPolicy;
  readonly builder: Builder;
  readonly database: Database;
  readonly scan: BlockScan;
  /** Lets waiting work of the thread pass; false: stop. */
  readonly pause: () => Promise<boolean>;
  /** Removes streams that have no block and no entry left; returns how many, undefined when told to stop. */
  readonly removeStreams: () => Promise<number | undefined>;
}

interface OwnedStream {
  readonly tenant: string;
  readonly periodNs: bigint;
}

export class Retention {
  readonly freed: FreedBytes = { age: 0, size: 0, disk: 0 };
  readonly #context: RetentionContext;
  readonly #newStreams: Statement<[number], { row: number; id: number; tenant: string; labels: string }>;
  /** Streams by id; those removed since stay until there are twice as many as in the store. */
  #streams = new Map<number, OwnedStream>();
  #lastRow = 0;
  #hasRun = false;

  constructor(context: RetentionContext) {
    this.#context = context;
    this.#newStreams = context.database.prepare(
      'SELECT row, id, tenant, labels FROM stream WHERE row > ? ORDER BY row LIMIT 10000',
    );
  }

  /** Undefined when it was told to stop. */
  async run(): Promise<RetentionReport | undefined> {
    const { removeStreams } = this.#context;
    const started = performance.now();
    const nowNs = BigInt(Date.now()) * nsPerMs;
    let blocks = 0;
    for (const part of [() => this.#byAge(nowNs), () => this.#byRules(nowNs), () => this.#bySpace()]) {
      const deleted = await part();
      if (deleted === undefined) return undefined;
      blocks += deleted;
    }
    failpoint('retention: before streams are removed');
    const streams = blocks > 0 || !this.#hasRun ? await removeStreams() : 0;
    if (streams === undefined) return undefined;
    this.#hasRun = true;
    return { endedMs: Date.now(), durationMs: performance.now() - started, blocks, streams };
  }

  /** What is older than any period allows. */
  async #byAge(nowNs: bigint): Promise<number | undefined> {
    const { policy, builder } = this.#context;
    if (policy.longestNs === 0n) return 0;
    return this.#deleteWhile('age', () =>
      builder.table.expired(nowNs - policy.longestNs, transactionBlocksMax),
    );
  }

  /** Streams with a shorter period. */
  async #byRules(nowNs: bigint): Promise<number | undefined> {
    const { policy, scan, pause } = this.#context;
    if (policy.isUniform) return 0;
    this.#learnStreams();
    let blocks = 0;
    let looked = 0;
    for (const [stream, { periodNs }] of this.#streams) {
      if (periodNs === 0n || periodNs === policy.longestNs) continue;
      const deleted = await this.#deleteWhile('age', () =>
        scan.before(stream, nowNs - periodNs, transactionBlocksMax),
      );
      if (deleted === undefined) return undefined;
      blocks += deleted;
      if (++looked % streamsPerStep === 0 && !(await pause())) return undefined;
    }
    return blocks;
  }

  /** The oldest blocks, of the tenants that hold the most, until size and free disk are as they should. */
  async #bySpace(): Promise<number | undefined> {
    const { builder, pause } = this.#context;
    let blocks = 0;
    for (const cause of ['size', 'disk'] as const) {
      const excess = this.#excessBytes(cause);
      if (excess <= 0) continue;
      // Blocks that were replaced are kept for running queries only: those plan again.
      while (builder.deleteRetired(builder.generation)) if (!(await pause())) return undefined;
      const excessLeft = this.#excessBytes(cause);
      if (excessLeft <= 0) continue;
      this.#learnStreams();
      const toFree = fairShares(this.#tenantBytes(), excessLeft);
      const deleted = await this.#deleteOldest(cause, toFree);
      if (deleted === undefined) return undefined;
      blocks += deleted;
    }
    return blocks;
  }

  #excessBytes(cause: 'size' | 'disk'): number {
    const { settings, database } = this.#context;
    const { path, storeBytesMax, diskFreeBytesMin } = settings;
    const freePages = database.pragma('freelist_count', { simple: true }) as number;
    const pageBytes = database.pragma('page_size', { simple: true }) as number;
    if (cause === 'size') {
      if (storeBytesMax === 0) return 0;
      const pages = database.pragma('page_count', { simple: true }) as number;
      const used = (pages - freePages) * pageBytes;
      return used <= storeBytesMax ? 0 : used - storeBytesMax * (1 - slack);
    }
    if (diskFreeBytesMin === 0) return 0;
    const { bavail, bsize } = statfsSync(path);
    // Free pages are about to be given back.
    const free = bavail * bsize + freePages * pageBytes;
    return free >= diskFreeBytesMin ? 0 : diskFreeBytesMin * (1 + slack) - free;
  }

  #tenantBytes(): Map<string, number> {
    const bytes = new Map<string, number>();
    const rows = this.#context.database
      .prepare<[], { stream: number; bytes: number }>(
        'SELECT stream, sum(size + filter_size) AS bytes FROM block WHERE until IS NULL GROUP BY stream',
      )
      .all();
    for (const row of rows) {
      const tenant = this.#streams.get(row.stream)?.tenant ?? '';
      bytes.set(tenant, (bytes.get(tenant) ?? 0) + row.bytes);
    }
    return bytes;
  }

  async #deleteOldest(cause: 'size' | 'disk', toFree: Map<string, number>): Promise<number | undefined> {
    const { scan, builder, pause } = this.#context;
    let blocks = 0;
    let last: BlockRow | undefined;
    for (let page = scan.oldest(last, pageBlocks); page.length > 0; page = scan.oldest(last, pageBlocks)) {
      last = page.at(-1);
      const doomed = page.filter((block) => {
        const tenant = this.#streams.get(block.stream)?.tenant ?? '';
        const left = toFree.get(tenant) ?? 0;
        if (left <= 0) return false;
        toFree.set(tenant, left - block.size - block.filterSize);
        return true;
      });
      for (let from = 0; from < doomed.length; from += transactionBlocksMax) {
        const batch = doomed.slice(from, from + transactionBlocksMax);
        builder.deleteBlocks(batch);
        this.#count(cause, batch);
        blocks += batch.length;
        if (!(await pause())) return undefined;
      }
      if ([...toFree.values()].every((left) => left <= 0)) break;
    }
    return blocks;
  }

  async #deleteWhile(cause: keyof FreedBytes, next: () => readonly BlockRow[]): Promise<number | undefined> {
    const { builder, pause } = this.#context;
    let blocks = 0;
    for (let batch = next(); batch.length > 0; batch = next()) {
      builder.deleteBlocks(batch);
      this.#count(cause, batch);
      blocks += batch.length;
      if (!(await pause())) return undefined;
    }
    return blocks;
  }

  #count(cause: keyof FreedBytes, blocks: readonly BlockRow[]): void {
    for (const { size, filterSize } of blocks) this.freed[cause] += size + filterSize;
  }

  #learnStreams(): void {
    const { policy, builder } = this.#context;
    if (this.#streams.size > 2 * builder.table.totals.blocks + streamsPerStep) {
      this.#streams = new Map();
      this.#lastRow = 0;
    }
    for (;;) {
      const rows = this.#newStreams.all(this.#lastRow);
      for (const { row, id, tenant, labels } of rows) {
        this.#streams.set(id, { tenant, periodNs: policy.periodNs(tenant, decodeLabels(labels)) });
        this.#lastRow = row;
      }
      if (rows.length === 0) return;
    }
  }
}

/**
 * What each tenant gives up so that `excess` bytes go: the largest give down to a common level, those below it give
 * nothing.
 */
export function fairShares(bytes: ReadonlyMap<string, number>, excess: number): Map<string, number> {
  const sizes = [...bytes.values()].sort((a, b) => b - a);
  let sum = 0;
  let level = 0;
  for (const [index, size] of sizes.entries()) {
    sum += size;
    level = Math.max(0, (sum - excess) / (index + 1));
    if (level >= (sizes[index + 1] ?? 0)) break;
  }
  return new Map([...bytes].map(([tenant, size]) => [tenant, Math.max(0, size - level)]));
}

/** Gives pages that stay unused back to the file system, step by step, until `freeBytesKept` are left. */
export async function vacuumFreePages(
  { builder, database, pause }: Pick<RetentionContext, 'builder' | 'database' | 'pause'>,
  freeBytesKept: number,
): Promise<void> {
  const pageBytes = database.pragma('page_size', { simple: true }) as number;
  const kept = freeBytesKept / pageBytes;
  let free = database.pragma('freelist_count', { simple: true }) as number;
  while (free > kept) {
    builder.locked(() =>
      database.exec(`PRAGMA incremental_vacuum(${Math.min(vacuumBytes / pageBytes, free)})`),
    );
    failpoint('retention: between steps of the vacuum');
    const left = database.pragma('freelist_count', { simple: true }) as number;
    if (left >= free || !(await pause())) return;
    free = left;
  }
  // The file shrinks when the log is copied into it.
  checkpointLog(database);
}
