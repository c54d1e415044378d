// Rows of `entry`: as they are inserted, and as a scan reads them.
import type { StreamEntries } from '../../store/commits.ts';
import { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/** As {@link writeEntry} writes them. */
export const insertedColumns = 'tenant, stream, ts, seq, level, meta, line, keep';

/** Where one entry's parts lie. */
export interface EntryParts {
  readonly lines: Uint8Array;
  readonly lineStart: number;
  readonly lineEnd: number;
  /** Encoded structured metadata (model/structured-metadata.ts). */
  readonly metadata: Uint8Array;
  readonly metadataStart: number;
  readonly metadataEnd: number;
}

export interface EntryHead {
  /** Tenant and stream as RowBinary. */
  readonly owner: Uint8Array;
  readonly timestampNs: bigint;
  readonly seq: bigint;
  readonly level: number;
  readonly keepDays: number;
}

export function writeEntry(rows: RowWriter, head: EntryHead, parts: EntryParts): void {
  rows.raw(head.owner);
  rows.i64(head.timestampNs);
  rows.u64(head.seq);
  rows.u8(head.level);
  // Encoded metadata is what a Map is in RowBinary, but for the number of pairs before it.
  rows.varint(pairsIn(parts.metadata, parts.metadataStart, parts.metadataEnd));
  rows.raw(parts.metadata, parts.metadataStart, parts.metadataEnd);
  rows.bytes(parts.lines, parts.lineStart, parts.lineEnd);
  rows.u16(head.keepDays);
}

function pairsIn(metadata: Uint8Array, start: number, end: number): number {
  let texts = 0;
  let at = start;
  while (at < end) {
    let length = 0;
    let scale = 1;
    for (;;) {
      const byte = metadata[at++] as number;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
    }
    at += length;
    texts++;
  }
  return texts / 2;
}

/** What a scan reads of an entry. */
export interface EntryWish {
  readonly lines: boolean;
  readonly metadata: boolean;
  /** What tells entries of one time and stream apart. */
  readonly hashes?: boolean;
}

/** Expressions of the columns, as {@link readEntries} reads them. */
export const selectedColumns = ({ lines, metadata, hashes }: EntryWish): string =>
  `stream, ts, level, ${hashes ? 'hash, ' : ''}${metadata ? 'meta, ' : ''}${lines ? 'line' : 'toUInt32(line.size)'}`;

/** The order in which {@link readEntries} needs the rows: equal times by arrival. */
export const selectedOrder = 'ORDER BY stream, ts, seq';

/** Entries of one stream, ascending by time. Bytes are those of the answer: nothing is copied. */
export interface StreamRows extends StreamEntries {
  readonly stream: bigint;
  readonly bytes: Buffer;
  readonly metadataBytes: Buffer;
  readonly lastNs: bigint;
  readonly lineBytes: number;
  /** Empty if they were not asked for. */
  readonly hashes: readonly bigint[];
}

/** Offsets from a base stay exact well below 2^53. */
const offsetNsMax = 2n ** 52n;
const noBytes = Buffer.alloc(0);

/** Of each run of rows of one stream its entries; a stream whose times lie far apart has several. */
export function readEntries(answer: Buffer, parts: EntryWish): readonly StreamRows[] {
  const rows = new RowReader(answer);
  const found: StreamRows[] = [];
  let run: Run | undefined;
  while (!rows.isAtEnd) {
    const stream = rows.u64();
    const timestampNs = rows.i64();
    if (run === undefined || run.stream !== stream || timestampNs - run.baseNs > offsetNsMax) {
      if (run !== undefined) found.push(run.entries(answer));
      run = new Run(stream, timestampNs, parts);
    }
    run.add(rows, timestampNs);
  }
  if (run !== undefined) found.push(run.entries(answer));
  return found;
}

class Run {
  readonly stream: bigint;
  readonly baseNs: bigint;
  readonly #parts: EntryWish;
  readonly #offsetsNs: number[] = [];
  readonly #level: number[] = [];
  readonly #hashes: bigint[] = [];
  readonly #lineStarts: number[] = [];
  readonly #lineEnds: number[] = [];
  readonly #metadataStarts: number[] = [];
  readonly #metadataEnds: number[] = [];
  #hasMetadata = false;
  #lineBytes = 0;

  constructor(stream: bigint, baseNs: bigint, parts: EntryWish) {
    this.stream = stream;
    this.baseNs = baseNs;
    this.#parts = parts;
  }

  add(rows: RowReader, timestampNs: bigint): void {
    this.#offsetsNs.push(Number(timestampNs - this.baseNs));
    this.#level.push(rows.u8());
    if (this.#parts.hashes) this.#hashes.push(rows.u64());
    let pairs = this.#parts.metadata ? rows.varint() : 0;
    const metadataStart = rows.at;
    if (pairs > 0) this.#hasMetadata = true;
    for (; pairs > 0; pairs--) {
      rows.string();
      rows.string();
    }
    this.#metadataStarts.push(metadataStart);
    this.#metadataEnds.push(rows.at);
    const lineStart = this.#parts.lines ? rows.string() : 0;
    const lineEnd = this.#parts.lines ? rows.at : rows.u32();
    this.#lineStarts.push(lineStart);
    this.#lineEnds.push(lineEnd);
    this.#lineBytes += lineEnd - lineStart;
  }

  entries(answer: Buffer): StreamRows {
    return {
      stream: this.stream,
      count: this.#offsetsNs.length,
      baseNs: this.baseNs,
      lastNs: this.baseNs + BigInt(this.#offsetsNs.at(-1) ?? 0),
      lineBytes: this.#lineBytes,
      offsetsNs: Float64Array.from(this.#offsetsNs),
      bytes: this.#parts.lines ? answer : noBytes,
      lineStarts: Uint32Array.from(this.#lineStarts),
      lineEnds: Uint32Array.from(this.#lineEnds),
      level: Uint8Array.from(this.#level),
      hashes: this.#hashes,
      metadataBytes: this.#hasMetadata ? answer : noBytes,
      metadataStarts: this.#hasMetadata
        ? Uint32Array.from(this.#metadataStarts)
        : new Uint32Array(this.#level.length),
      metadataEnds: this.#hasMetadata
        ? Uint32Array.from(this.#metadataEnds)
        : new Uint32Array(this.#level.length),
    };
  }
}
