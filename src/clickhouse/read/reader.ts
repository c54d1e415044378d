// Reads for scans: one reader in each query worker. Plans are slices of time, fetched when their turn comes.
import type { Matcher } from '../../logql/ast.ts';
import { int64Max, int64Min, maxNs, minNs, nsPerMs, type TimeRange } from '../../model/time.ts';
import { RetentionPolicy } from '../../store/retention-policy.ts';
import { scanOrder } from '../../store/scan-order.ts';
import {
  type EntryBatch,
  type FoldedUnit,
  type ScanCounters,
  type ScanPlan,
  type ScanRequest,
  type ScanUnit,
  type Snapshot,
  type StoreReader,
  type StreamInfo,
  UnitGoneError,
} from '../../store/store.ts';
import { readEntries, selectedColumns, selectedOrder } from '../format/entry-rows.ts';
import { timeConditions } from '../format/time-units.ts';
import { Cluster } from '../server/cluster.ts';
import type { Shard } from '../server/shard.ts';
import { ofTenant } from '../server/statement.ts';
import type { ClickHouseSettings } from '../settings.ts';
import { ActiveDeletes, deleteRows } from './delete-rows.ts';
import { lineConditions } from './line-conditions.ts';
import { type FetchedEntries, scanEntries } from './scan-entries.ts';
import { type FoundStream, StreamDirectory } from './stream-directory.ts';
import { type CellGrid, readSums, summableCells, sumsStatement } from './summed-cells.ts';
import { mergedSlices, type TimeSlice, timeSlices } from './time-slices.ts';

/** For query workers: `workerData`, then `openReader(settings)` there. */
export type ReaderSettings = ClickHouseSettings;

/** A stream that a query means, from where on retention leaves it. */
interface ChosenStream extends FoundStream {
  readonly startNs: bigint;
}

interface ShardStreams {
  readonly shard: Shard;
  readonly byKey: ReadonlyMap<bigint, ChosenStream>;
  /** Conditions on `stream`: none when most rows are of these streams anyway. */
  readonly where: readonly string[];
}

/** Address of a folded unit. */
interface SliceAddress {
  readonly streams: ShardStreams;
  readonly deletes: ActiveDeletes;
  /** Of a unit that is summed where it is; else its entries are fetched. */
  readonly cells?: CellGrid;
}

/** Structured-cloneable: what another reader needs to plan the same. */
interface PlanToken {
  readonly nowNs: bigint;
  readonly removals: string;
  /** By shard, in the order of the scan. */
  readonly slices: readonly (readonly TimeSlice[])[];
  /** Undefined: `slices`. */
  readonly cells: readonly CellGrid[] | undefined;
}

/** Streams that a statement names one by one; of more the rows are sorted out here. */
const streamsNamedMax = 3000;

export class ClickHouseReader implements StoreReader {
  readonly #settings: ReaderSettings;
  readonly #cluster: Cluster;
  readonly #retention: RetentionPolicy;
  readonly #directory: StreamDirectory;

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
    this.#cluster = new Cluster(settings);
    this.#retention = new RetentionPolicy(settings.retentionNs, settings.retentionRules);
    this.#directory = new StreamDirectory(this.#cluster, settings.database);
  }

  async streams(
    _snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Promise<readonly StreamInfo[]> {
    const shards = await this.#choose({ tenant, matchers, ...range }, nowNs());
    return shards.flatMap(({ byKey }) => [...byKey.values()].map(({ info }) => info));
  }

  async labelNames(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const { labels } of await this.streams(snapshot, tenant, matchers, range))
      for (const [name] of labels) names.add(name);
    return [...names].sort();
  }

  async labelValues(
    snapshot: Snapshot,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Promise<readonly string[]> {
    const values = new Set<string>();
    for (const { labels } of await this.streams(snapshot, tenant, matchers, range))
      for (const [own, value] of labels) if (own === name) values.add(value);
    return [...values].sort();
  }

  async plan(
    _snapshot: Snapshot,
    request: ScanRequest,
    token?: unknown,
    signal?: AbortSignal,
  ): Promise<ScanPlan> {
    const { database } = this.#settings;
    const asked = token as PlanToken | undefined;
    const now = asked?.nowNs ?? nowNs();
    const [rows, shards] = await Promise.all([
      deleteRows(this.#cluster, database, request.tenant, signal),
      this.#choose(request, now, signal),
    ]);
    const deletes = new ActiveDeletes(rows);
    if (asked !== undefined && asked.removals !== deletes.digest)
      throw new UnitGoneError('other entries are deleted now');
    const summable = deletes.digest === '' ? summableCells(shards, request) : undefined;
    if (asked?.cells !== undefined && summable === undefined)
      throw new UnitGoneError('there are streams now whose entries have to be looked at');
    const cells = asked === undefined ? summable : asked.cells;
    const slices =
      asked?.slices ??
      (cells !== undefined
        ? []
        : await Promise.all(shards.map((streams) => this.#slices(streams, request, signal))));
    const sums = shards.flatMap((streams) =>
      (cells ?? []).map((part): FoldedUnit => {
        const { firstNs, lastNs } = part;
        const address: SliceAddress = { streams, deletes, cells: part };
        return { tenant: request.tenant, firstNs, lastNs, entries: 0, rawBytes: 0, counted: true, address };
      }),
    );
    const fetched = shards.flatMap((streams, index) =>
      (slices[index] ?? []).map((slice): FoldedUnit => {
        const { firstNs, lastNs, entries, lineBytes: rawBytes } = slice;
        const address: SliceAddress = { streams, deletes };
        return { tenant: request.tenant, firstNs, lastNs, entries, rawBytes, counted: false, address };
      }),
    );
    const { shortestNs } = this.#retention;
    return {
      units: [...sums, ...fetched].sort(orderOf(request)),
      token: { nowNs: now, removals: deletes.digest, slices, cells } satisfies PlanToken,
      view: {
        removals: deletes.digest,
        steadyFromNs: shortestNs === 0n ? int64Min : now - shortestNs,
        damagedBlocks: 0,
      },
    };
  }

  async unfold(
    _snapshot: Snapshot,
    unit: FoldedUnit,
    request: ScanRequest,
    signal: AbortSignal,
  ): Promise<readonly ScanUnit[]> {
    const { streams, deletes, cells } = unit.address as SliceAddress;
    if (cells !== undefined) return this.#sums(streams, cells, request, signal);
    const firstNs = maxNs(unit.firstNs, request.startNs);
    const lastNs = minNs(unit.lastNs, request.endNs - 1n);
    if (firstNs > lastNs) return [];
    const { shard, byKey, where } = streams;
    const wish = {
      lines: request.needLines || request.lineFilters.length > 0 || deletes.digest !== '',
      metadata: request.needMetadata || deletes.digest !== '',
    };
    const answer = await shard.query(
      ofTenant(
        { database: this.#settings.database, tenant: unit.tenant },
        {
          select: selectedColumns(wish),
          from: 'entry',
          where: [...timeConditions(firstNs, lastNs), ...where, ...lineConditions(request.lineFilters)],
          tail: selectedOrder,
          format: 'RowBinary',
        },
      ),
      signal,
    );
    const units = readEntries(answer, wish).flatMap((entries): readonly ScanUnit[] => {
      const stream = byKey.get(entries.stream);
      if (stream === undefined) return [];
      const { info, startNs } = stream;
      const address: FetchedEntries = { entries, startNs, hidden: deletes.of(info.labels) };
      return [
        {
          stream: info,
          firstNs: entries.baseNs,
          lastNs: entries.lastNs,
          entries: entries.count,
          rawBytes: entries.lineBytes,
          counted: false,
          address,
        },
      ];
    });
    return units.sort(orderOf(request));
  }

  scan(
    _snapshot: Snapshot,
    unit: ScanUnit,
    request: ScanRequest,
    visit: (batch: EntryBatch) => boolean,
    counters: ScanCounters,
  ): void {
    scanEntries(unit.stream, unit.address as FetchedEntries, request, visit, counters);
  }

  close(): void {
    void this.#cluster.close();
  }

  async #sums(
    { shard, byKey, where }: ShardStreams,
    cells: CellGrid,
    { tenant, needMetadata }: ScanRequest,
    signal: AbortSignal,
  ): Promise<readonly ScanUnit[]> {
    if (byKey.size === 0) return [];
    const { database } = this.#settings;
    const statement = sumsStatement({ database, tenant }, cells, { where, metadata: needMetadata });
    return readSums(await shard.query(statement, signal), cells, (key) => byKey.get(key)?.info);
  }

  /** By shard: the streams that a request means, without those whose entries in its range are all too old. */
  async #choose(
    { tenant, matchers, startNs, endNs }: Pick<ScanRequest, 'tenant' | 'matchers' | 'startNs' | 'endNs'>,
    now: bigint,
    signal?: AbortSignal,
  ): Promise<readonly ShardStreams[]> {
    const { longestNs } = this.#retention;
    const firstNs = maxNs(longestNs === 0n ? startNs : maxNs(startNs, now - longestNs), int64Min);
    const lastNs = minNs(endNs - 1n, int64Max);
    if (firstNs > lastNs) return [];
    const found = await this.#directory.find({ tenant, matchers, firstNs, lastNs }, signal);
    return found.map((streams, index) => {
      const chosen = streams.flatMap((stream): readonly ChosenStream[] => {
        const periodNs = this.#retention.periodNs(tenant, stream.info.labels);
        const ownStartNs = periodNs === 0n ? firstNs : maxNs(firstNs, now - periodNs);
        return stream.lastNs < ownStartNs ? [] : [{ ...stream, startNs: ownStartNs }];
      });
      const keys = chosen.map(({ key }) => key);
      return {
        shard: this.#cluster.shards[index] as Shard,
        byKey: new Map(chosen.map((stream) => [stream.key, stream])),
        where:
          matchers.length === 0 || keys.length > streamsNamedMax ? [] : [`stream IN (${keys.join(', ')})`],
      };
    });
  }

  async #slices(
    { shard, byKey, where }: ShardStreams,
    { tenant, startNs, endNs, direction }: ScanRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly TimeSlice[]> {
    if (byKey.size === 0) return [];
    let firstNs = int64Max;
    let lastNs = int64Min;
    for (const stream of byKey.values()) {
      firstNs = minNs(firstNs, maxNs(stream.firstNs, stream.startNs));
      lastNs = maxNs(lastNs, stream.lastNs);
    }
    firstNs = maxNs(firstNs, startNs);
    lastNs = minNs(lastNs, endNs - 1n);
    if (firstNs > lastNs) return [];
    const { database } = this.#settings;
    const slices = await timeSlices(
      shard,
      { database, tenant, firstNs, lastNs, where },
      this.#settings,
      signal,
    );
    return mergedSlices(slices, direction, this.#settings);
  }
}

/** Where any order will do, the one of most questions. */
const orderOf = ({ direction }: ScanRequest) => scanOrder(direction === 'any' ? 'backward' : direction);

const nowNs = (): bigint => BigInt(Date.now()) * nsPerMs;

export function openReader(settings: ReaderSettings): ClickHouseReader {
  return new ClickHouseReader(settings);
}
