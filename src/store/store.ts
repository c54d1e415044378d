// The contract of a store: all that the rest of the program knows of storage. Which kind of store it is, only the
// gateway knows. One suite of tests runs against every implementation.
//
// A store has four faces, each living in threads of its own:
//   StoreHost        main thread     opened, maintained, asked for its state (host.ts)
//   StoreWriter      ingest worker   the only one that accepts entries
//   StoreReader      query workers   snapshot reads
//   CommitReader     tail worker     what has just been committed (commits.ts)

import type { Matcher } from '../logql/ast.ts';
import type { LineFilterStage } from '../logql/stages/line-filter.ts';
import type { Labels } from '../model/labels.ts';
import { floorDiv, nsPerSecond, type TimeRange } from '../model/time.ts';
import type { LineFields } from '../pipeline/line-fields.ts';
import type { CommittedBatch } from './commits.ts';

/**
 * A stream as readers and writers name it: a small integer. Readers' ids are those of their snapshot; a writer's is
 * valid while the stream counts as active, and never means another stream.
 */
export type StreamId = number;

export interface StreamInfo {
  readonly id: StreamId;
  readonly labels: Labels;
}

// ---- writing ------------------------------------------------------------------------

/** A line is at most so long, and so is the encoded metadata of one entry: what is larger must not reach `append`. */
export const entryPartBytesMax = 8 * 1024 * 1024;

/**
 * Entries of one push as columns, in arrival order. Lines are not copied: they are ranges of `bytes`
 * (the decompressed body). `append` copies what it keeps before it returns its promise, so the caller
 * may reuse every buffer afterwards.
 */
export interface EntryColumns {
  /** Ranges below point into this. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Index into `streams`. */
  readonly stream: Uint32Array;
  /** Unix seconds (floored, exact) and nanoseconds 0..999,999,999. */
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly lineStart: Uint32Array;
  readonly lineEnd: Uint32Array;
  /** LevelCode of `detected_level` (model/entry.ts); 0 where none, or where the metadata holds it as text. */
  readonly level: Uint8Array;
  /** Encoded structured metadata (model/structured-metadata.ts): ranges of `metadataBytes`; empty range = none. */
  readonly metadataBytes: Uint8Array;
  readonly metadataStart: Uint32Array;
  readonly metadataEnd: Uint32Array;
  /** Streams named by `stream`. */
  readonly streams: readonly StreamId[];
}

/** A collector's position, committed in the same transaction as the lines before it. */
export interface Checkpoint {
  /** "docker", "journal", "files", … */
  readonly source: string;
  /** Container id, file identity, … */
  readonly key: string;
  /** Opaque to the store; empty text removes the checkpoint. */
  readonly state: string;
}

/** So many batches are known by their keys, the newest, and none for longer than {@link batchKeysKeptMs}. */
export const batchKeysMax = 100_000;
export const batchKeysKeptMs = 24 * 60 * 60 * 1000;

/** What is committed together with a batch of entries: all of it, or nothing. */
export interface BatchMarks {
  readonly checkpoints?: readonly Checkpoint[];
  /**
   * For senders that cannot know whether a batch was stored when its answer is lost: what comes again under the key of a
   * stored batch is not stored again, neither entries nor checkpoints. 1 to 64 characters, never used for another batch.
   */
  readonly key?: string;
}

export interface StreamChanges {
  readonly tenant: string;
  readonly created: number;
  readonly removed: number;
}

/** A label name has more values among a tenant's streams than is good, or has not any more. */
export interface LabelCardinality {
  readonly tenant: string;
  readonly name: string;
  /** More than this many values are too many. */
  readonly valuesMax: number;
  readonly isHigh: boolean;
}

export interface StreamOwner {
  readonly tenant: string;
  readonly labels: Labels;
}

/** Told by a writer, both before `append` resolves. */
export interface WriterEvents {
  /** The head has changed: to be handed to the main thread, to the host's `useHead`, on the port that carries the acknowledgements. */
  readonly onHead: (head: Snapshot) => void;
  /** Entries are durable and visible. Comes after `onHead`. */
  readonly onCommitted?: (batch: CommittedBatch) => void;
}

/** `settings`: what the host's `writerSettings` gave. Returns when entries of earlier runs are visible again. */
export type OpenWriter = (settings: unknown, events: WriterEvents) => StoreWriter;

export interface StoreWriter {
  /**
   * The id of this label set, new if need be. A new stream becomes durable with the first commit that
   * has an entry of it. From now on the stream counts as active: an entry is expected. Ask again from time to
   * time: a stream that is neither stored nor active is forgotten, and its id with it.
   */
  stream(tenant: string, labels: Labels): StreamId;
  /** Tenant and labels of a stream that {@link stream} named; undefined when it is forgotten. */
  streamOwner(id: StreamId): StreamOwner | undefined;
  /** True when the stream exists and counts as active. */
  isActive(tenant: string, labels: Labels): boolean;
  /** Number of streams of a tenant that were asked for or had an entry within the last `idleMs`. */
  activeStreams(tenant: string): number;
  /** Streams that became active, and that ceased to be, since the last call; tenants without either are left out. */
  streamChanges(): readonly StreamChanges[];
  /** Label names that became high in values, and that ceased to be, since the last call. */
  labelChanges(): readonly LabelCardinality[];
  /**
   * Queues entries and what goes with them for the next group commit. Resolves when they are durable (fsync) and
   * visible to every reader snapshot taken from then on; rejects with StoreFullError (disk full),
   * StoreClosingError or another error, and then none of them is stored. Exact duplicates are accepted and collapse on reading.
   */
  append(entries: EntryColumns, marks?: BatchMarks): Promise<void>;
  /** Bytes of entries not yet durable or not yet cut into blocks: the measure for admission control. */
  pendingBytes(): number;
  checkpoints(source: string): readonly Checkpoint[];
  /** Commits what is queued and closes. Blocks need not be built: the next start replays. */
  close(): Promise<void>;
}

/** No space left: nothing was stored, try later. HTTP 503. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}
/** The store closes: nothing was stored, it belongs to the gateway's next start. HTTP 503. */
export class StoreClosingError extends Error {
  override readonly name = 'StoreClosingError';
  constructor() {
    super('the store is closing');
  }
}
/** A part of the store cannot be reached: nothing is answered without it, try later. HTTP 503 with `message`. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
/** The store's file, or its tables, cannot be used; the message says what is wrong and what to do. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError';
}

// ---- reading ------------------------------------------------------------------------

/**
 * What a reader in another thread needs to see the unsealed head of the store: structured-cloneable, cheap
 * to post (shared memory). Taken on the main thread after the acknowledgements it must reflect.
 */
export type Snapshot = unknown;

export interface ScanRequest extends TimeRange {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  /** 'any': each unit will be scanned, so that the order is the store's to choose. */
  readonly direction: 'forward' | 'backward' | 'any';
  /** Line filters that come before any other stage; the scan selects only entries that pass all of them. */
  readonly lineFilters: readonly LineFilterStage[];
  /** False: the visitor will not touch line bytes (counts), so they are not read when no filter needs them. */
  readonly needLines: boolean;
  /**
   * The visitor only parses lines and looks at these fields: a line may be replaced by one in which a parser of the
   * format finds the same under these names, and no error where there was none.
   */
  readonly lineFields?: LineFields | undefined;
  /** False: structured metadata is not read. `detected_level` alone comes from the level column. */
  readonly needMetadata: boolean;
  /** True: units carry no precomputed counts but are always scanned. For tests and for stages that must see lines. */
  readonly ignoreStatistics?: boolean;
  /** Where sums are enough: a plan may have units that are nothing else. */
  readonly sums?: WantedSums;
  /** Rows of statistics may be of {@link coarseMinutes} minutes; such a unit cannot be scanned. */
  readonly coarseStatistics?: CoarseStatistics | undefined;
}

/** Its rows are those of the range, beyond which the unit may reach. */
export interface CoarseStatistics {
  /** Besides multiples of {@link coarseMinutes} minutes and the ends of the range: times after which others count apart. */
  readonly edgesNs: readonly bigint[];
}

/** A coarse row of statistics stands for the minutes up to its own, a multiple of this. */
export const coarseMinutes = 5;

/** Not structured-cloneable: each thread makes its own. */
export interface WantedSums {
  /** Whether the level and the metadata of this stream's entries do not matter. */
  ofStream(labels: Labels): boolean;
  /** Whether all times of a span, both ends included, count as one. What is true of a span is true of any inside it. */
  isOne(firstNs: bigint, lastNs: bigint): boolean;
}

/** Exact: no duplicates inside. */
export interface UnitSums {
  readonly entries: number;
  /** Line bytes, without structured metadata. */
  readonly lineBytes: number;
  readonly metadataBytes: number;
  /** Blocks, of which each has an entry. */
  readonly blocks: number;
}

/** A piece of work: all entries of one or of several streams inside one span of time. Units of a plan never share an entry. */
export type PlannedUnit = ScanUnit | FoldedUnit;

interface UnitBase {
  /** Bounds of the entries' times, both inclusive, not clipped to the request. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Entries and raw line bytes, before filters and duplicates: a cost estimate. */
  readonly entries: number;
  readonly rawBytes: number;
  /** Whether there are statistics, without decoding them. Damage may still show that there are none. */
  readonly counted: boolean;
  /** The implementation's own address of the data. */
  readonly address: unknown;
}

/** Entries of one stream: what a scan takes. Its blocks and unsealed segments may hold duplicates of each other. */
export interface ScanUnit extends UnitBase {
  readonly stream: StreamInfo;
  /**
   * Exact counts when they are known without opening data and the unit lies wholly inside the request. May be
   * decoded when asked for.
   */
  readonly statistics?: UnitStatistics | undefined;
  /** Of a unit that the request wants as one: it cannot be scanned. */
  readonly sums?: UnitSums | undefined;
}

/** Entries of several streams, which {@link StoreReader.unfold} fetches at once. */
export interface FoldedUnit extends UnitBase {
  readonly stream?: undefined;
  readonly tenant: string;
}

/**
 * Exact: no duplicates inside, no filter applied. One row per (minute, level) that occurs. Arrays may be longer than
 * there are rows, and are valid until another unit of the reader is asked for its statistics.
 */
export interface UnitStatistics {
  readonly rows: number;
  /**
   * Ascending. Row of minute m counts the entries with (m − 1)·60 s < time ≤ m·60 s (rounded UP, see
   * {@link statisticsMinute}), so that rows fall wholly inside metric windows, which are (t − range, t].
   */
  readonly minute: Float64Array;
  readonly level: Uint8Array;
  readonly entries: Float64Array;
  /** Line bytes, without structured metadata. */
  readonly lineBytes: Float64Array;
  readonly metadataBytes: Float64Array;
}

/** The row of {@link UnitStatistics} an entry belongs to: Unix minutes, rounded up. */
export const statisticsMinute = (timestampNs: bigint): number =>
  Number(-floorDiv(-timestampNs, 60n * nsPerSecond));

/** Units that may be made only when they are asked for: a scan needs few of very many. */
export interface UnitList<Unit extends PlannedUnit = PlannedUnit> extends Iterable<Unit> {
  readonly length: number;
  /** Undefined from `length` on. */
  at(index: number): Unit | undefined;
}

export interface ScanPlan<Unit extends PlannedUnit = PlannedUnit> {
  /** In scan order: by `lastNs` descending for backward, by `firstNs` ascending for forward. */
  readonly units: UnitList<Unit>;
  /** Blocks that have no unit because no entry of them can pass the line filters. */
  readonly blocksSkipped?: number;
  /** Makes another reader plan the same; structured-cloneable. */
  readonly token: unknown;
  readonly view: StoreView;
}

/** What besides added entries decides which entries a plan sees. */
export interface StoreView {
  /** Differs when visible entries have been taken away or given back by deletions or damage. */
  readonly removals: string;
  /** Retention has taken away no entry from this time on, and is not about to. */
  readonly steadyFromNs: bigint;
  /** Blocks of the streams and times asked for that are left out because they are known to be damaged. */
  readonly damagedBlocks: number;
}

/** Which times changed: answers over times that did not can be used again. */
export interface ChangeTimes {
  /** Counts additions that are visible. */
  readonly additions: bigint;
  /** A mark for {@link earliestSince}: take it before the snapshot it stands for. */
  mark(): bigint;
  /**
   * The earliest time of an entry added since the mark, and perhaps of some added shortly before; the largest time
   * when there is none. Undefined when the mark is too old to tell.
   */
  earliestSince(mark: bigint): bigint | undefined;
  /** The earliest time of an entry added within the last seconds: those to come will hardly be earlier. */
  readonly latelyFromNs: bigint;
}

/** A unit's data moved (compaction, retention) since the plan: plan again and start over. */
export class UnitGoneError extends Error {
  override readonly name = 'UnitGoneError';
}

/**
 * Entries of one unit, ascending by time; equal times in arrival order; duplicates already collapsed. Valid
 * only until the visitor returns: buffers are reused.
 */
export interface EntryBatch {
  readonly stream: StreamInfo;
  /** Number of entries in the columns (not of those selected). */
  readonly count: number;
  /** Entry i has time `baseNs + offsetsNs[i]`; offsets are exact integers. */
  readonly baseNs: bigint;
  readonly offsetsNs: Float64Array;
  /** Line i is `bytes[lineStarts[i], lineEnds[i])`, UTF-8 as received. Empty when not needed. */
  readonly bytes: Buffer;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly level: Uint8Array;
  /** Encoded structured metadata without `detected_level` when that is in `level`. */
  readonly metadataBytes: Uint8Array;
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
  /** Indices, ascending, of entries inside the time range that pass the line filters. */
  readonly selected: Uint32Array;
  readonly selectedCount: number;
}

export interface ScanCounters {
  /** Raw line and metadata bytes, and lines, that had to be looked at. */
  bytes: number;
  lines: number;
  blocksRead: number;
  blocksSkipped: number;
  /** Left out because they were found damaged just now; see also {@link StoreView}. */
  blocksDamaged?: number;
}

/** Of a store in this process the value itself: no turn of the event loop is spent on it. */
export type Awaitable<T> = T | Promise<T>;

/** Asynchronous wherever a network may stand between; a scan itself is not, so that its inner loop stays one. */
export interface StoreReader {
  /** Streams of a tenant that match and may have entries in the range (an over-estimate is allowed). */
  streams(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Awaitable<readonly StreamInfo[]>;
  /** Sorted, unique. Without matchers: of all streams. */
  labelNames(
    snapshot: Snapshot,
    tenant: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Awaitable<readonly string[]>;
  labelValues(
    snapshot: Snapshot,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Awaitable<readonly string[]>;
  /**
   * With the token of another reader's plan for the same snapshot and request: the same units in the same order.
   * Throws {@link UnitGoneError} when this reader no longer sees that state. `signal` stops it.
   */
  plan(snapshot: Snapshot, request: ScanRequest, token?: unknown, signal?: AbortSignal): Awaitable<ScanPlan>;
  /**
   * Fetches what a folded unit holds: its streams' units, in scan order, ready to be scanned by the same request. They
   * are read once and then let go. Only of readers that plan folded units.
   */
  unfold?(
    snapshot: Snapshot,
    unit: FoldedUnit,
    request: ScanRequest,
    signal: AbortSignal,
  ): Promise<readonly ScanUnit[]>;
  /**
   * Calls `visit` for each batch of a unit, in ascending order of time for forward, descending batches for
   * backward (inside a batch always ascending). `visit` returns false to stop. Synchronous: the caller checks
   * its abort flag in `visit`. Throws {@link UnitGoneError}.
   */
  scan(
    snapshot: Snapshot,
    unit: ScanUnit,
    request: ScanRequest,
    visit: (batch: EntryBatch) => boolean,
    counters: ScanCounters,
  ): void;
  close(): void;
}
