// Entries → block.

import { GramFilterBuilder, gramBitsLog2, gramScratchBytes } from '../../kernels/gram-filter.ts';
import { LineMemory, lineRegions } from '../../kernels/line-memory.ts';
import { instantiateKernel, slackBytes } from '../../kernels/wasm.ts';
import { mebibyte } from '../../model/units.ts';
import {
  type BlockColumns,
  blockEntriesMax,
  blockFlags,
  blockMetadataBytesMax,
  blockRawBytesMax,
  blockSpanNsMax,
  CorruptBlockError,
  type EncodedBlock,
} from './block.ts';
import { type Codec, codecIds, openCodec } from './codec.ts';
import { sealColumn } from './column.ts';
import type { ColumnMemory } from './column-memory.ts';
import { encodeCounts } from './counts.ts';
import { encodeFilter } from './filter.ts';
import { levelModes, linesLayout, linesVersions, tsLayout } from './layout.ts';
import { LineColumnsDecoder } from './line-columns/decode.ts';
import { LineColumnsEncoder } from './line-columns/encode.ts';
import { encodeMetadataColumn } from './metadata.ts';

export interface EncodeOptions {
  /** zstd level: 1 when a block is cut, 6 when idle compaction rewrites it. */
  readonly level?: number;
  /** Where lines and times are put, instead of memory of their own. */
  readonly memory?: ColumnMemory;
  /** Lines become templates and columns of values where that is clearly smaller than their text. */
  readonly lineColumns?: boolean;
  /** Columns would not have given back the lines, which are therefore kept as text: a fault of this program. */
  readonly onWrongColumns?: () => void;
}

let encoder: BlockEncoder | undefined;

/**
 * Encodes entries as one block; copies what it keeps. Not reentrant: one thread's scratch memory is reused.
 * Throws RangeError when there are no entries, they do not ascend, or a limit of block.ts is passed.
 */
export function encodeBlock(columns: BlockColumns, options: EncodeOptions = {}): EncodedBlock {
  encoder ??= new BlockEncoder(openCodec());
  return encoder.encode(columns, options);
}

// Regions after those of LineMemory.
const packedAt = lineRegions.end;
const packedBytes = 2 * mebibyte;
const gramsAt = packedAt + packedBytes;
const sourceAt = gramsAt + gramScratchBytes;
const sourceBytesMax = blockRawBytesMax;
const columnsAt = sourceAt + sourceBytesMax + slackBytes;
const decoderAt = columnsAt + LineColumnsEncoder.memoryBytes;
const extraBytes = decoderAt + LineColumnsDecoder.memoryBytes - lineRegions.end;
/** Lines are copied in as one piece when their span holds at most this many times their bytes, plus this. */
const spanFactor = 3;
const spanExtraBytes = 64 * 1024;
/** Below this the shape of the lines is not worth compressing. */
const packableBytesMin = 64;

/** Columns that are not so much smaller than the text are not worth what reading all of them costs more. */
const smallerShare = 0.9;
/** Of the text at level 1: the text at any level will not be smaller than columns of that size. */
const surelySmallerShare = 0.7;

type Allocate = (bytes: number) => Buffer;

interface Sizes {
  readonly raw: number;
  readonly metadataRaw: number;
  /** The shortest line's bytes. */
  readonly least: number;
  /** The span of `bytes` that holds all lines. */
  readonly low: number;
  readonly high: number;
}

/** For tests of a certain codec; everybody else calls {@link encodeBlock}. */
export class BlockEncoder {
  private readonly codec: Codec;
  private readonly memory = new LineMemory(extraBytes);
  private readonly grams = new GramFilterBuilder(this.memory.memory, gramsAt);
  /** Made for the first block that may have columns. */
  private lineColumns: LineColumnsEncoder | undefined;
  private decoder: LineColumnsDecoder | undefined;
  private readonly kernels = instantiateKernel('columns', this.memory.memory, [
    'timeUnit',
    'encodeSteps',
    'encodeLengths',
    'encodeNibbles',
    'gatherLines',
    'hasInnerNewline',
  ]);

  constructor(codec: Codec) {
    this.codec = codec;
  }

  encode(columns: BlockColumns, options: EncodeOptions = {}): EncodedBlock {
    const { level = 1, memory, lineColumns = false } = options;
    const allocate = (bytes: number): Buffer => memory?.take(bytes) ?? Buffer.allocUnsafeSlow(bytes);
    const { count, baseNs, offsetsNs } = columns;
    const sizes = measure(columns);
    const t0Ns = baseNs + BigInt(offsetsNs[0] as number);
    const t1Ns = baseNs + BigInt(offsetsNs[count - 1] as number);
    const innerNewline = this.gather(columns, sizes);
    const ts = this.encodeTimes(columns, t0Ns, sizes, allocate);
    const textBytes = sizes.raw + count;
    const filterBits = this.grams.build(lineRegions.bytes, textBytes);
    const meta = encodeMetadataColumn(columns, sizes.metadataRaw, this.codec, level);
    const counts = encodeCounts(columns, t0Ns);
    return {
      ts,
      meta,
      lines: lineColumns
        ? this.encodeSmaller(textBytes, count, options, allocate)
        : this.encodeText(textBytes, level, allocate),
      filter: encodeFilter(filterBits, gramBitsLog2(textBytes)),
      counts,
      n: count,
      raw: sizes.raw,
      metadataRaw: sizes.metadataRaw,
      t0Ns,
      t1Ns,
      flags:
        (meta.length > 0 ? blockFlags.metadata : 0) |
        (innerNewline ? blockFlags.innerNewline : 0) |
        (counts.length > 0 ? blockFlags.counts : 0),
    };
  }

  /** Brings the lines together in memory, a newline after each. True when a line itself holds one. */
  private gather(columns: BlockColumns, { raw, low, high }: Sizes): boolean {
    const { count, bytes, lineStarts, lineEnds } = columns;
    const { starts, ends } = this.memory;
    const k = this.kernels;
    const { buffer } = this.memory.memory;
    if (high - low <= sourceBytesMax && high - low <= spanFactor * raw + spanExtraBytes) {
      new Uint8Array(buffer, sourceAt, high - low).set(bytes.subarray(low, high));
      for (let i = 0; i < count; i++) {
        starts[i] = (lineStarts[i] as number) - low;
        ends[i] = (lineEnds[i] as number) - low;
      }
      k.gatherLines(sourceAt, lineRegions.starts, lineRegions.ends, count, lineRegions.bytes, packedAt);
      return new Uint8Array(buffer, packedAt, 1)[0] === 1;
    }
    const target = this.memory.bytes;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const start = lineStarts[i] as number;
      const end = lineEnds[i] as number;
      starts[i] = at;
      target.set(bytes.subarray(start, end), at);
      at += end - start;
      ends[i] = at;
      target[at++] = 0x0a;
    }
    return k.hasInnerNewline(lineRegions.bytes, lineRegions.starts, lineRegions.ends, count) === 1;
  }

  private encodeTimes(
    columns: BlockColumns,
    t0Ns: bigint,
    { raw, least }: Sizes,
    allocate: Allocate,
  ): Buffer {
    const { count, offsetsNs, level } = columns;
    const { memory, kernels } = this;
    memory.offsets.set(offsetsNs.subarray(0, count));
    const unit = kernels.timeUnit(lineRegions.offsets, count);
    const stepsEnd = kernels.encodeSteps(lineRegions.offsets, count, unit, packedAt);
    if (stepsEnd === 0) throw new RangeError('entries of a block do not ascend by time');
    const steps = Buffer.from(memory.memory.buffer, packedAt, stepsEnd - packedAt);
    const shape = this.encodeShape(level.subarray(0, count), least, stepsEnd);
    const packed = shape.length < packableBytesMin ? undefined : this.codec.compress(shape, 1);
    const stored = packed ?? shape;
    const column = allocate(tsLayout.steps + steps.length + stored.length);
    column.writeBigInt64LE(t0Ns, tsLayout.firstNs);
    column.writeUInt32LE(count, tsLayout.entries);
    column.writeUInt32LE(raw, tsLayout.rawBytes);
    column.writeUInt32LE(steps.length, tsLayout.stepsBytes);
    column.writeUInt32LE(shape.length, tsLayout.shapeBytes);
    column.writeUInt32LE(least, tsLayout.lengthLeast);
    column.set(steps, tsLayout.steps);
    column.set(stored, tsLayout.steps + steps.length);
    return sealColumn(column, {
      kind: 'ts',
      codec: packed === undefined ? codecIds.plain : codecIds.zstd,
      detail: Math.round(Math.log10(unit)),
    });
  }

  /** Line lengths, less the shortest, and levels, written at `at`. */
  private encodeShape(level: Uint8Array, least: number, at: number): Uint8Array {
    const { memory, kernels } = this;
    const count = level.length;
    let end = kernels.encodeLengths(lineRegions.starts, lineRegions.ends, count, least, at);
    const out = new Uint8Array(memory.memory.buffer);
    const first = level[0] as number;
    if (level.every((code) => code === first)) {
      out[end++] = levelModes.same;
      out[end++] = first;
    } else {
      out[end++] = levelModes.nibbles;
      memory.level.set(level);
      end = kernels.encodeNibbles(lineRegions.level, count, end);
    }
    return out.subarray(at, end);
  }

  /** As columns if that is clearly smaller, and gives back the lines. */
  private encodeSmaller(
    textBytes: number,
    count: number,
    options: EncodeOptions,
    allocate: Allocate,
  ): Buffer {
    const { level = 1, onWrongColumns } = options;
    const { bytes: text, starts, ends } = lineRegions;
    this.lineColumns ??= new LineColumnsEncoder(this.memory.memory, columnsAt, this.codec);
    const columns = this.lineColumns.encode({ text, starts, ends, count, textBytes });
    if (columns !== undefined && this.isSmaller(columns, textBytes, level)) {
      if (this.givesBack(columns, textBytes)) return columns;
      onWrongColumns?.();
    }
    return this.encodeText(textBytes, level, allocate);
  }

  private isSmaller(columns: Buffer, textBytes: number, level: number): boolean {
    const text = this.memory.bytes.subarray(0, textBytes);
    const bytesAt = (textLevel: number): number => this.codec.compress(text, textLevel)?.length ?? textBytes;
    // Higher levels take many times as long as level 1, and seldom a fourth off.
    return (
      columns.length <= surelySmallerShare * bytesAt(1) || columns.length <= smallerShare * bytesAt(level)
    );
  }

  private givesBack(columns: Buffer, textBytes: number): boolean {
    this.decoder ??= new LineColumnsDecoder(this.memory.memory, decoderAt, this.codec);
    const text = this.memory.bytes.subarray(0, textBytes);
    try {
      // The lines' source is not needed any more.
      const bytes = this.decoder.decode(columns, sourceAt);
      return text.equals(new Uint8Array(this.memory.memory.buffer, sourceAt, bytes));
    } catch (error) {
      if (error instanceof CorruptBlockError) return false;
      throw error;
    }
  }

  private encodeText(textBytes: number, level: number, allocate: Allocate): Buffer {
    const text = this.memory.bytes.subarray(0, textBytes);
    const packed = this.codec.compress(text, level);
    const stored = packed ?? text;
    const column = allocate(linesLayout.payload + stored.length);
    column.writeUInt32LE(textBytes, linesLayout.unpackedBytes);
    column.set(stored, linesLayout.payload);
    const codec = packed === undefined ? codecIds.plain : codecIds.zstd;
    return sealColumn(column, { kind: 'lines', codec, detail: 0, version: linesVersions.text });
  }
}

function measure(columns: BlockColumns): Sizes {
  const { count, bytes, offsetsNs, lineStarts, lineEnds, metadataStarts, metadataEnds } = columns;
  if (count < 1 || count > blockEntriesMax) {
    throw new RangeError(`a block of ${count} entries, 1 to ${blockEntriesMax} allowed`);
  }
  let raw = 0;
  let metadataRaw = 0;
  let least = Number.POSITIVE_INFINITY;
  let low = bytes.length;
  let high = 0;
  for (let i = 0; i < count; i++) {
    const start = lineStarts[i] as number;
    const end = lineEnds[i] as number;
    if (start < low) low = start;
    if (end > high) high = end;
    if (end < start) throw new RangeError(`line ${i} of a block ends before it starts`);
    if (end - start < least) least = end - start;
    raw += end - start;
    metadataRaw += (metadataEnds[i] as number) - (metadataStarts[i] as number);
  }
  if (high > bytes.length) throw new RangeError(`a line of a block ends at ${high} of ${bytes.length} bytes`);
  const spanNs = (offsetsNs[count - 1] as number) - (offsetsNs[0] as number);
  const limits = [
    ['line bytes', raw, blockRawBytesMax],
    ['metadata bytes', metadataRaw, blockMetadataBytesMax],
    ['nanoseconds', spanNs, blockSpanNsMax],
  ] as const;
  for (const [what, value, max] of limits) {
    if (value > max) throw new RangeError(`a block of ${value} ${what}, at most ${max} allowed`);
  }
  return { raw, metadataRaw, least, low, high };
}
