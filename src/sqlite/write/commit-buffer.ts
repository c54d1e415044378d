// Where entries wait for the next commit, already in the form of slices.
import { type EntryColumns, entryPartBytesMax, type StreamId } from '../../store/store.ts';
import {
  align8,
  type SliceMemory,
  sliceBytesNeeded,
  sliceFlags,
  sliceHeaderBytes,
  sliceMemory,
  sliceSpanNsMax,
} from '../threads/segment.ts';

const initialBytes = 2 * 1024 * 1024;
/** Memory above this is given back after the commit that needed it. */
const keptBytesMax = 8 * 1024 * 1024;
const nsPerSecond = 1e9;

export class CommitBuffer {
  #memory: SliceMemory = sliceMemory(new ArrayBuffer(initialBytes));
  #used = 0;
  #rawBytes = 0;

  get usedBytes(): number {
    return this.#used;
  }
  /** Line bytes inside. */
  get rawBytes(): number {
    return this.#rawBytes;
  }
  /** The slices: a view, valid until the next append or clear. */
  slices(): Buffer {
    return this.#memory.bytes.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
    this.#rawBytes = 0;
    if (this.#memory.bytes.length > keptBytesMax) this.#memory = sliceMemory(new ArrayBuffer(initialBytes));
  }

  /**
   * Copies the entries: one slice for each run of one stream. Returns the ids of the streams, with repeats. Throws
   * RangeError, and then has copied nothing, when an entry is larger than a block can be or of a stream that is not
   * known. Streams without entries may have any id.
   */
  append(entries: EntryColumns, isKnown: (id: StreamId) => boolean = () => true): number[] {
    const order = groupedByStream(entries);
    const ids: number[] = [];
    const usedBefore = this.#used;
    const rawBefore = this.#rawBytes;
    try {
      this.#appendRuns(entries, order, ids, isKnown);
    } catch (error) {
      this.#used = usedBefore;
      this.#rawBytes = rawBefore;
      throw error;
    }
    return ids;
  }

  #appendRuns(
    entries: EntryColumns,
    order: Uint32Array | undefined,
    ids: number[],
    isKnown: (id: StreamId) => boolean,
  ): void {
    const { count, stream } = entries;
    for (let from = 0; from < count; ) {
      const local = stream[order === undefined ? from : (order[from] as number)] as number;
      const id = entries.streams[local];
      if (id === undefined)
        throw new RangeError(`entry of stream ${local}, but the push names ${entries.streams.length}`);
      if (!isKnown(id)) throw new RangeError(`no stream has id ${id}`);
      const to = this.#appendSlice({ entries, order, from, local, id });
      ids.push(id);
      from = to;
    }
  }

  /** Writes one slice and returns the end of its run. */
  #appendSlice(run: RunStart): number {
    const size = measureRun(run);
    const { lineBytes, metadataBytes } = size;
    const count = size.to - run.from;
    const bytes = sliceBytesNeeded({ count, lineBytes, metadataBytes });
    this.#reserve(bytes + Math.ceil(lineBytes * strayShare));
    const at = this.#used;
    const { u32, i64 } = this.#memory;
    const word = at >> 2;
    u32[word] = bytes;
    u32[word + 1] = run.id;
    u32[word + 2] = count;
    u32[word + 3] = (size.sorted ? sliceFlags.sorted : 0) | (metadataBytes > 0 ? sliceFlags.metadata : 0);
    i64[(at >> 3) + 2] = BigInt(size.minSecond) * 1_000_000_000n + BigInt(size.minNano);
    i64[(at >> 3) + 3] = BigInt(size.maxSecond) * 1_000_000_000n + BigInt(size.maxNano);
    u32[word + 8] = lineBytes;
    u32[word + 9] = metadataBytes;
    const end = this.#writeColumns(run, size);
    this.#memory.bytes.fill(0, end, at + bytes);
    this.#used += bytes;
    this.#rawBytes += lineBytes;
    return size.to;
  }

  /** What follows the slice's header. Returns where it ends. */
  #writeColumns(
    { entries, order, from }: RunStart,
    { to, minSecond, minNano, lineBytes, metadataBytes }: RunSize,
  ): number {
    const { seconds, nanos, lineStart, lineEnd, metadataStart, metadataEnd } = entries;
    const { bytes: out, u32, f64 } = this.#memory;
    const n = to - from;
    const at = this.#used + sliceHeaderBytes;
    const offsets = at >> 3;
    const lineOffsets = (at + 8 * n) >> 2;
    const metadataOffsets = lineOffsets + n + 1;
    const levels = at + 8 * n + 4 * (n + 1) + (metadataBytes > 0 ? 4 * (n + 1) : 0);
    const lines = levels + n;
    const metadata = lines + lineBytes;
    const together = order === undefined && this.#copyTogether(entries, { from, to, lineBytes, at: lines });
    let line = 0;
    let meta = 0;
    for (let k = 0; k < n; k++) {
      const i = order === undefined ? from + k : (order[from + k] as number);
      f64[offsets + k] =
        ((seconds[i] as number) - minSecond) * nsPerSecond + ((nanos[i] as number) - minNano);
      out[levels + k] = entries.level[i] as number;
      u32[lineOffsets + k] = line;
      const start = lineStart[i] as number;
      const end = lineEnd[i] as number;
      if (!together) copyBytes(entries.bytes, start, end, out, lines + line);
      line += end - start;
      if (metadataBytes > 0) {
        u32[metadataOffsets + k] = meta;
        const metaStart = metadataStart[i] as number;
        const metaEnd = metadataEnd[i] as number;
        copyBytes(entries.metadataBytes, metaStart, metaEnd, out, metadata + meta);
        meta += metaEnd - metaStart;
      }
    }
    u32[lineOffsets + n] = line;
    if (metadataBytes > 0) u32[metadataOffsets + n] = meta;
    return metadata + meta;
  }

  /**
   * Copies the lines as one piece, with what lies between them, and then moves them together: a view for each line
   * costs more than to copy it. False, with nothing copied, when they do not ascend or too much lies between.
   */
  #copyTogether(
    entries: EntryColumns,
    run: { readonly from: number; readonly to: number; readonly lineBytes: number; readonly at: number },
  ): boolean {
    const { lineStart, lineEnd } = entries;
    const { from, to, lineBytes, at } = run;
    const low = lineStart[from] as number;
    const span = (lineEnd[to - 1] as number) - low;
    if (to - from < togetherLinesMin || span > lineBytes * (1 + strayShare)) return false;
    for (let i = from + 1; i < to; i++)
      if ((lineStart[i] as number) < (lineEnd[i - 1] as number)) return false;
    const { bytes: out } = this.#memory;
    out.set(entries.bytes.subarray(low, low + span), at);
    const shift = at - low;
    let end = at;
    for (let i = from; i < to; i++) {
      const start = lineStart[i] as number;
      const stop = lineEnd[i] as number;
      if (start + shift !== end) out.copyWithin(end, start + shift, stop + shift);
      end += stop - start;
    }
    return true;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#memory.bytes.length) return;
    const grown = sliceMemory(new ArrayBuffer(align8(Math.max(needed, this.#memory.bytes.length * 2))));
    grown.bytes.set(this.slices());
    this.#memory = grown;
  }
}

/** A run of entries of one stream, from `from` (of the order, if there is one) on. */
interface RunStart {
  readonly entries: EntryColumns;
  readonly order: Uint32Array | undefined;
  readonly from: number;
  /** The stream's place in the push. */
  readonly local: number;
  readonly id: StreamId;
}

interface RunSize {
  readonly to: number;
  readonly minSecond: number;
  readonly minNano: number;
  readonly maxSecond: number;
  readonly maxNano: number;
  readonly lineBytes: number;
  readonly metadataBytes: number;
  readonly sorted: boolean;
}

/** Where the run ends, at the latest where its times would span too much for a slice. Throws RangeError for an entry too large. */
function measureRun({ entries, order, from, local }: RunStart): RunSize {
  const { stream, seconds, nanos, lineStart, lineEnd, metadataStart, metadataEnd } = entries;
  let minSecond = Number.POSITIVE_INFINITY;
  let minNano = 0;
  let maxSecond = Number.NEGATIVE_INFINITY;
  let maxNano = 0;
  let lineBytes = 0;
  let metadataBytes = 0;
  let to = from;
  let sorted = true;
  let lastSecond = Number.NEGATIVE_INFINITY;
  let lastNano = 0;
  for (; to < entries.count; to++) {
    const i = order === undefined ? to : (order[to] as number);
    if (stream[i] !== local) break;
    const second = seconds[i] as number;
    const nano = nanos[i] as number;
    const low = second < minSecond || (second === minSecond && nano < minNano);
    const high = second > maxSecond || (second === maxSecond && nano > maxNano);
    if (low || high) {
      const first = low ? second : minSecond;
      const last = high ? second : maxSecond;
      if ((last - first + 1) * nsPerSecond > sliceSpanNsMax && to > from) break;
      if (low) {
        minSecond = second;
        minNano = nano;
      }
      if (high) {
        maxSecond = second;
        maxNano = nano;
      }
    }
    if (second < lastSecond || (second === lastSecond && nano < lastNano)) sorted = false;
    lastSecond = second;
    lastNano = nano;
    const entryLineBytes = (lineEnd[i] as number) - (lineStart[i] as number);
    const entryMetadataBytes = (metadataEnd[i] as number) - (metadataStart[i] as number);
    if (entryLineBytes > entryPartBytesMax || entryMetadataBytes > entryPartBytesMax)
      throw new RangeError(
        `entry of ${entryLineBytes} and ${entryMetadataBytes} bytes, at most ${entryPartBytesMax} each`,
      );
    lineBytes += entryLineBytes;
    metadataBytes += entryMetadataBytes;
  }
  return { to, minSecond, minNano, maxSecond, maxNano, lineBytes, metadataBytes, sorted };
}

/** Bytes between lines, as a share of theirs, that are copied with them. */
const strayShare = 0.5;
/** Fewer lines are copied one by one. */
const togetherLinesMin = 4;
/** Below this length a loop is faster than making a view for `set`. */
const loopBytesMax = 24;

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > loopBytesMax) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start, j = at; i < end; i++, j++) to[j] = from[i] as number;
}

/** A stable order of the entries by stream, or undefined when they come in few runs as they are. */
function groupedByStream(entries: EntryColumns): Uint32Array | undefined {
  const { count, stream, streams } = entries;
  let runs = 0;
  for (let i = 0; i < count; i++) if (i === 0 || stream[i] !== stream[i - 1]) runs++;
  if (runs <= streams.length) return undefined;
  const next = new Uint32Array(streams.length + 1);
  for (let i = 0; i < count; i++) {
    const s = (stream[i] as number) + 1;
    next[s] = (next[s] as number) + 1;
  }
  for (let s = 1; s < next.length; s++) next[s] = (next[s] as number) + (next[s - 1] as number);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const s = stream[i] as number;
    const position = next[s] as number;
    order[position] = i;
    next[s] = position + 1;
  }
  return order;
}
