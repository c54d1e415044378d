// Block → entries.
import { LineMemory, lineRegions } from '../../kernels/line-memory.ts';
import type { Needle } from '../../kernels/needle.ts';
import { instantiateKernel, slackBytes } from '../../kernels/wasm.ts';
import type { LineFields } from '../../pipeline/line-fields.ts';
import { blockEntriesMax, blockRawBytesMax, type DecodedMetadata, type DecodedTimes } from './block.ts';
import { type Codec, codecIds, openCodec } from './codec.ts';
import { corrupt, openColumn } from './column.ts';
import { levelModes, linesLayout, linesVersions, tsLayout } from './layout.ts';
import { LineColumnsDecoder } from './line-columns/decode.ts';
import { FieldReduction } from './line-columns/field-reduction.ts';
import { lineColumnsLayout } from './line-columns/layout.ts';
import { LiteralReduction } from './line-columns/literal-reduction.ts';
import type { Reduction } from './line-columns/reduced-directory.ts';
import { MetadataDecoder } from './metadata.ts';

// Regions after those of LineMemory: the steps as stored, the shape unpacked.
const stepsAt = lineRegions.end;
const stepsBytesMax = blockEntriesMax * 8;
const shapeAt = stepsAt + stepsBytesMax + slackBytes;
const shapeBytesMax = blockEntriesMax * 5;
const columnsAt = shapeAt + shapeBytesMax + slackBytes;
const extraBytes = columnsAt + LineColumnsDecoder.memoryBytes - lineRegions.end;

/** Decoders of one thread take turns with the codec's contexts. */
let threadCodec: Codec | undefined;
function sharedCodec(): Codec {
  threadCodec ??= openCodec();
  return threadCodec;
}

/**
 * Decodes the columns of one block at a time into memory of its own, which it reuses: what a method returns is
 * valid until that method is called again. Keep one for each block that must be open at once (they are about
 * as large as the largest block they held). Every method throws CorruptBlockError on bytes it cannot trust.
 */
export class BlockDecoder {
  private readonly codec: Codec;
  private readonly memory = new LineMemory(extraBytes);
  private readonly kernels = instantiateKernel('columns', this.memory.memory, [
    'decodeSteps',
    'decodeLengths',
    'decodeNibbles',
  ]);
  private readonly metadata = new MetadataDecoder();
  /** Made for the first block that has columns. */
  private columns: LineColumnsDecoder | undefined;
  private readonly fieldReductions = new WeakMap<LineFields, FieldReduction>();
  private count = 0;
  private textBytes = 0;

  /** Without a codec: the best one here, shared by the decoders of a thread. */
  constructor(codec: Codec = sharedCodec()) {
    this.codec = codec;
  }

  /** Columns may be decoded in any order; each alone. */
  decodeTimes(ts: Uint8Array): DecodedTimes {
    this.count = 0;
    const { bytes, codec, detail } = openColumn(ts, 'ts', tsLayout.steps);
    const count = bytes.readUInt32LE(tsLayout.entries);
    const raw = bytes.readUInt32LE(tsLayout.rawBytes);
    const stepsBytes = bytes.readUInt32LE(tsLayout.stepsBytes);
    const shapeBytes = bytes.readUInt32LE(tsLayout.shapeBytes);
    if (count < 1 || count > blockEntriesMax) corrupt('ts', `claims ${count} entries`);
    if (raw > blockRawBytesMax) corrupt('ts', `claims ${raw} line bytes`);
    if (stepsBytes > stepsBytesMax || stepsBytes > bytes.length - tsLayout.steps) {
      corrupt('ts', `claims ${stepsBytes} bytes of steps`);
    }
    if (shapeBytes > shapeBytesMax || shapeBytes < count + 2)
      corrupt('ts', `claims ${shapeBytes} bytes of shape`);
    if (![0, 3, 6, 9].includes(detail)) corrupt('ts', `has time unit 10^${detail} ns`);
    this.decodeSteps(bytes.subarray(tsLayout.steps, tsLayout.steps + stepsBytes), count, 10 ** detail);
    this.unpackShape(bytes.subarray(tsLayout.steps + stepsBytes), codec, shapeBytes);
    this.decodeShape(count, raw, bytes.readUInt32LE(tsLayout.lengthLeast), shapeAt + shapeBytes);
    this.count = count;
    const { offsets, starts, ends, level } = this.memory;
    return {
      count,
      baseNs: bytes.readBigInt64LE(tsLayout.firstNs),
      offsetsNs: offsets.subarray(0, count),
      lineStarts: starts.subarray(0, count),
      lineEnds: ends.subarray(0, count),
      level: level.subarray(0, count),
    };
  }

  /** `count` is the block's n. An empty column gives empty ranges. */
  decodeMeta(meta: Uint8Array, count: number): DecodedMetadata {
    return this.metadata.decode(meta, count, this.codec);
  }

  /** The lines, each followed by one '\n' that is no part of it. */
  decodeLines(lines: Uint8Array): Buffer {
    this.textBytes = 0;
    const { bytes, codec, version } = openColumn(lines, 'lines', linesLayout.payload, checkedBytes);
    if (version === linesVersions.columns) return this.rebuildLines(bytes);
    const textBytes = bytes.readUInt32LE(linesLayout.unpackedBytes);
    if (textBytes > blockRawBytesMax + blockEntriesMax) corrupt('lines', `claims ${textBytes} bytes`);
    const text = this.memory.bytes.subarray(0, textBytes);
    const stored = bytes.subarray(linesLayout.payload);
    if (codec === codecIds.plain && stored.length === textBytes) text.set(stored);
    else if (codec !== codecIds.zstd || !this.codec.decompress(stored, text))
      corrupt('lines', 'does not unpack');
    this.textBytes = textBytes;
    return text;
  }

  private get lineColumns(): LineColumnsDecoder {
    this.columns ??= new LineColumnsDecoder(this.memory.memory, columnsAt, this.codec);
    return this.columns;
  }

  private rebuildLines(column: Buffer): Buffer {
    this.textBytes = this.lineColumns.decode(column, lineRegions.bytes);
    return this.memory.bytes.subarray(0, this.textBytes);
  }

  /**
   * As decodeLines, but lines may have been reduced to some fields, and the ranges that decodeTimes of the same block gave
   * before become theirs. Undefined when the column holds no fields apart.
   */
  decodeLineFields(lines: Uint8Array, fields: LineFields): Buffer | undefined {
    const { bytes, version } = openColumn(lines, 'lines', linesLayout.payload, checkedBytes);
    if (version !== linesVersions.columns) return undefined;
    let reduction = this.fieldReductions.get(fields);
    if (reduction === undefined) {
      reduction = new FieldReduction(fields);
      this.fieldReductions.set(fields, reduction);
    }
    const linesBytes = this.decodeReduced(bytes, reduction);
    return this.memory.bytes.subarray(0, linesBytes);
  }

  /**
   * As searchBlock after decodeTimes of the same block, without all of its lines. Undefined when the column does not
   * allow that. The ranges that decodeTimes gave mean nothing any more.
   */
  searchColumns(lines: Uint8Array, needle: Needle): Uint32Array | undefined {
    const { bytes, version } = openColumn(lines, 'lines', linesLayout.payload, checkedBytes);
    if (version !== linesVersions.columns || !LiteralReduction.isReducing(needle)) return undefined;
    this.decodeReduced(bytes, new LiteralReduction(needle));
    return this.memory.search(needle, this.count, true);
  }

  private decodeReduced(column: Buffer, reduction: Reduction): number {
    this.textBytes = 0;
    const { bytes: text, starts, ends } = lineRegions;
    return this.lineColumns.decodeReduced(column, { text, starts, ends }, reduction, this.count);
  }

  /** As decodeLines of a block whose lines end with these, which begin at `at`; what comes before is not theirs. */
  placeLines(tail: Uint8Array, at: number): Buffer {
    this.textBytes = 0;
    const text = this.memory.bytes.subarray(0, at + tail.length);
    text.set(tail, at);
    return text;
  }

  /** True when the lines decoded last hold the needle anywhere (perhaps across two lines): a cheap first look. */
  linesContain(needle: Needle): boolean {
    return this.memory.contains(needle, this.textBytes);
  }

  /**
   * Indices, ascending and unique, of the lines that contain the needle; needs decodeTimes and decodeLines of
   * the same block before. A view of reused memory, valid until the next search.
   */
  searchBlock(needle: Needle): Uint32Array {
    const { count } = this;
    if (count === 0 || this.memory.ends[count - 1] !== this.textBytes - 1) {
      corrupt('lines', 'does not have the bytes that the ts column tells');
    }
    return this.memory.search(needle, count, true);
  }

  private decodeSteps(steps: Uint8Array, count: number, unit: number): void {
    const end = stepsAt + steps.length;
    new Uint8Array(this.memory.memory.buffer, stepsAt, steps.length).set(steps);
    if (this.kernels.decodeSteps(stepsAt, end, count, unit, lineRegions.offsets) !== end) {
      corrupt('ts', 'has steps that do not fit');
    }
  }

  private unpackShape(stored: Uint8Array, codec: number, shapeBytes: number): void {
    const shape = new Uint8Array(this.memory.memory.buffer, shapeAt, shapeBytes);
    if (codec === codecIds.plain && stored.length === shapeBytes) shape.set(stored);
    else if (codec !== codecIds.zstd || !this.codec.decompress(stored, shape))
      corrupt('ts', 'does not unpack');
  }

  private decodeShape(count: number, raw: number, least: number, end: number): void {
    const { starts, ends, level } = lineRegions;
    const levelsAt = this.kernels.decodeLengths(shapeAt, end, count, least, raw, starts, ends);
    if (levelsAt === 0) corrupt('ts', 'has line lengths that do not fit');
    const shape = new Uint8Array(this.memory.memory.buffer, levelsAt, end - levelsAt);
    if (shape[0] === levelModes.same && shape.length === 2) {
      this.memory.level.fill(shape[1] as number, 0, count);
    } else if (shape[0] === levelModes.nibbles && shape.length === 1 + ((count + 1) >> 1)) {
      this.kernels.decodeNibbles(levelsAt + 1, count, level);
    } else {
      corrupt('ts', 'has levels that do not fit');
    }
  }
}

/** Of lines in columns, each frame has a checksum of its own. */
function checkedBytes(lines: Buffer): number {
  if (lines[0] !== linesVersions.columns) return lines.length;
  if (lines.length < lineColumnsLayout.directory) corrupt('lines', `has ${lines.length} bytes`);
  const stored = lines.readUInt32LE(lineColumnsLayout.directoryStored);
  return Math.min(lines.length, lineColumnsLayout.directory + stored);
}
