// Entries of a unit that has several sources: brought into one private memory, then merged.
import { type ScanCounters, UnitGoneError } from '../../store/store.ts';
import { type BlockColumns, blockFlags } from '../format/block.ts';
import type { BlockDecoder } from '../format/decode.ts';
import { EntryMerge } from '../format/entry-merge.ts';
import { type DamageReports, withoutDamage } from '../threads/damage.ts';
import { align8, type SliceMemory, sliceColumns, sliceMemory, zeros } from '../threads/segment.ts';
import type { BlockQuery } from './block-query.ts';
import type { ScanBatch } from './scan-batch.ts';
import type { IndexedSegment } from './segment-index.ts';
import type { UnitAddress } from './unit-address.ts';

const keptBytesMax = 16 * 1024 * 1024;
const initialBytes = 512 * 1024;

interface Loaded {
  readonly columns: BlockColumns;
  /** Where the columns' `bytes` and `metadataBytes` start in the memory. */
  readonly bytesAt: number;
  readonly metadataAt: number;
}

export class MergedSource {
  readonly #merge = new EntryMerge();
  #memory: SliceMemory = sliceMemory(new ArrayBuffer(initialBytes));
  #lineStarts = new Uint32Array(0);
  #lineEnds = new Uint32Array(0);
  #metadataStarts = new Uint32Array(0);
  #metadataEnds = new Uint32Array(0);
  #level = new Uint8Array(0);

  /**
   * Fills the batch with all entries of the unit; the batch's memory is this object's until the next load. Throws
   * UnitGoneError.
   */
  load(
    address: UnitAddress,
    options: {
      readonly query: BlockQuery;
      readonly decoder: BlockDecoder;
      readonly damage: DamageReports;
      readonly counters: ScanCounters;
      readonly segment: (number: number) => IndexedSegment | undefined;
      readonly baseNs: bigint;
    },
    batch: ScanBatch,
  ): void {
    const parts = address.blocks.flatMap((block) => readSound(block, options));
    const slicesBytes = address.slices.reduce((sum, { bytes }) => sum + bytes, 0);
    const blockBytes = parts.reduce(
      (sum, part) => sum + align8(part.bytes.length + part.metadataBytes.length),
      0,
    );
    this.#reserve(slicesBytes + blockBytes);
    const loaded: Loaded[] = [];
    let at = slicesBytes;
    for (const columns of parts) {
      this.#memory.bytes.set(columns.bytes, at);
      const metadataAt = at + columns.bytes.length;
      this.#memory.bytes.set(columns.metadataBytes, metadataAt);
      loaded.push({ columns, bytesAt: at, metadataAt });
      at += align8(columns.bytes.length + columns.metadataBytes.length);
    }
    this.#copySlices(address, options.segment);
    let sliceAt = 0;
    for (const { bytes } of address.slices) {
      const columns = sliceColumns(this.#memory, sliceAt);
      const { byteOffset } = this.#memory.bytes;
      loaded.push({
        columns,
        bytesAt: columns.bytes.byteOffset - byteOffset,
        metadataAt: columns.metadataBytes.byteOffset - byteOffset,
      });
      sliceAt += bytes;
    }
    this.#merge.merge(
      loaded.map(({ columns }) => columns),
      options.baseNs,
      address.window,
    );
    this.#fill(loaded, batch);
  }

  /** All slices are copied before any is read, and are whole if their segments were alive afterwards. */
  #copySlices(address: UnitAddress, find: (number: number) => IndexedSegment | undefined): void {
    const segments = new Set<IndexedSegment>();
    let to = 0;
    for (const { segment: number, at, bytes } of address.slices) {
      const segment = find(number);
      if (segment === undefined) throw new UnitGoneError(`segment ${number} is gone`);
      segments.add(segment);
      this.#memory.bytes.set(segment.memory.bytes.subarray(at, at + bytes), to);
      to += bytes;
    }
    for (const segment of segments)
      if (!segment.isAlive()) throw new UnitGoneError(`segment ${segment.ref.number} is gone`);
  }

  #fill(loaded: readonly Loaded[], batch: ScanBatch): void {
    const { count, source, entry, offsetsNs, baseNs } = this.#merge;
    this.#reserveRanges(count);
    const lineStarts = this.#lineStarts;
    const lineEnds = this.#lineEnds;
    const metadataStarts = this.#metadataStarts;
    const metadataEnds = this.#metadataEnds;
    const level = this.#level;
    for (let k = 0; k < count; k++) {
      const { columns, bytesAt, metadataAt } = loaded[source[k] as number] as Loaded;
      const i = entry[k] as number;
      lineStarts[k] = bytesAt + (columns.lineStarts[i] as number);
      lineEnds[k] = bytesAt + (columns.lineEnds[i] as number);
      metadataStarts[k] = metadataAt + (columns.metadataStarts[i] as number);
      metadataEnds[k] = metadataAt + (columns.metadataEnds[i] as number);
      level[k] = columns.level[i] as number;
    }
    batch.count = count;
    batch.baseNs = baseNs;
    batch.offsetsNs = offsetsNs;
    batch.bytes = this.#memory.bytes;
    batch.lineStarts = lineStarts;
    batch.lineEnds = lineEnds;
    batch.level = level;
    batch.metadataBytes = this.#memory.bytes;
    batch.metadataStarts = metadataStarts;
    batch.metadataEnds = metadataEnds;
  }

  /** Lets go of the memory of a large unit, with which the batch was filled: a reader may rest for long. */
  giveBack(batch: ScanBatch): void {
    if (this.#memory.bytes.length <= keptBytesMax) return;
    this.#memory = sliceMemory(new ArrayBuffer(initialBytes));
    batch.bytes = this.#memory.bytes;
    batch.metadataBytes = this.#memory.bytes;
    batch.count = 0;
    batch.selectedCount = 0;
  }

  #reserve(bytes: number): void {
    if (this.#memory.bytes.length >= bytes) return;
    this.#memory = sliceMemory(new ArrayBuffer(align8(Math.max(initialBytes, Math.ceil(bytes * 1.25)))));
  }

  #reserveRanges(count: number): void {
    if (this.#lineStarts.length >= count) return;
    const capacity = Math.max(4096, Math.ceil(count * 1.25));
    this.#lineStarts = new Uint32Array(capacity);
    this.#lineEnds = new Uint32Array(capacity);
    this.#metadataStarts = new Uint32Array(capacity);
    this.#metadataEnds = new Uint32Array(capacity);
    this.#level = new Uint8Array(capacity);
  }
}

/** Nothing of a damaged block. */
function readSound(
  block: UnitAddress['blocks'][number],
  options: {
    readonly query: BlockQuery;
    readonly decoder: BlockDecoder;
    readonly damage: DamageReports;
    readonly counters: ScanCounters;
  },
): readonly BlockColumns[] {
  const columns = withoutDamage(block.id, options, () => readBlock(block, options));
  return columns === undefined ? [] : [columns];
}

/** Copies of a block's columns: several are open at once, the decoder has one memory. */
function readBlock(
  block: UnitAddress['blocks'][number],
  { query, decoder }: { readonly query: BlockQuery; readonly decoder: BlockDecoder },
): BlockColumns {
  const [ts, meta, lines] = query.columns(block.id, 'ts, meta, lines') as [Buffer, Buffer, Buffer];
  const times = decoder.decodeTimes(ts);
  const bytes = Buffer.from(decoder.decodeLines(lines));
  const copied = {
    count: times.count,
    baseNs: times.baseNs,
    offsetsNs: times.offsetsNs.slice(),
    lineStarts: times.lineStarts.slice(),
    lineEnds: times.lineEnds.slice(),
    level: times.level.slice(),
    bytes,
  };
  if ((block.flags & blockFlags.metadata) === 0) {
    const none = zeros(block.n);
    return { ...copied, metadataBytes: new Uint8Array(0), metadataStarts: none, metadataEnds: none };
  }
  const metadata = decoder.decodeMeta(meta, block.n);
  return {
    ...copied,
    metadataBytes: metadata.metadataBytes.slice(),
    metadataStarts: metadata.metadataStarts.slice(),
    metadataEnds: metadata.metadataEnds.slice(),
  };
}
