// Snapshot reads: one reader in each query worker.
import type { Database, Statement } from 'better-sqlite3';
import type { Matcher } from '../../logql/ast.ts';
import { int64Min, maxNs, nsPerMs, type TimeRange } from '../../model/time.ts';
import { RetentionPolicy } from '../../store/retention-policy.ts';
import {
  type EntryBatch,
  type ScanCounters,
  type ScanPlan,
  type ScanRequest,
  type ScanUnit,
  type Snapshot,
  type StoreReader,
  type StreamInfo,
  UnitGoneError,
} from '../../store/store.ts';
import { openForReading } from '../format/open-database.ts';
import type { ReaderSettings } from '../main/settings.ts';
import { DamageReports } from '../threads/damage.ts';
import type { SegmentSnapshot } from '../threads/segment.ts';
import { ActiveDeletes } from './active-deletes.ts';
import { BlockCatalog } from './block-catalog.ts';
import { BlockCounts } from './block-counts.ts';
import { BlockFilters } from './block-filters.ts';
import { noHeads } from './block-heads.ts';
import { BlockQuery, type BlockSpan } from './block-query.ts';
import { DamagedBlocks } from './damaged-blocks.ts';
import { DayCounts } from './day-counts.ts';
import { GroupFilters } from './group-filters.ts';
import { type IndexedSegment, SegmentIndex } from './segment-index.ts';
import { type IndexedStream, StreamIndex } from './stream-index.ts';
import { StreamUnits, type UnitRequest } from './stream-units.ts';
import { PlannedUnits } from './unit-list.ts';
import type { SliceSource, Source } from './unit-plan.ts';
import { UnitScanner } from './unit-scan.ts';

/** What one read transaction saw: blocks of flushes up to `flushed` and these segments are all there is. */
interface View {
  /** The newest complete flush. */
  readonly flushed: number;
  /** Counts what else changes the visible blocks: deletions, marks of damage. */
  readonly changes: number;
  readonly segments: readonly IndexedSegment[];
}

/** What a plan saw: equal state and published bytes, equal plan. */
interface PlanToken {
  readonly nowNs: bigint;
  readonly state: string;
  /** Segment number, end of its published slices. */
  readonly published: readonly (readonly [number, number])[];
}

/** A flush may complete between two looks at the head; it cannot do so this often in a row. */
const viewAttemptsMax = 100;
/** From this share of all streams on, one sweep over `block` beats a query for each stream. */
const sweepShare = 0.25;
const sweepStreamsMin = 32;

export class SqliteStoreReader implements StoreReader {
  readonly #retention: RetentionPolicy;
  readonly #damage: DamageReports;
  readonly #damagedBlocks: DamagedBlocks;
  readonly #deletes: ActiveDeletes;
  readonly #units: StreamUnits;
  readonly #catalog: BlockCatalog;
  readonly #groupFilters: GroupFilters;
  readonly #database: Database;
  readonly #meta: Statement<[string], number>;
  readonly #removedThrough: Statement<[], bigint>;
  readonly #streams: StreamIndex;
  readonly #segments = new SegmentIndex();
  readonly #query: BlockQuery;
  readonly #scanner: UnitScanner;
  /** The time in both units: a search asks for many units in a millisecond. */
  #now = { ms: 0, ns: 0n };

  constructor(settings: ReaderSettings) {
    this.#retention = new RetentionPolicy(settings.retentionNs, settings.retentionRules);
    this.#damage = new DamageReports(settings.damageChannel);
    this.#database = openForReading(settings.path);
    this.#meta = this.#database.prepare<[string], number>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#removedThrough = this.#database
      .prepare<[], bigint>("SELECT value FROM meta WHERE key = 'removed_through'")
      .pluck()
      .safeIntegers();
    this.#streams = new StreamIndex(this.#database, this.#retention);
    this.#query = new BlockQuery(this.#database);
    this.#catalog = new BlockCatalog(
      this.#database,
      settings.sharesHeads ? settings.path : undefined,
      settings.headBytesMax,
    );
    this.#groupFilters = new GroupFilters(this.#database);
    const blocks = { counts: new BlockCounts(this.#database), query: this.#query, damage: this.#damage };
    this.#units = new StreamUnits(blocks.counts, new DayCounts(this.#database, blocks));
    this.#damagedBlocks = new DamagedBlocks(this.#database);
    this.#deletes = new ActiveDeletes(this.#database);
    const filters = new BlockFilters(this.#query, settings.filterMemory);
    this.#scanner = new UnitScanner(this.#query, filters, this.#damage);
  }

  streams(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): readonly StreamInfo[] {
    return this.#select(snapshot, tenant, matchers, range).map(({ id, labels }) => ({ id, labels }));
  }

  labelNames(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): readonly string[] {
    if (matchers.length === 0)
      return this.#view(snapshot as SegmentSnapshot, ({ segments }) =>
        this.#streams.names(tenant, entriesIn(range, segments)),
      );
    const names = new Set<string>();
    for (const { labels } of this.#select(snapshot, tenant, matchers, range))
      for (const [name] of labels) names.add(name);
    return [...names].sort();
  }

  labelValues(
    snapshot: Snapshot,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): readonly string[] {
    if (matchers.length === 0)
      return this.#view(snapshot as SegmentSnapshot, ({ segments }) =>
        this.#streams.values(tenant, name, entriesIn(range, segments)),
      );
    const values = new Set<string>();
    for (const { labels } of this.#select(snapshot, tenant, matchers, range))
      for (const [own, value] of labels) if (own === name) values.add(value);
    return [...values].sort();
  }

  plan(snapshot: Snapshot, request: ScanRequest, token?: unknown): ScanPlan<ScanUnit> {
    const { endNs } = request;
    const asked = token as PlanToken | undefined;
    const nowNs = asked?.nowNs ?? BigInt(Date.now()) * nsPerMs;
    const startNs = clippedStart(request.startNs, this.#retention.longestNs, nowNs);
    const withStatistics =
      !request.needLines && request.lineFilters.length === 0 && !request.ignoreStatistics;
    const { shortestNs } = this.#retention;
    const hiddenBeforeNs = shortestNs === 0n ? int64Min : nowNs - shortestNs;
    return this.#view(snapshot as SegmentSnapshot, (view) => {
      const { flushed, changes, segments } = view;
      const deletes = this.#deletes.refresh();
      const heads = this.#catalog.refresh(flushed);
      const seen: PlanToken = {
        nowNs,
        state: `${flushed} ${changes} ${deletes} ${heads?.state.grouped}`,
        published:
          asked?.published ?? segments.map(({ ref, publishedBytes }) => [ref.number, publishedBytes]),
      };
      if (asked !== undefined && asked.state !== seen.state)
        throw new UnitGoneError('the store has moved on');
      const published = new Map(seen.published);
      const streams = startNs < endNs ? this.#streams.select(request.tenant, request.matchers) : [];
      const blocksOf = heads === undefined ? this.#blocks(streams, { startNs, endNs, flushed }) : undefined;
      const mayPass = heads && this.#groupFilters.test(heads, this.#scanner.filterOf(request));
      this.#damagedBlocks.refresh(changes);
      let damagedBlocks = 0;
      const units = new PlannedUnits();
      const requests = new Map<number, UnitRequest>();
      for (const stream of streams) {
        const range = { startNs: clippedStart(startNs, stream.retentionNs, nowNs), endNs };
        damagedBlocks += this.#damagedBlocks.count(stream.id, range);
        const hasBlocks = overlaps(stream, range.startNs, endNs);
        const slices = slicesOf(stream.id, segments, published, range);
        if (!hasBlocks && slices.length === 0) continue;
        const hidden = this.#deletes.of(request.tenant, stream.labels);
        const sums = withStatistics && request.sums?.ofStream(stream.labels) ? request.sums : undefined;
        const info: StreamInfo = { id: stream.id, labels: stream.labels };
        const coarse =
          withStatistics && request.coarseStatistics && hidden === undefined
            ? { ...request.coarseStatistics, metadataMatters: request.needMetadata && sums === undefined }
            : undefined;
        const ofStream: UnitRequest = { stream: info, range, hidden, withStatistics, sums, coarse, mayPass };
        requests.set(stream.id, ofStream);
        if (heads !== undefined && hasBlocks) this.#units.fromHeads(heads, slices, ofStream, units);
        else
          this.#units.fromSources([...(blocksOf?.(stream.id, hasBlocks) ?? []), ...slices], ofStream, units);
      }
      const held = heads ?? noHeads();
      return {
        units: units.inOrder(request.direction, held, (block) =>
          this.#units.ofBlock(held, block, requests.get(held.streamOf(block)) as UnitRequest),
        ),
        blocksSkipped: units.skipped,
        token: seen,
        view: {
          removals: `${this.#damagedBlocks.digest} ${deletes}`,
          steadyFromNs: maxNs(hiddenBeforeNs, (this.#removedThrough.get() ?? int64Min - 1n) + 1n),
          damagedBlocks,
        },
      };
    });
  }

  scan(
    snapshot: Snapshot,
    unit: ScanUnit,
    request: ScanRequest,
    visit: (batch: EntryBatch) => boolean,
    counters: ScanCounters,
  ): void {
    const segment = (number: number): IndexedSegment | undefined =>
      this.#segments.find(snapshot as SegmentSnapshot, number);
    const { id, labels } = unit.stream;
    const retentionNs =
      this.#streams.stream(id)?.retentionNs ?? this.#retention.periodNs(request.tenant, labels);
    const startNs = clippedStart(request.startNs, retentionNs, this.#nowNs());
    this.#scanner.scan({ unit, request, startNs, segment, visit, counters });
  }

  /** All that follows sees one state of the file, until the reader is closed. */
  holdState(): void {
    this.#database.exec('BEGIN');
    this.#meta.get('flushed');
  }

  close(): void {
    this.#segments.close();
    this.#catalog.close();
    this.#damage.close();
    this.#database.close();
  }

  /** Runs `look` in a read transaction with the head that belongs to it. */
  #view<T>(snapshot: SegmentSnapshot, look: (view: View) => T): T {
    for (let attempt = 0; attempt < viewAttemptsMax; attempt++) {
      const result = this.#database.transaction(() => {
        const flushed = this.#meta.get('flushed') as number;
        const segments = this.#segments.unsealed(snapshot, this.#meta.get('flushed_through') as number);
        if (segments === undefined) return undefined;
        this.#streams.refresh();
        const changes = this.#meta.get('block_changes') ?? 0;
        return { value: look({ flushed, changes, segments }) };
      })();
      if (result !== undefined) return result.value;
    }
    throw new Error('the head of the store does not hold still');
  }

  #nowNs(): bigint {
    const ms = Date.now();
    if (ms !== this.#now.ms) this.#now = { ms, ns: BigInt(ms) * nsPerMs };
    return this.#now.ns;
  }

  #select(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): readonly IndexedStream[] {
    return this.#view(snapshot as SegmentSnapshot, ({ segments }) =>
      this.#streams.select(tenant, matchers).filter(entriesIn(range, segments)),
    );
  }

  /** Of a store that has too many blocks for the catalog. */
  #blocks(
    streams: readonly IndexedStream[],
    span: BlockSpan,
  ): (stream: number, hasBlocks: boolean) => readonly Source[] {
    const wanted = streams.reduce((n, stream) => n + (overlaps(stream, span.startNs, span.endNs) ? 1 : 0), 0);
    if (wanted < sweepStreamsMin || wanted < sweepShare * this.#streams.streamCount)
      return (stream, hasBlocks) => (hasBlocks ? this.#query.ofStream(stream, span) : []);
    const all = this.#query.ofAll(span);
    return (stream, hasBlocks) => (hasBlocks ? (all.get(stream) ?? []) : []);
  }
}

export function openReader(settings: ReaderSettings): SqliteStoreReader {
  return new SqliteStoreReader(settings);
}

/** Whether a stream may have entries in the range that retention leaves, in blocks or in segments. */
function entriesIn(
  range: TimeRange,
  segments: readonly IndexedSegment[],
): (stream: IndexedStream) => boolean {
  const nowNs = BigInt(Date.now()) * nsPerMs;
  return (stream) => {
    const startNs = clippedStart(range.startNs, stream.retentionNs, nowNs);
    return (
      overlaps(stream, startNs, range.endNs) ||
      segments.some(({ byStream }) =>
        byStream.get(stream.id)?.some(({ baseNs, lastNs }) => baseNs < range.endNs && lastNs >= startNs),
      )
    );
  };
}

/** The start of a range, or of what retention leaves if that is later. */
function clippedStart(startNs: bigint, retentionNs: bigint, nowNs: bigint): bigint {
  if (retentionNs === 0n) return startNs;
  return maxNs(startNs, nowNs - retentionNs);
}

const overlaps = ({ t0Ns, t1Ns }: IndexedStream, startNs: bigint, endNs: bigint): boolean =>
  t0Ns !== undefined && t1Ns !== undefined && t0Ns < endNs && t1Ns >= startNs;

function slicesOf(
  stream: number,
  segments: readonly IndexedSegment[],
  published: ReadonlyMap<number, number>,
  range: TimeRange,
): SliceSource[] {
  const sources: SliceSource[] = [];
  for (const { ref, byStream } of segments) {
    const slices = byStream.get(stream);
    if (slices === undefined) continue;
    const end = published.get(ref.number) ?? 0;
    for (const slice of slices) {
      if (slice.at >= end || slice.baseNs >= range.endNs || slice.lastNs < range.startNs) continue;
      const { count: n, lineBytes: raw, baseNs: t0, lastNs: t1 } = slice;
      sources.push({ kind: 'slice', t0, t1, n, raw, slice });
    }
  }
  return sources;
}
