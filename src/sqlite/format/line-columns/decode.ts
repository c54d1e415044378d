// A lines column of version 2 → its lines, whole or with a few of their fields.
import { crc32 } from 'node:zlib';
import { instantiateKernel, slackBytes } from '../../../kernels/wasm.ts';
import { mebibyte } from '../../../model/units.ts';
import { blockEntriesMax } from '../block.ts';
import { type Codec, codecIds } from '../codec.ts';
import { corrupt } from '../column.ts';
import { VarintReader } from '../varint.ts';
import { type Frame, type LeafTable, readLeafTable } from './directory.ts';
import {
  directoryBytesMax,
  leafBytesMax,
  leavesMax,
  lineColumnsBytesMax,
  lineColumnsLayout,
} from './layout.ts';
import { type Reduction, reduceDirectory, reducedShareMax } from './reduced-directory.ts';

/** What is made of the columns on the way: references to values, and values that are not stored as they are. */
const workBytes = 64 * mebibyte;
/** What stands between what is left of lines may be longer than what stood there. */
const reducedLinesBytesMax = 8 * mebibyte;
const reducedBytesMax = reducedShareMax * directoryBytesMax;
const leafEntryWords = 2;
const leafEntryBytes = 4 * leafEntryWords;
/** Vectors read past the end of a frame. */
const frameSlackBytes = 64;

/** Where lines go: addresses in the decoder's memory. */
export interface LinesTarget {
  /** Room for the column's lines and newlines, for reduced ones 8 MiB, and 64 bytes more, which come to mean nothing. */
  readonly text: number;
  /** Arrays for where lines start and end, counted from `text`. */
  readonly starts: number;
  readonly ends: number;
}

export class LineColumnsDecoder {
  /** What its constructor takes of the memory. */
  static readonly memoryBytes =
    directoryBytesMax +
    reducedBytesMax +
    leafBytesMax +
    leavesMax * (leafEntryBytes + frameSlackBytes) +
    workBytes +
    4 * slackBytes;

  readonly #memory: WebAssembly.Memory;
  readonly #codec: Codec;
  readonly #kernels: Record<'openDecoder' | 'rebuildLines', (...args: number[]) => number>;
  readonly #tableAt: number;
  readonly #directoryAt: number;
  readonly #reducedAt: number;
  readonly #framesAt: number;
  readonly #end: number;

  /** Works in a part of a memory, from `from` on. */
  constructor(memory: WebAssembly.Memory, from: number, codec: Codec) {
    this.#memory = memory;
    this.#codec = codec;
    this.#tableAt = from;
    this.#directoryAt = this.#tableAt + leavesMax * leafEntryBytes + slackBytes;
    this.#reducedAt = this.#directoryAt + directoryBytesMax + slackBytes;
    this.#framesAt = this.#reducedAt + reducedBytesMax + slackBytes;
    this.#end = from + LineColumnsDecoder.memoryBytes;
    this.#kernels = instantiateKernel('rebuild-lines', memory, ['openDecoder', 'rebuildLines']);
  }

  /**
   * Writes the lines, a newline behind each, and returns their bytes. `column` has the right kind, version 2 and a
   * right checksum of head and directory. Throws CorruptBlockError.
   */
  decode(column: Buffer, text: number): number {
    const { directory, reader, table } = this.#open(column);
    const frames = this.#unpackFrames(column, table, undefined);
    this.#tellLeaves(table, frames.places, undefined);
    const textBytes = column.readUInt32LE(lineColumnsLayout.textBytes);
    const description = {
      at: this.#directoryAt + reader.position,
      bytes: directory.length - reader.position,
      leaves: table.leaves.length,
    };
    if (this.#rebuild(description, frames.end, textBytes, { text, starts: 0, ends: 0 }) !== textBytes)
      corrupt('lines', 'has columns that do not fit');
    return textBytes;
  }

  /** The same of `lines` lines with less in them: other frames are neither read nor checked. */
  decodeReduced(column: Buffer, target: LinesTarget, reduction: Reduction, lines: number): number {
    const { directory, reader, table } = this.#open(column);
    const out = new Uint8Array(this.#memory.buffer, this.#reducedAt, reducedBytesMax);
    const { bytes, leaves, count } = reduceDirectory(directory, reader.position, out, reduction);
    if (count !== lines) corrupt('lines', `holds ${count} lines, not ${lines}`);
    if (leaves.some((leaf) => leaf >= table.leaves.length)) corrupt('lines', 'has leaves that do not fit');
    const frames = this.#unpackFrames(column, table, leaves);
    this.#tellLeaves(table, frames.places, leaves);
    const description = { at: this.#reducedAt, bytes, leaves: leaves.length };
    const linesBytes = this.#rebuild(description, frames.end, reducedLinesBytesMax, target);
    if (linesBytes === 0) corrupt('lines', 'has columns that do not fit');
    return linesBytes;
  }

  #rebuild(
    description: { readonly at: number; readonly bytes: number; readonly leaves: number },
    memoryFrom: number,
    bytesMax: number,
    { text, starts, ends }: LinesTarget,
  ): number {
    const { at, bytes, leaves } = description;
    this.#kernels.openDecoder(at, at + bytes, this.#tableAt, leaves, memoryFrom, this.#end);
    return this.#kernels.rebuildLines(text, bytesMax, blockEntriesMax, starts, ends) >>> 0;
  }

  #open(column: Buffer): {
    readonly directory: Uint8Array;
    readonly reader: VarintReader;
    readonly table: LeafTable;
  } {
    const textBytes = column.readUInt32LE(lineColumnsLayout.textBytes);
    if (textBytes < 1 || textBytes > lineColumnsBytesMax) corrupt('lines', `claims ${textBytes} bytes`);
    if (column[3] !== 0) corrupt('lines', `has detail ${column[3]}`);
    const bytes = column.readUInt32LE(lineColumnsLayout.directoryBytes);
    const stored = column.readUInt32LE(lineColumnsLayout.directoryStored);
    if (bytes > directoryBytesMax) corrupt('lines', `claims ${bytes} bytes of directory`);
    const end = lineColumnsLayout.directory + stored;
    const directory = new Uint8Array(this.#memory.buffer, this.#directoryAt, bytes);
    const packed = column.subarray(lineColumnsLayout.directory, end);
    if (!this.#unpack(packed, column[2] as number, directory)) corrupt('lines', 'does not unpack');
    const reader = new VarintReader(directory, 0);
    const table = readLeafTable(reader);
    const storedEnd = table.frames.reduce((at, frame) => at + frame.stored, end);
    if (storedEnd !== column.length) corrupt('lines', `has ${column.length} bytes, not ${storedEnd}`);
    return { directory, reader, table };
  }

  /** Of some leaves or all. `places`: of each frame, where it is now; `end`: where the memory is free. */
  #unpackFrames(
    column: Buffer,
    { leaves, frames }: LeafTable,
    chosen: readonly number[] | undefined,
  ): { readonly places: readonly number[]; readonly end: number } {
    const needed = chosen && new Set(chosen.map((leaf) => leaves[leaf]?.frame));
    const framesFrom = lineColumnsLayout.directory + column.readUInt32LE(lineColumnsLayout.directoryStored);
    let end = this.#framesAt;
    const places = frames.map((frame, i) => {
      const at = end;
      if (needed?.has(i) === false) return at;
      this.#unpackFrame(frame, column.subarray(framesFrom + frame.from), at);
      end += frame.bytes + frameSlackBytes;
      return at;
    });
    return { places, end };
  }

  #unpackFrame({ bytes, stored, checksum }: Frame, column: Buffer, at: number): void {
    const packed = column.subarray(0, stored);
    if (crc32(packed) !== checksum) corrupt('lines', 'does not match a checksum');
    const codec = stored === bytes ? codecIds.plain : codecIds.zstd;
    if (!this.#unpack(packed, codec, new Uint8Array(this.#memory.buffer, at, bytes)))
      corrupt('lines', 'does not unpack');
  }

  /** Writes where the leaves are that the kernel is to read. */
  #tellLeaves({ leaves }: LeafTable, places: readonly number[], chosen: readonly number[] | undefined): void {
    const count = chosen?.length ?? leaves.length;
    const table = new Uint32Array(this.#memory.buffer, this.#tableAt, count * leafEntryWords);
    for (let i = 0; i < count; i++) {
      const leaf = leaves[chosen?.[i] ?? i];
      if (leaf === undefined) corrupt('lines', 'has leaves that do not fit');
      table[i * leafEntryWords] = (places[leaf.frame] as number) + leaf.at;
      table[i * leafEntryWords + 1] = leaf.bytes;
    }
  }

  #unpack(packed: Uint8Array, codec: number, out: Uint8Array): boolean {
    if (codec === codecIds.zstd) return this.#codec.decompress(packed, out);
    if (codec !== codecIds.plain || packed.length !== out.length) return false;
    out.set(packed);
    return true;
  }
}
