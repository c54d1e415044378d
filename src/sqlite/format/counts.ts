// The counts column: entries and bytes per minute and level, so that volume is answered without opening data.
// Minutes are rounded up, as UnitStatistics wants them.
import { statisticsMinute, type UnitStatistics } from '../../store/store.ts';
import { type BlockColumns, blockEntriesMax } from './block.ts';
import { columnHeaderBytes, corrupt, openColumn, sealColumn } from './column.ts';
import { VarintReader, writeVarint } from './varint.ts';

const nsPerMinute = 60_000_000_000;
/** A level is a nibble. */
export const levelCount = 16;
/** Always worth their bytes; more rows only while they are fewer than 3/4 of the entries. */
const rowsAlways = 64;
/** Detail bit: rows have a fourth number, their metadata bytes. */
const withMetadata = 1;

/** Rows while they are collected: `minute * 16 + level`, minutes counted from the first, and three sums each. */
const rowNumbers = 4;

/** Empty when the rows would be too many. `t0Ns` is the first entry's time; entries ascend. */
export function encodeCounts(columns: BlockColumns, t0Ns: bigint): Buffer {
  const { count, offsetsNs, lineStarts, lineEnds, level, metadataStarts, metadataEnds } = columns;
  const rowsMax = Math.max(rowsAlways, Math.floor((count * 3) / 4));
  const firstMinute = statisticsMinute(t0Ns);
  // Times count from the end of the minute before, so that they and their sums stay exact.
  const firstOffsetNs = offsetsNs[0] as number;
  const t0InMinuteNs = Number(t0Ns - (BigInt(firstMinute) - 1n) * BigInt(nsPerMinute));
  const rows: number[] = [];
  const rowOfLevel = new Int32Array(levelCount).fill(-1);
  let minute = -1;
  let minuteEndNs = 0;
  let metadataSeen = false;
  for (let i = 0; i < count; i++) {
    const ns = (offsetsNs[i] as number) - firstOffsetNs + t0InMinuteNs;
    if (ns > minuteEndNs) {
      minute = Math.ceil(ns / nsPerMinute) - 1;
      minuteEndNs = (minute + 1) * nsPerMinute;
      rowOfLevel.fill(-1);
    }
    const code = (level[i] as number) & 15;
    let row = rowOfLevel[code] as number;
    if (row < 0) {
      row = rows.length;
      if (row >= rowsMax * rowNumbers) return Buffer.alloc(0);
      rowOfLevel[code] = row;
      rows.push(minute * levelCount + code, 0, 0, 0);
    }
    const metadata = (metadataEnds[i] as number) - (metadataStarts[i] as number);
    (rows[row + 1] as number)++;
    (rows[row + 2] as number) += (lineEnds[i] as number) - (lineStarts[i] as number);
    (rows[row + 3] as number) += metadata;
    if (metadata > 0) metadataSeen = true;
  }
  return sealCounts(rows, firstMinute, metadataSeen);
}

/** The column of rows that ascend by minute. */
export function sealCounts(rows: readonly number[], firstMinute: number, metadataSeen: boolean): Buffer {
  const out = Buffer.allocUnsafe(columnHeaderBytes + 8 + 8 + rows.length * 8);
  let at = columnHeaderBytes;
  out.writeBigInt64LE(BigInt(firstMinute), at);
  at = writeVarint(out, at + 8, rows.length / rowNumbers);
  let minute = 0;
  for (let row = 0; row < rows.length; row += rowNumbers) {
    const key = rows[row] as number;
    const rowMinute = Math.floor(key / levelCount);
    at = writeVarint(out, at, (rowMinute - minute) * levelCount + (key % levelCount));
    at = writeVarint(out, at, rows[row + 1] as number);
    at = writeVarint(out, at, rows[row + 2] as number);
    if (metadataSeen) at = writeVarint(out, at, rows[row + 3] as number);
    minute = rowMinute;
  }
  const column = Buffer.from(out.subarray(0, at));
  return sealColumn(column, { kind: 'counts', codec: 0, detail: metadataSeen ? withMetadata : 0 });
}

/** A counts column whose checksum has been looked at. */
export interface OpenCounts {
  /** After the column's header. */
  readonly payload: Uint8Array;
  readonly withMetadata: boolean;
}

/** Undefined for an empty column: the block was written without (see blockFlags.counts). Throws CorruptBlockError. */
export function openCounts(counts: Uint8Array): OpenCounts | undefined {
  if (counts.length === 0) return undefined;
  const { bytes, detail } = openColumn(counts, 'counts', columnHeaderBytes + 9);
  return { payload: bytes.subarray(columnHeaderBytes), withMetadata: (detail & withMetadata) !== 0 };
}

/** Room for the rows of one block at a time: plans ask thousands of blocks for theirs. */
export class CountRows implements UnitStatistics {
  rows = 0;
  minute = new Float64Array(0);
  level = new Uint8Array(0);
  entries = new Float64Array(0);
  lineBytes = new Float64Array(0);
  metadataBytes = new Float64Array(0);

  /**
   * Rows by minute ascending, within a minute by first occurrence of the level, in the place of those before. Throws
   * CorruptBlockError.
   */
  load({ payload, withMetadata }: OpenCounts): this {
    const reader = new VarintReader(payload, 8);
    const rows = reader.value();
    if (rows < 0 || rows > blockEntriesMax || rows > payload.length) corrupt('counts', `claims ${rows} rows`);
    this.#reserve(rows);
    const { minute, level, entries, lineBytes, metadataBytes } = this;
    let rowMinute = Number(new DataView(payload.buffer, payload.byteOffset).getBigInt64(0, true));
    for (let row = 0; row < rows; row++) {
      const key = reader.value();
      if (key < 0) corrupt('counts', 'ends inside a row');
      const rowLevel = key % levelCount;
      rowMinute += (key - rowLevel) / levelCount;
      minute[row] = rowMinute;
      level[row] = rowLevel;
      entries[row] = reader.value();
      lineBytes[row] = reader.value();
      metadataBytes[row] = withMetadata ? reader.value() : 0;
    }
    // A number that is not there is -1; once one is missing all are.
    const last = rows - 1;
    if (rows > 0 && ((lineBytes[last] as number) < 0 || (metadataBytes[last] as number) < 0))
      corrupt('counts', 'ends inside a row');
    if (!reader.atEnd()) corrupt('counts', 'has bytes behind its last row');
    this.rows = rows;
    return this;
  }

  /** Of rows by steps of so many minutes: each is its last minute from now on, and only those in (after, until] stay. */
  stepsAsMinutes(stepMinutes: number, after: number, until: number): this {
    const { minute, level, entries, lineBytes, metadataBytes } = this;
    let kept = 0;
    for (let row = 0; row < this.rows; row++) {
      const last = (minute[row] as number) * stepMinutes;
      if (last <= after || last > until) continue;
      minute[kept] = last;
      level[kept] = level[row] as number;
      entries[kept] = entries[row] as number;
      lineBytes[kept] = lineBytes[row] as number;
      metadataBytes[kept] = metadataBytes[row] as number;
      kept++;
    }
    this.rows = kept;
    return this;
  }

  #reserve(rows: number): void {
    this.rows = 0;
    if (rows <= this.minute.length) return;
    const room = Math.max(rows, 2 * this.minute.length);
    this.minute = new Float64Array(room);
    this.level = new Uint8Array(room);
    this.entries = new Float64Array(room);
    this.lineBytes = new Float64Array(room);
    this.metadataBytes = new Float64Array(room);
  }
}

/** The statistics of a whole block, in memory of their own; undefined when it has none. Throws CorruptBlockError. */
export function decodeCounts(counts: Uint8Array): UnitStatistics | undefined {
  const open = openCounts(counts);
  return open && new CountRows().load(open);
}
