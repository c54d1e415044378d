// Lines → a lines column of version 2: templates, and columns of what differs.
import { crc32 } from 'node:zlib';
import { instantiateKernel, slackBytes } from '../../../kernels/wasm.ts';
import { mebibyte } from '../../../model/units.ts';
import { type Codec, codecIds } from '../codec.ts';
import { sealColumn } from '../column.ts';
import { writeVarint } from '../varint.ts';
import {
  directoryBytesMax,
  leafBytesMax,
  leafPlaces,
  leavesMax,
  lineColumnsBytesMax,
  lineColumnsLayout,
} from './layout.ts';

/** Columns do not become smaller by higher levels. */
const level = 1;
/** A leaf of at least so many bytes has a frame of its own, so that it can be read alone. */
const ownFrameBytesMin = 1024;
/**
 * Lines that are no JSON or logfmt, or of a template of their own, may be so many hundredths of all bytes: no query reads
 * a part of them alone, and all of them are read faster from text.
 */
const defaultFieldlessShareMax = 20;
const slotsMax = 256 * 1024;
const slotBytes = 16;
const scratchBytes = 32 * mebibyte;
const leafEntryWords = 3;
const varintBytesMax = 8;
const crcBytes = 4;

export interface LinesInMemory {
  readonly text: number;
  readonly starts: number;
  readonly ends: number;
  readonly count: number;
  /** With a newline for each line. */
  readonly textBytes: number;
  /** For tests: 100 takes any lines. */
  readonly fieldlessShareMax?: number;
}

interface Leaf {
  readonly bytes: Uint8Array;
  readonly place: number;
}

export class LineColumnsEncoder {
  /** What its constructor takes of the memory. */
  static readonly memoryBytes =
    slotsMax * slotBytes +
    scratchBytes +
    directoryBytesMax +
    leafBytesMax +
    leavesMax * leafEntryWords * 4 +
    6 * slackBytes;

  readonly #memory: WebAssembly.Memory;
  readonly #codec: Codec;
  readonly #kernels: Record<
    'openEncoder' | 'openOutput' | 'encodeLines' | 'directoryEnd' | 'leafTableEnd',
    (...args: number[]) => number
  >;
  readonly #slotsAt: number;
  readonly #scratchAt: number;
  readonly #directoryAt: number;
  readonly #leavesAt: number;
  readonly #tableAt: number;

  /** Works in a part of the memory that holds the lines, from `from` on. */
  constructor(memory: WebAssembly.Memory, from: number, codec: Codec) {
    this.#memory = memory;
    this.#codec = codec;
    this.#slotsAt = from;
    this.#scratchAt = this.#slotsAt + slotsMax * slotBytes + slackBytes;
    this.#directoryAt = this.#scratchAt + scratchBytes + slackBytes;
    this.#leavesAt = this.#directoryAt + directoryBytesMax + slackBytes;
    this.#tableAt = this.#leavesAt + leafBytesMax + slackBytes;
    this.#kernels = instantiateKernel('encode-lines', memory, [
      'openEncoder',
      'openOutput',
      'encodeLines',
      'directoryEnd',
      'leafTableEnd',
    ]);
  }

  /**
   * `lines` are addresses in the memory: of the text, a newline behind each line, and of arrays whose distances are the
   * lines' lengths. Undefined when the lines do not suit.
   */
  encode(lines: LinesInMemory): Buffer | undefined {
    const { text, starts, ends, count, textBytes, fieldlessShareMax = defaultFieldlessShareMax } = lines;
    if (textBytes > lineColumnsBytesMax) return undefined;
    const k = this.#kernels;
    const tableEnd = this.#tableAt + leavesMax * leafEntryWords * 4;
    k.openEncoder(this.#slotsAt, slotsMax, this.#scratchAt, this.#scratchAt + scratchBytes);
    k.openOutput(
      this.#directoryAt,
      this.#directoryAt + directoryBytesMax,
      this.#leavesAt,
      this.#leavesAt + leafBytesMax,
      this.#tableAt,
      tableEnd,
    );
    if (k.encodeLines(text, starts, ends, count, textBytes, fieldlessShareMax) === 0) return undefined;
    const description = Buffer.from(
      this.#memory.buffer,
      this.#directoryAt,
      k.directoryEnd() - this.#directoryAt,
    );
    return this.#assemble(this.#leaves(k.leafTableEnd()), description, textBytes);
  }

  #leaves(tableEnd: number): Leaf[] {
    const { buffer } = this.#memory;
    const words = new Uint32Array(buffer, this.#tableAt, (tableEnd - this.#tableAt) / 4);
    const leaves: Leaf[] = [];
    for (let at = 0; at < words.length; at += leafEntryWords) {
      const [kind, address, bytes] = words.subarray(at, at + leafEntryWords) as unknown as [
        number,
        number,
        number,
      ];
      const shared = kind === 0 ? leafPlaces.text : leafPlaces.numbers;
      leaves.push({
        bytes: new Uint8Array(buffer, address, bytes),
        place: bytes >= ownFrameBytesMin ? leafPlaces.own : shared,
      });
    }
    return leaves;
  }

  #assemble(leaves: readonly Leaf[], description: Buffer, textBytes: number): Buffer {
    const inPlace = (place: number): Uint8Array[] =>
      leaves.filter((leaf) => leaf.place === place).map(({ bytes }) => bytes);
    const shared = [leafPlaces.text, leafPlaces.numbers].map(inPlace).filter(({ length }) => length > 0);
    const unpacked = [...inPlace(leafPlaces.own), ...shared.map((leaf) => Buffer.concat(leaf))];
    const frames = unpacked.map((bytes) => Buffer.from(this.#codec.compress(bytes, level) ?? bytes));
    const directory = directoryOf(leaves, frames, description);
    const packed = this.#codec.compress(directory, level);
    const stored = packed ?? directory;
    const head = Buffer.alloc(lineColumnsLayout.directory + stored.length);
    head.writeUInt32LE(textBytes, lineColumnsLayout.textBytes);
    head.writeUInt32LE(stored.length, lineColumnsLayout.directoryStored);
    head.writeUInt32LE(directory.length, lineColumnsLayout.directoryBytes);
    head.set(stored, lineColumnsLayout.directory);
    const codec = packed === undefined ? codecIds.plain : codecIds.zstd;
    // The checksum is of the head and the directory: each frame has its own.
    sealColumn(head, { kind: 'lines', codec, detail: 0 });
    return Buffer.concat([head, ...frames]);
  }
}

/** The table of leaves, each frame's stored bytes and checksum, and what the kernel wrote. */
function directoryOf(leaves: readonly Leaf[], frames: readonly Buffer[], description: Buffer): Buffer {
  const bytesMax =
    varintBytesMax * (1 + 2 * leaves.length) +
    frames.length * (varintBytesMax + crcBytes) +
    description.length;
  const directory = Buffer.allocUnsafe(bytesMax);
  let at = writeVarint(directory, 0, leaves.length);
  for (const { bytes, place } of leaves) {
    at = writeVarint(directory, at, bytes.length);
    at = writeVarint(directory, at, place);
  }
  for (const frame of frames) {
    at = writeVarint(directory, at, frame.length);
    at = directory.writeUInt32LE(crc32(frame), at);
  }
  description.copy(directory, at);
  return directory.subarray(0, at + description.length);
}
