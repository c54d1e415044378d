// Merging entries of one stream from many sources into one order: ascending by time, equal times in order of the
// sources and of the entries in them, exact duplicates (time, line, metadata, level) once. Used for cutting blocks
// and for reading spans where blocks and segments overlap.
import { freeBytes } from '../../threads/free-memory.ts';
import type { BlockColumns } from './block.ts';
import { giveBackOrder, sortedOrder } from './entry-sort.ts';

/** Half-open; undefined bounds are open. */
export interface TimeClip {
  readonly startNs: bigint | undefined;
  readonly endNs: bigint | undefined;
}

/** From this many equal times on, duplicates are found by a set of keys instead of comparing each with each. */
const pairwiseTiesMax = 8;

/** Entries up to which the memory of a merge is kept for the next one: 4 MB, with what sorts them. */
export const entriesKeptMax = 98_304;

/** Reuses its memory: what a merge left is valid until the next, or until it gives it back. */
export class EntryMerge {
  count = 0;
  baseNs = 0n;
  /** Entry k of the merge has this offset to `baseNs`, and is entry `entry[k]` of source `source[k]`. */
  offsetsNs = new Float64Array(0);
  source = new Uint32Array(0);
  entry = new Uint32Array(0);
  /** Entries left out as duplicates. */
  duplicates = 0;
  #spareOffsets = new Float64Array(0);
  #spareSource = new Uint32Array(0);
  #spareEntry = new Uint32Array(0);

  /**
   * `baseNs` becomes the merge's base; each entry within the clip must lie at most 2^53 ns (104 days) from it, so
   * that its offset stays exact.
   * Duplicates are found only if the sources hold their bytes.
   */
  merge(sources: readonly BlockColumns[], baseNs: bigint, clip?: TimeClip): void {
    this.baseNs = baseNs;
    this.duplicates = 0;
    const total = sources.reduce((sum, source) => sum + source.count, 0);
    this.#reserve(total);
    const ascending = this.#gather(sources, clip);
    if (!ascending) this.#sort();
    this.#dropDuplicates(sources);
  }

  /** Lets go of the memory of a large merge, which a burst may have brought: 40 bytes an entry. */
  giveBack(): void {
    if (this.offsetsNs.length <= entriesKeptMax) return;
    for (const part of [this.offsetsNs, this.source, this.entry]) freeBytes(bytesOf(part));
    for (const part of [this.#spareOffsets, this.#spareSource, this.#spareEntry]) freeBytes(bytesOf(part));
    this.#allocate(0);
    giveBackOrder();
  }

  #reserve(entries: number): void {
    if (this.offsetsNs.length < entries) this.#allocate(Math.max(4096, Math.ceil(entries * 1.25)));
  }

  #allocate(capacity: number): void {
    this.offsetsNs = new Float64Array(capacity);
    this.source = new Uint32Array(capacity);
    this.entry = new Uint32Array(capacity);
    this.#spareOffsets = new Float64Array(capacity);
    this.#spareSource = new Uint32Array(capacity);
    this.#spareEntry = new Uint32Array(capacity);
  }

  #gather(sources: readonly BlockColumns[], clip: TimeClip | undefined): boolean {
    const { offsetsNs, source, entry } = this;
    let n = 0;
    let ascending = true;
    let last = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < sources.length; s++) {
      const columns = sources[s] as BlockColumns;
      const from = columns.offsetsNs;
      const low =
        clip?.startNs === undefined ? Number.NEGATIVE_INFINITY : Number(clip.startNs - columns.baseNs);
      const high = clip?.endNs === undefined ? Number.POSITIVE_INFINITY : Number(clip.endNs - columns.baseNs);
      const shift = Number(columns.baseNs - this.baseNs);
      for (let i = 0; i < columns.count; i++) {
        const offset = from[i] as number;
        if (offset < low || offset >= high) continue;
        const shifted = offset + shift;
        if (shifted < last) ascending = false;
        last = shifted;
        offsetsNs[n] = shifted;
        source[n] = s;
        entry[n] = i;
        n++;
      }
    }
    this.count = n;
    return ascending;
  }

  #sort(): void {
    const { offsetsNs, source, entry, count } = this;
    const order = sortedOrder(offsetsNs, count);
    const offsets = this.#spareOffsets;
    const sources = this.#spareSource;
    const entries = this.#spareEntry;
    for (let k = 0; k < count; k++) {
      const i = order[k] as number;
      offsets[k] = offsetsNs[i] as number;
      sources[k] = source[i] as number;
      entries[k] = entry[i] as number;
    }
    this.#spareOffsets = offsetsNs;
    this.#spareSource = source;
    this.#spareEntry = entry;
    this.offsetsNs = offsets;
    this.source = sources;
    this.entry = entries;
  }

  #dropDuplicates(sources: readonly BlockColumns[]): void {
    const { offsetsNs, source, entry, count } = this;
    let kept = 0;
    for (let k = 0; k < count; ) {
      let end = k + 1;
      while (end < count && offsetsNs[end] === offsetsNs[k]) end++;
      const runStart = kept;
      const ties = end - k;
      const seen = ties > pairwiseTiesMax ? new Set<string>() : undefined;
      for (; k < end; k++) {
        const columns = sources[source[k] as number] as BlockColumns;
        const i = entry[k] as number;
        if (ties > 1 && this.#isDuplicate(sources, columns, i, { runStart, kept, seen })) {
          this.duplicates++;
          continue;
        }
        if (kept !== k) {
          offsetsNs[kept] = offsetsNs[k] as number;
          source[kept] = source[k] as number;
          entry[kept] = i;
        }
        kept++;
      }
    }
    this.count = kept;
  }

  #isDuplicate(
    sources: readonly BlockColumns[],
    columns: BlockColumns,
    i: number,
    run: { readonly runStart: number; readonly kept: number; readonly seen: Set<string> | undefined },
  ): boolean {
    if (run.seen !== undefined) {
      const key = entryKey(columns, i);
      if (run.seen.has(key)) return true;
      run.seen.add(key);
      return false;
    }
    for (let j = run.runStart; j < run.kept; j++) {
      const other = sources[this.source[j] as number] as BlockColumns;
      if (equalEntries(columns, i, other, this.entry[j] as number)) return true;
    }
    return false;
  }
}

function entryKey(columns: BlockColumns, i: number): string {
  const line = asBuffer(columns.bytes).toString('latin1', columns.lineStarts[i], columns.lineEnds[i]);
  const metadata = asBuffer(columns.metadataBytes).toString(
    'latin1',
    columns.metadataStarts[i],
    columns.metadataEnds[i],
  );
  return `${columns.level[i]}:${line.length}:${line}${metadata}`;
}

function equalEntries(a: BlockColumns, i: number, b: BlockColumns, j: number): boolean {
  return (
    a.level[i] === b.level[j] &&
    equalRanges(
      a.bytes,
      a.lineStarts[i] as number,
      a.lineEnds[i] as number,
      b.bytes,
      b.lineStarts[j] as number,
      b.lineEnds[j] as number,
    ) &&
    equalRanges(
      a.metadataBytes,
      a.metadataStarts[i] as number,
      a.metadataEnds[i] as number,
      b.metadataBytes,
      b.metadataStarts[j] as number,
      b.metadataEnds[j] as number,
    )
  );
}

function equalRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  for (let k = 0; k < length; k++) if (a[aStart + k] !== b[bStart + k]) return false;
  return true;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
