// Entries that wait for the same commit, as columns in order of arrival. The memory is shared: once committed, it is
// what tails read.
import { joinNs } from '../../model/time.ts';
import type { CommitReader, StreamEntries } from '../../store/commits.ts';
import type { EntryColumns, StreamId } from '../../store/store.ts';

/** Structured-cloneable, and no copy is made of it. Ranges point into `lines` and `metadata`. */
export interface CommittedEntries {
  readonly count: number;
  readonly stream: Uint32Array;
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly level: Uint8Array;
  readonly lines: Uint8Array;
  readonly lineEnd: Uint32Array;
  readonly metadata: Uint8Array;
  readonly metadataEnd: Uint32Array;
}

type Column = Uint8Array | Uint32Array | Float64Array;

const firstEntries = 256;
const firstBytes = 16 * 1024;
/** What an entry takes besides line and metadata. */
const entryBytes = 4 + 8 + 4 + 1 + 4 + 4;

const bytesOf = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
const wordsOf = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * length));
const numbersOf = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * length));

/** The column itself, or a larger one with the same values. */
function grown<T extends Column>(column: T, length: number, make: (length: number) => T): T {
  if (length <= column.length) return column;
  const larger = make(Math.max(length, 2 * column.length));
  larger.set(column as never);
  return larger;
}

export class EntryGroup implements CommittedEntries {
  count = 0;
  stream = wordsOf(firstEntries);
  seconds = numbersOf(firstEntries);
  nanos = wordsOf(firstEntries);
  level = bytesOf(firstEntries);
  lines = bytesOf(firstBytes);
  /** Where entry i's line ends; it begins where the one before ends. */
  lineEnd = wordsOf(firstEntries);
  metadata = bytesOf(firstBytes);
  metadataEnd = wordsOf(firstEntries);
  readonly streams = new Set<StreamId>();

  get usedBytes(): number {
    return this.count * entryBytes + this.#lineBytes + this.#metadataBytes;
  }

  get #lineBytes(): number {
    return this.count === 0 ? 0 : (this.lineEnd[this.count - 1] as number);
  }

  get #metadataBytes(): number {
    return this.count === 0 ? 0 : (this.metadataEnd[this.count - 1] as number);
  }

  /** Copies all entries. */
  append(entries: EntryColumns): void {
    const count = this.count + entries.count;
    let lineAt = this.#lineBytes;
    let metadataAt = this.#metadataBytes;
    this.#reserve(
      count,
      lineAt + sizeOf(entries.lineStart, entries.lineEnd, entries.count),
      metadataAt + sizeOf(entries.metadataStart, entries.metadataEnd, entries.count),
    );
    for (let i = 0; i < entries.count; i++) {
      const at = this.count + i;
      const stream = entries.streams[entries.stream[i] as number] as StreamId;
      this.streams.add(stream);
      this.stream[at] = stream;
      this.seconds[at] = entries.seconds[i] as number;
      this.nanos[at] = entries.nanos[i] as number;
      this.level[at] = entries.level[i] as number;
      lineAt = copy(
        entries.bytes,
        entries.lineStart[i] as number,
        entries.lineEnd[i] as number,
        this.lines,
        lineAt,
      );
      this.lineEnd[at] = lineAt;
      metadataAt = copy(
        entries.metadataBytes,
        entries.metadataStart[i] as number,
        entries.metadataEnd[i] as number,
        this.metadata,
        metadataAt,
      );
      this.metadataEnd[at] = metadataAt;
    }
    this.count = count;
  }

  #reserve(count: number, lineBytes: number, metadataBytes: number): void {
    this.stream = grown(this.stream, count, wordsOf);
    this.seconds = grown(this.seconds, count, numbersOf);
    this.nanos = grown(this.nanos, count, wordsOf);
    this.level = grown(this.level, count, bytesOf);
    this.lineEnd = grown(this.lineEnd, count, wordsOf);
    this.metadataEnd = grown(this.metadataEnd, count, wordsOf);
    this.lines = grown(this.lines, lineBytes, bytesOf);
    this.metadata = grown(this.metadata, metadataBytes, bytesOf);
  }
}

function sizeOf(starts: Uint32Array, ends: Uint32Array, count: number): number {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += (ends[i] as number) - (starts[i] as number);
  return bytes;
}

/** Returns where the copy ends. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end > start) to.set(from.subarray(start, end), at);
  return at + end - start;
}

/** What tails need of a group. `isStored`: by entry; undefined: all are. */
export function committedEntries(group: EntryGroup, isStored?: (entry: number) => boolean): CommittedEntries {
  const { stream, seconds, nanos, level, lines, lineEnd, metadata, metadataEnd, count } = group;
  if (isStored === undefined)
    return { count, stream, seconds, nanos, level, lines, lineEnd, metadata, metadataEnd };
  const kept = new EntryGroup();
  for (let i = 0; i < count; i++) if (isStored(i)) kept.append(oneEntry(group, i));
  return committedEntries(kept);
}

function oneEntry(group: EntryGroup, i: number): EntryColumns {
  const start = (ends: Uint32Array): number => (i === 0 ? 0 : (ends[i - 1] as number));
  return {
    bytes: group.lines,
    count: 1,
    stream: Uint32Array.of(0),
    seconds: group.seconds.slice(i, i + 1),
    nanos: group.nanos.slice(i, i + 1),
    lineStart: Uint32Array.of(start(group.lineEnd)),
    lineEnd: group.lineEnd.slice(i, i + 1),
    level: group.level.slice(i, i + 1),
    metadataBytes: group.metadata,
    metadataStart: Uint32Array.of(start(group.metadataEnd)),
    metadataEnd: group.metadataEnd.slice(i, i + 1),
    streams: [group.stream[i] as StreamId],
  };
}

/** For the threads of tails and ingest. */
export const committedEntriesReader: CommitReader = {
  streams(batch) {
    const { stream, count } = batch as CommittedEntries;
    const counts = new Map<StreamId, number>();
    for (let i = 0; i < count; i++) {
      const id = stream[i] as StreamId;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  },
  read(batch, visit) {
    const entries = batch as CommittedEntries;
    for (let from = 0; from < entries.count; ) {
      const to = runEnd(entries, from);
      if (!visit(entries.stream[from] as StreamId, runOf(entries, from, to))) break;
      from = to;
    }
    return true;
  },
};

/** Offsets of a run stay exact: some hundred days. */
const runSecondsMax = 9e6;

/** Where the run of entries of one stream, of times not too far apart, ends. */
function runEnd({ stream, seconds, count }: CommittedEntries, from: number): number {
  let to = from + 1;
  while (
    to < count &&
    stream[to] === stream[from] &&
    Math.abs((seconds[to] as number) - (seconds[from] as number)) < runSecondsMax
  )
    to++;
  return to;
}

function runOf(entries: CommittedEntries, from: number, to: number): StreamEntries {
  const { seconds, nanos, lines, lineEnd, metadata, metadataEnd } = entries;
  const baseSeconds = seconds[from] as number;
  const baseNanos = nanos[from] as number;
  const offsetsNs = new Float64Array(to - from);
  for (let i = from; i < to; i++)
    offsetsNs[i - from] = ((seconds[i] as number) - baseSeconds) * 1e9 + ((nanos[i] as number) - baseNanos);
  return {
    count: to - from,
    baseNs: joinNs(baseSeconds, baseNanos),
    offsetsNs,
    bytes: lines,
    lineStarts: startsOf(lineEnd, from, to),
    lineEnds: lineEnd.subarray(from, to),
    level: entries.level.subarray(from, to),
    metadataBytes: metadata,
    metadataStarts: startsOf(metadataEnd, from, to),
    metadataEnds: metadataEnd.subarray(from, to),
  };
}

function startsOf(ends: Uint32Array, from: number, to: number): Uint32Array {
  const starts = new Uint32Array(to - from);
  starts.set(ends.subarray(from, to - 1), 1);
  starts[0] = from === 0 ? 0 : (ends[from - 1] as number);
  return starts;
}
