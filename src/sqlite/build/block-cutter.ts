// Entries of one stream → sorted pieces of block size.
import { type BlockColumns, blockEntriesTarget, blockRawBytesTarget } from '../format/block.ts';
import { EntryMerge } from '../format/entry-merge.ts';

/** A block spans at most this, so that retention by age drops whole blocks in time (a day). */
export const blockSpanNs = 86_400e9;
/** Sources whose earliest entries lie within this span of each other are merged together (26 days). */
const groupSpanNs = 2n ** 51n;

/** Reuses its memory: emitted columns are valid until `emit` returns. */
export class BlockCutter {
  readonly #merge = new EntryMerge();
  #lineStarts = new Uint32Array(blockEntriesTarget);
  #lineEnds = new Uint32Array(blockEntriesTarget);
  #metadataStarts = new Uint32Array(blockEntriesTarget);
  #metadataEnds = new Uint32Array(blockEntriesTarget);
  #level = new Uint8Array(blockEntriesTarget);
  #bytes = Buffer.allocUnsafeSlow(2 * blockRawBytesTarget);
  #metadataBytes = Buffer.allocUnsafeSlow(blockRawBytesTarget);

  /** Emits blocks without duplicates inside. Sources are in order of arrival; each spans at most 26 days. */
  cut(sources: readonly BlockColumns[], emit: (block: BlockColumns) => void): void {
    for (const group of groupsBySpan(sources)) {
      this.#merge.merge(group.sources, group.baseNs);
      const { count } = this.#merge;
      for (let from = 0; from < count; ) {
        const to = this.#pieceEnd(group.sources, from);
        emit(this.#piece(group.sources, from, to));
        from = to;
      }
    }
    this.#merge.giveBack();
  }

  /** Where the block that starts at entry `from` of the merge ends. */
  #pieceEnd(sources: readonly BlockColumns[], from: number): number {
    const { count, offsetsNs, source, entry } = this.#merge;
    const lastNs = (offsetsNs[from] as number) + blockSpanNs;
    const end = Math.min(count, from + blockEntriesTarget);
    let raw = 0;
    for (let k = from; k < end; k++) {
      const columns = sources[source[k] as number] as BlockColumns;
      const i = entry[k] as number;
      raw += (columns.lineEnds[i] as number) - (columns.lineStarts[i] as number);
      const metadata = (columns.metadataEnds[i] as number) - (columns.metadataStarts[i] as number);
      if (k > from && (raw + metadata > blockRawBytesTarget || (offsetsNs[k] as number) > lastNs))
        return this.#beforeTie(from, k);
    }
    return end < count ? this.#beforeTie(from, end) : end;
  }

  /** Blocks do not share a time if that can be helped: they would have to be read together. */
  #beforeTie(from: number, cut: number): number {
    const { offsetsNs } = this.#merge;
    let k = cut;
    while (k > from && offsetsNs[k] === offsetsNs[k - 1]) k--;
    return k > from ? k : cut;
  }

  #piece(sources: readonly BlockColumns[], from: number, to: number): BlockColumns {
    const { offsetsNs, source, entry, baseNs } = this.#merge;
    let bytesAt = 0;
    let metadataAt = 0;
    for (let k = from; k < to; ) {
      // Neighbours of one source that follow each other there as well are copied at once.
      const columns = sources[source[k] as number] as BlockColumns;
      const first = entry[k] as number;
      let run = 1;
      while (k + run < to && source[k + run] === source[k] && entry[k + run] === first + run) {
        if (columns.lineStarts[first + run] !== columns.lineEnds[first + run - 1]) break;
        run++;
      }
      const start = columns.lineStarts[first] as number;
      const end = columns.lineEnds[first + run - 1] as number;
      this.#bytes = reserve(this.#bytes, bytesAt, end - start);
      this.#bytes.set(columns.bytes.subarray(start, end), bytesAt);
      for (let j = 0; j < run; j++) {
        const out = k + j - from;
        const i = first + j;
        this.#lineStarts[out] = bytesAt + (columns.lineStarts[i] as number) - start;
        this.#lineEnds[out] = bytesAt + (columns.lineEnds[i] as number) - start;
        this.#level[out] = columns.level[i] as number;
        const metadataStart = columns.metadataStarts[i] as number;
        const metadataBytes = (columns.metadataEnds[i] as number) - metadataStart;
        this.#metadataStarts[out] = metadataAt;
        if (metadataBytes > 0) {
          this.#metadataBytes = reserve(this.#metadataBytes, metadataAt, metadataBytes);
          this.#metadataBytes.set(
            columns.metadataBytes.subarray(metadataStart, metadataStart + metadataBytes),
            metadataAt,
          );
          metadataAt += metadataBytes;
        }
        this.#metadataEnds[out] = metadataAt;
      }
      bytesAt += end - start;
      k += run;
    }
    return {
      count: to - from,
      baseNs,
      offsetsNs: offsetsNs.subarray(from, to),
      bytes: this.#bytes,
      lineStarts: this.#lineStarts,
      lineEnds: this.#lineEnds,
      level: this.#level,
      metadataBytes: this.#metadataBytes,
      metadataStarts: this.#metadataStarts,
      metadataEnds: this.#metadataEnds,
    };
  }
}

function reserve(memory: Buffer<ArrayBuffer>, used: number, more: number): Buffer<ArrayBuffer> {
  if (used + more <= memory.length) return memory;
  const grown = Buffer.allocUnsafeSlow(Math.max(used + more, memory.length * 2));
  memory.copy(grown, 0, 0, used);
  return grown;
}

/** Groups that one merge can hold exactly; keeps the order of arrival inside a group. */
function groupsBySpan(
  sources: readonly BlockColumns[],
): readonly { readonly baseNs: bigint; readonly sources: readonly BlockColumns[] }[] {
  const groups: { baseNs: bigint; sources: BlockColumns[] }[] = [];
  let rest = sources;
  while (rest.length > 0) {
    let baseNs = (rest[0] as BlockColumns).baseNs;
    for (const source of rest) if (source.baseNs < baseNs) baseNs = source.baseNs;
    const inside = rest.filter((source) => source.baseNs - baseNs < groupSpanNs);
    rest = rest.filter((source) => source.baseNs - baseNs >= groupSpanNs);
    groups.push({ baseNs, sources: inside });
  }
  return groups;
}
