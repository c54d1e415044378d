// Removing what deletions have hidden: blocks with such entries are rewritten without them, a few at a time.
import type { Database } from 'better-sqlite3';
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseLogQuery } from '../../logql/parser.ts';
import type { Labels } from '../../model/labels.ts';
import { type HiddenSpan, HiddenTest } from '../../store/hidden-entries.ts';
import type { TenantDeletes } from '../../store/statistics.ts';
import { deleteStatus } from '../../store/stored-deletes.ts';
import { boundedLabel, tenantLabelsMax } from '../../telemetry/bounded-label.ts';
import { CorruptBlockError } from '../format/block.ts';
import type { BlockRow } from '../format/block-table.ts';
import type { DeleteRow, DeleteTable } from '../format/delete-table.ts';
import { encodeBlock } from '../format/encode.ts';
import { rowFlags } from '../format/schema.ts';
import { failpoint } from '../threads/failpoint.ts';
import { decodeLabels } from '../write/stream-registry.ts';
import { BlockReader, type StoredColumns } from './block-reader.ts';
import type { BlockScan } from './block-scan.ts';
import type { Builder, NewBlock } from './builder.ts';
import { compacted } from './compaction.ts';

/** One step rewrites at most this many blocks and raw bytes, and is one transaction. */
const stepBlocksMax = 16;
const stepRawBytesMax = 1024 * 1024;

export interface DeleteContext {
  readonly database: Database;
  readonly builder: Builder;
  readonly table: DeleteTable;
  readonly scan: BlockScan;
  /** Runs work between flushes; rejects when the store closes. */
  readonly inTurn: <T>(work: () => T) => Promise<T>;
  /** Everything committed is in blocks when it resolves; false when there is no writer to ask. */
  readonly flushAll: () => Promise<boolean>;
  readonly onDamage: (block: BlockRow, error: Error) => void;
  readonly onWrongColumns: () => void;
}

interface Found extends BlockRow {
  readonly labels: Labels;
}

/** Bytes that left the data. */
export class DeleteRunner {
  readonly #context: DeleteContext;
  readonly #reader: BlockReader;
  readonly #hidden = new HiddenTest();
  readonly #byTenant = new Map<string, TenantDeletes>();
  readonly #tenantLabel = boundedLabel(tenantLabelsMax);
  freedBytes = 0;

  constructor(context: DeleteContext) {
    this.#context = context;
    this.#reader = new BlockReader(context.builder.table);
  }

  get byTenant(): readonly TenantDeletes[] {
    return [...this.#byTenant.values()];
  }

  #totalsOf(tenant: string): TenantDeletes {
    const label = this.#tenantLabel(tenant);
    const totals = this.#byTenant.get(label) ?? { tenant: label, processed: 0, deletedEntries: 0 };
    this.#byTenant.set(label, totals);
    return totals;
  }

  /** Removes the entries of one request from the data. False: it has to be tried again later. */
  async run(request: DeleteRow): Promise<boolean> {
    const { builder, table, scan, inTurn, flushAll } = this.#context;
    const progress = { done: request.done, total: request.total, deleted: request.deleted };
    const store = (status: number): void => table.progress(request, { status, ...progress });
    await inTurn(() => {
      if (this.#isCancelled(request)) return;
      builder.transaction(() => store(deleteStatus.processing));
    });
    if (!(await flushAll())) return false;
    const streams = await inTurn(() => this.#streams(request));
    const span: HiddenSpan = { query: request.query, firstNs: request.first, lastNs: request.last };
    // Flushes may take blocks in again meanwhile: what they wrote since is looked at once more, until there is nothing.
    for (let fromId = 0; ; ) {
      const { blocks, nextId } = await inTurn(() => {
        const found: Found[] = [];
        for (const { id, labels } of streams)
          for (const block of scan.ofStream(id, span.firstNs, span.lastNs, fromId))
            found.push({ ...block, labels });
        if (found.length === 0 && !this.#isCancelled(request)) {
          builder.transaction(() => store(deleteStatus.processed));
          this.#totalsOf(request.tenant).processed++;
        }
        return { blocks: found, nextId: builder.nextBlock };
      });
      if (blocks.length === 0) return true;
      if (fromId === 0) progress.done = 0;
      fromId = nextId;
      progress.total = Math.max(progress.total, progress.done + blocks.length);
      for (const step of steps(blocks)) {
        const isCancelled = await inTurn(() => {
          if (this.#isCancelled(request)) return true;
          failpoint('delete: before a rewrite');
          this.#rewrite(step, span, (entries) => {
            progress.done += step.length;
            progress.deleted += entries;
            this.#totalsOf(request.tenant).deletedEntries += entries;
            store(deleteStatus.processing);
          });
          failpoint('delete: between rewrites');
          return false;
        });
        if (isCancelled) return true;
      }
    }
  }

  #isCancelled({ tenant, id }: DeleteRow): boolean {
    return this.#context.table.find(tenant, id) === undefined;
  }

  #streams({ tenant, query }: DeleteRow): readonly { readonly id: number; readonly labels: Labels }[] {
    const matchers = compileMatchers(parseLogQuery(query).matchers);
    return this.#context.database
      .prepare<[string], { id: number; labels: string }>('SELECT id, labels FROM stream WHERE tenant = ?')
      .all(tenant)
      .map(({ id, labels }) => ({ id, labels: decodeLabels(labels) }))
      .filter(({ labels }) => matchesLabels(matchers, labels));
  }

  #rewrite(blocks: readonly Found[], span: HiddenSpan, also: (entries: number) => void): void {
    const { builder, onDamage, onWrongColumns } = this.#context;
    const retired: BlockRow[] = [];
    const added: NewBlock[] = [];
    let entries = 0;
    let freedBytes = 0;
    for (const block of blocks) {
      // A flush may have taken it in, and retention may have taken it, since it was found.
      if (!builder.table.isVisible(block)) continue;
      try {
        const columns = this.#reader.read(block, 0);
        const kept = keptEntries(columns, this.#hidden.of([span], block.labels, columns));
        if (kept.count === columns.count) continue;
        entries += columns.count - kept.count;
        retired.push(block);
        freedBytes += block.size + block.filterSize;
        if (kept.count === 0) continue;
        const recompressed = (block.flags & rowFlags.recompressed) !== 0;
        const encoded = encodeBlock(kept, recompressed ? compacted(onWrongColumns) : {});
        freedBytes -= encoded.ts.length + encoded.meta.length + encoded.lines.length + encoded.filter.length;
        added.push({ stream: block.stream, block: encoded, recompressed });
      } catch (error) {
        if (!(error instanceof CorruptBlockError)) throw error;
        onDamage(block, error);
      }
    }
    builder.replace({
      retired,
      added,
      also: () => {
        failpoint('delete: inside a rewrite');
        also(entries);
      },
    });
    this.freedBytes += freedBytes;
  }
}

function* steps(blocks: readonly Found[]): Generator<readonly Found[]> {
  let step: Found[] = [];
  let raw = 0;
  for (const block of blocks) {
    step.push(block);
    raw += block.raw;
    if (step.length < stepBlocksMax && raw < stepRawBytesMax) continue;
    yield step;
    step = [];
    raw = 0;
  }
  if (step.length > 0) yield step;
}

function keptEntries(columns: StoredColumns, isHidden: (i: number) => boolean): StoredColumns {
  const kept: number[] = [];
  for (let i = 0; i < columns.count; i++) if (!isHidden(i)) kept.push(i);
  if (kept.length === columns.count) return columns;
  const pick = <T extends Uint32Array | Uint8Array>(from: T, to: T): T => {
    for (let k = 0; k < kept.length; k++) to[k] = from[kept[k] as number] as number;
    return to;
  };
  const count = kept.length;
  return {
    count,
    baseNs: columns.baseNs,
    offsetsNs: Float64Array.from(kept, (i) => columns.offsetsNs[i] as number),
    bytes: columns.bytes,
    lineStarts: pick(columns.lineStarts, new Uint32Array(count)),
    lineEnds: pick(columns.lineEnds, new Uint32Array(count)),
    level: pick(columns.level, new Uint8Array(count)),
    metadataBytes: columns.metadataBytes,
    metadataStarts: pick(columns.metadataStarts, new Uint32Array(count)),
    metadataEnds: pick(columns.metadataEnds, new Uint32Array(count)),
  };
}
