// The entries of one push on their way from a decoder to the store: columns, reused from push to push.
import { type LevelCode, levelNone } from '../../model/entry.ts';
import type { LabelPair, Labels } from '../../model/labels.ts';
import { decodeMetadata } from '../../model/structured-metadata.ts';
import type { EntryColumns, StreamId } from '../../store/store.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { metadataBounds, noMetadataBounds } from '../limits/metadata-bounds.ts';
import { largestPush, type PushBounds } from '../limits/push-bounds.ts';
import { PushError } from '../limits/push-error.ts';
import { EntryMetadata } from './entry-metadata.ts';
import { decidedLevel, MetadataWriter, undecidedLevel } from './metadata-writer.ts';
import type { PushStream } from './push-stream.ts';

/** In `level`: neither labels nor metadata tell; the line decides. */
export const levelByLine = 255;

/** Columns are kept up to this many entries; a larger push gets its own, which become garbage after it. */
const entriesKeptMax = 262_144;
/** Streams that one push may bring up where a tenant's own number of streams is not bounded. */
const newStreamsMax = 100_000;
/** Streams above the tenant's number that keep a place of their own, to be named in the answer. */
const refusedNamedMax = 10;
const noBytes = Buffer.alloc(0);
/** In all columns of the thread: they share their streams, which remember the push that named them last. */
let pushesBegun = 0;

/** What columns hold, each with an ArrayBuffer to itself, to be sent to another thread. */
export interface PushColumnArrays {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly stream: Uint32Array<ArrayBuffer>;
  readonly seconds: Float64Array<ArrayBuffer>;
  readonly nanos: Uint32Array<ArrayBuffer>;
  readonly lineStart: Uint32Array<ArrayBuffer>;
  readonly lineEnd: Uint32Array<ArrayBuffer>;
  readonly level: Uint8Array<ArrayBuffer>;
  readonly item: Uint32Array<ArrayBuffer>;
  readonly metadataBytes: Uint8Array<ArrayBuffer>;
  readonly metadataStart: Uint32Array<ArrayBuffer>;
  readonly metadataEnd: Uint32Array<ArrayBuffer>;
}

export class PushColumns implements EntryColumns {
  bytes: Buffer = noBytes;
  count = 0;
  stream = new Uint32Array(0);
  seconds = new Float64Array(0);
  nanos = new Uint32Array(0);
  lineStart = new Uint32Array(0);
  lineEnd = new Uint32Array(0);
  level = new Uint8Array(0);
  /** Place of the entry among all that was sent, also of what never became an entry. */
  item = new Uint32Array(0);
  metadataStart = new Uint32Array(0);
  metadataEnd = new Uint32Array(0);
  /** Pairs, and bytes of names and values, without detected_level: what the limits count. */
  metadataPairs = new Uint32Array(0);
  metadataSizeBytes = new Uint32Array(0);
  /** Of the entry that is being read. */
  readonly entryMetadata = new EntryMetadata();
  readonly metadata: MetadataWriter;
  /** What `stream` counts; each stream once. */
  readonly targets: PushStream[] = [];
  /** The target that stands for all new streams beyond those a push may bring; -1 when there are none. */
  surplusTarget = -1;
  /** Ids of `targets`, filled by validation; 0 where nothing of the target is left. */
  streams: StreamId[] = [];
  #pushNumber = 0;
  #newStreams = 0;
  #items = 0;
  #newStreamsMax = newStreamsMax;
  /** As `surplusTarget`, for streams that are refused for their labels anyway. */
  #refusedTarget = -1;
  readonly #bounds: PushBounds;
  #streamsNamed = 0;
  #streamsNamedMax = Number.POSITIVE_INFINITY;

  constructor(bounds: PushBounds = largestPush) {
    this.#bounds = bounds;
    this.metadata = new MetadataWriter(this.entryMetadata, bounds.metadataBytesMax);
    this.#allocate(1024);
  }

  /** Columns of validated entries, from another thread; their targets are to be added. */
  static of(arrays: PushColumnArrays): PushColumns {
    const columns = new PushColumns();
    const { bytes, metadataBytes, ...others } = arrays;
    Object.assign(columns, others);
    columns.bytes = Buffer.from(bytes.buffer);
    columns.metadata.bytes = Buffer.from(metadataBytes.buffer);
    columns.metadata.end = metadataBytes.length;
    columns.count = arrays.stream.length;
    return columns;
  }

  /** Copies of what the entries need once they are validated. */
  arrays(): PushColumnArrays {
    const { count } = this;
    return {
      bytes: new Uint8Array(this.bytes),
      stream: this.stream.slice(0, count),
      seconds: this.seconds.slice(0, count),
      nanos: this.nanos.slice(0, count),
      lineStart: this.lineStart.slice(0, count),
      lineEnd: this.lineEnd.slice(0, count),
      level: this.level.slice(0, count),
      item: this.item.slice(0, count),
      metadataBytes: new Uint8Array(this.metadata.bytes.subarray(0, this.metadata.end)),
      metadataStart: this.metadataStart.slice(0, count),
      metadataEnd: this.metadataEnd.slice(0, count),
    };
  }

  get metadataBytes(): Uint8Array {
    return this.metadata.bytes;
  }

  /**
   * Begins a push whose lines are ranges of `bytes`, of a tenant with these limits; without them nothing is refused while
   * it is added.
   */
  reset(bytes: Buffer, limits?: IngestLimits): void {
    const streamsMax = limits?.maxGlobalStreamsPerUser ?? 0;
    if (this.stream.length > entriesKeptMax) this.#allocate(1024);
    this.bytes = bytes;
    this.count = 0;
    this.targets.length = 0;
    this.surplusTarget = -1;
    this.#refusedTarget = -1;
    this.#newStreams = 0;
    this.#items = 0;
    this.#streamsNamed = 0;
    const { streamPlaces, streamsNamedMax } = this.#bounds;
    this.#streamsNamedMax = limits === undefined ? Number.POSITIVE_INFINITY : streamsNamedMax;
    this.#newStreamsMax =
      streamPlaces * (streamsMax > 0 ? Math.min(streamsMax + refusedNamedMax, newStreamsMax) : newStreamsMax);
    this.#pushNumber = ++pushesBegun;
    this.streams = [];
    this.metadata.reset();
    this.entryMetadata.reset(
      limits === undefined ? noMetadataBounds : metadataBounds(limits, this.#bounds.metadataPairsMax),
    );
  }

  /** True: further streams that are not in the store share one place. */
  get isSaturated(): boolean {
    return this.#newStreams >= this.#newStreamsMax;
  }

  /**
   * The place of a stream in `targets`. A small body can name millions of streams: those that are not in the store
   * and cannot all be let in share one place, so that they need no memory. Throws PushError 413 beyond the bound of
   * streams named.
   */
  addStream(stream: PushStream): number {
    if (++this.#streamsNamed > this.#streamsNamedMax) throw tooMany(this.#streamsNamedMax, 'streams');
    if (stream.pushNumber === this.#pushNumber) return stream.pushTarget;
    if (stream.id === undefined) {
      if (this.isSaturated) return this.#shared(stream);
      this.#newStreams++;
    }
    return this.#addTarget(stream);
  }

  /** As `addStream` for a stream that was found without reading its labels: it is not named again. */
  addSameStream(stream: PushStream): number {
    return stream.pushNumber === this.#pushNumber ? stream.pushTarget : this.addStream(stream);
  }

  #addTarget(stream: PushStream): number {
    stream.pushNumber = this.#pushNumber;
    stream.pushTarget = this.targets.push(stream) - 1;
    return stream.pushTarget;
  }

  #shared(stream: PushStream): number {
    if (stream.refusal === undefined) {
      if (this.surplusTarget < 0) this.surplusTarget = this.#addTarget(stream);
      return this.surplusTarget;
    }
    if (this.#refusedTarget < 0) this.#refusedTarget = this.#addTarget(stream);
    return this.#refusedTarget;
  }

  /** Counts an item that becomes no entry. */
  skipItem(): void {
    this.#items++;
  }

  /**
   * Adds an entry with the metadata collected in `entryMetadata` since its `begin`, and with the `detected_level` that is
   * given apart from it. Throws PushError 413 beyond the bound of entries.
   */
  add(
    target: number,
    seconds: number,
    nanos: number,
    lineStart: number,
    lineEnd: number,
    discover: boolean,
    detectedLevel: LevelCode = levelNone,
  ): void {
    const at = this.count;
    if (at === this.stream.length) this.#grow();
    this.count++;
    const { metadata } = this;
    const said = (this.targets[target] as PushStream).level;
    const start = metadata.finish(detectedLevel === levelNone ? said : decidedLevel(detectedLevel), discover);
    this.stream[at] = target;
    this.item[at] = this.#items++;
    this.seconds[at] = seconds;
    this.nanos[at] = nanos;
    this.lineStart[at] = lineStart;
    this.lineEnd[at] = lineEnd;
    this.metadataStart[at] = start;
    this.metadataEnd[at] = metadata.end;
    this.metadataPairs[at] = metadata.pairs;
    this.metadataSizeBytes[at] = metadata.sizeBytes;
    const { level } = metadata;
    if (detectedLevel !== levelNone) this.level[at] = detectedLevel;
    else this.level[at] = level.decided ? level.code : discover ? levelByLine : 0;
  }

  /** As `add`, for an entry whose only metadata is its `detected_level`, one of Loki's words. */
  addLevelled(
    target: number,
    seconds: number,
    nanos: number,
    lineStart: number,
    lineEnd: number,
    level: LevelCode,
  ): void {
    const at = this.count;
    if (at === this.stream.length) this.#grow();
    this.count++;
    const { end } = this.metadata;
    this.stream[at] = target;
    this.item[at] = this.#items++;
    this.seconds[at] = seconds;
    this.nanos[at] = nanos;
    this.lineStart[at] = lineStart;
    this.lineEnd[at] = lineEnd;
    this.metadataStart[at] = end;
    this.metadataEnd[at] = end;
    this.metadataPairs[at] = 0;
    this.metadataSizeBytes[at] = 0;
    this.level[at] = level;
  }

  /** The metadata of entry `at`, with a detected_level that is no level's name; others are in `level`. */
  metadataOf(at: number): Labels {
    return decodeMetadata(this.metadata.bytes, this.metadataStart[at], this.metadataEnd[at]);
  }

  /** Gives entry `at` other metadata; its level stays. Of a repeated name the last value counts. */
  setMetadata(at: number, pairs: Iterable<LabelPair>): void {
    const { entryMetadata, metadata } = this;
    // What was written last is written over.
    if (this.metadataEnd[at] === metadata.end) metadata.end = this.metadataStart[at] as number;
    entryMetadata.begin();
    for (const [name, value] of pairs) entryMetadata.add(name, value);
    this.metadataStart[at] = metadata.finish(undecidedLevel, false);
    this.metadataEnd[at] = metadata.end;
    this.metadataPairs[at] = metadata.pairs;
    this.metadataSizeBytes[at] = metadata.sizeBytes;
  }

  /** Moves entry `from` to place `to` (`to <= from`). */
  move(from: number, to: number): void {
    this.stream[to] = this.stream[from] as number;
    this.seconds[to] = this.seconds[from] as number;
    this.nanos[to] = this.nanos[from] as number;
    this.lineStart[to] = this.lineStart[from] as number;
    this.lineEnd[to] = this.lineEnd[from] as number;
    this.level[to] = this.level[from] as number;
    this.item[to] = this.item[from] as number;
    this.metadataStart[to] = this.metadataStart[from] as number;
    this.metadataEnd[to] = this.metadataEnd[from] as number;
    this.metadataPairs[to] = this.metadataPairs[from] as number;
    this.metadataSizeBytes[to] = this.metadataSizeBytes[from] as number;
  }

  #allocate(capacity: number): void {
    this.stream = new Uint32Array(capacity);
    this.seconds = new Float64Array(capacity);
    this.nanos = new Uint32Array(capacity);
    this.lineStart = new Uint32Array(capacity);
    this.lineEnd = new Uint32Array(capacity);
    this.level = new Uint8Array(capacity);
    this.item = new Uint32Array(capacity);
    this.metadataStart = new Uint32Array(capacity);
    this.metadataEnd = new Uint32Array(capacity);
    this.metadataPairs = new Uint32Array(capacity);
    this.metadataSizeBytes = new Uint32Array(capacity);
  }

  #grow(): void {
    const { entriesMax } = this.#bounds;
    if (this.stream.length >= entriesMax) throw tooMany(entriesMax, 'entries');
    const { stream, seconds, nanos, lineStart, lineEnd, level, item } = this;
    const { metadataStart, metadataEnd, metadataPairs, metadataSizeBytes } = this;
    this.#allocate(stream.length * 2);
    this.stream.set(stream);
    this.seconds.set(seconds);
    this.nanos.set(nanos);
    this.lineStart.set(lineStart);
    this.lineEnd.set(lineEnd);
    this.level.set(level);
    this.item.set(item);
    this.metadataStart.set(metadataStart);
    this.metadataEnd.set(metadataEnd);
    this.metadataPairs.set(metadataPairs);
    this.metadataSizeBytes.set(metadataSizeBytes);
  }
}

const tooMany = (max: number, what: string): PushError =>
  new PushError(413, `request body too large: more than ${max} ${what} in one push`);
