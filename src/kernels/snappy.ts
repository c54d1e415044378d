// Snappy block format, decompression: a wasm kernel on reused memory, plain code where wasm cannot be had.
import { fixedMemory, instantiateKernel, slackBytes } from './wasm.ts';

/** The input is not a snappy block: HTTP 400, `snappy: corrupt input`. */
export class CorruptSnappyError extends Error {
  override readonly name = 'CorruptSnappyError';
  constructor() {
    super('snappy: corrupt input');
  }
}

/** The block says that it decompresses to more than the caller allows. Nothing was allocated. */
export class SnappyTooLargeError extends Error {
  override readonly name = 'SnappyTooLargeError';
  readonly outputBytes: number;
  readonly outputBytesMax: number;
  constructor(outputBytes: number, outputBytesMax: number) {
    super(`snappy: decoded block is too large: ${outputBytes} bytes, at most ${outputBytesMax}`);
    this.outputBytes = outputBytes;
    this.outputBytesMax = outputBytesMax;
  }
}

/** Memory kept between calls; a larger body gets its own memory, which is garbage after the next call. */
const residentBytesMax = 24 * 1024 * 1024;
/** Bodies beyond this (input and output together) are refused whatever the caller allows. */
const memoryBytesMax = 1024 * 1024 * 1024;
const dataAt = 65_536;

interface Decompressor {
  readonly memoryBytes: number;
  readonly memory: WebAssembly.Memory;
  readonly decompress: (...args: number[]) => number;
}

let resident: Decompressor | undefined;
let wasmMissing = false;

/**
 * Decompresses one block. The answer is a view of memory that the next call in this thread overwrites: use or copy
 * it before; it cannot be transferred to another thread. Throws {@link CorruptSnappyError}, or {@link SnappyTooLargeError} before any allocation.
 */
export function snappyDecompress(input: Uint8Array, outputBytesMax: number): Buffer {
  const { outputBytes, bytes } = readLength(input, outputBytesMax);
  const outputAt = dataAt + roundUp(input.length + slackBytes);
  const memoryBytes = outputAt + outputBytes + slackBytes;
  if (memoryBytes > memoryBytesMax) throw new SnappyTooLargeError(outputBytes, memoryBytesMax - outputAt);
  const decompressor = decompressorFor(memoryBytes);
  if (decompressor === undefined) return snappyDecompressWithoutWasm(input, outputBytesMax);
  const memory = new Uint8Array(decompressor.memory.buffer);
  memory.set(input, dataAt);
  const from = dataAt + bytes;
  const done = decompressor.decompress(from, dataAt + input.length, outputAt, outputAt + outputBytes);
  if (done === 0) throw new CorruptSnappyError();
  return Buffer.from(decompressor.memory.buffer, outputAt, outputBytes);
}

/**
 * The same without the kernel, slower, into fresh memory. Not by snappyjs, whose decoder refuses some valid blocks, takes
 * some that are too short, and never ends on a literal of negative length.
 */
export function snappyDecompressWithoutWasm(input: Uint8Array, outputBytesMax: number): Buffer {
  const { outputBytes, bytes } = readLength(input, outputBytesMax);
  const output = Buffer.allocUnsafe(outputBytes);
  let done = 0;
  for (let at = bytes; at < input.length; ) {
    const element = readElement(input, at);
    const { from, length, offset } = element;
    const end = done + length;
    if (end > outputBytes) throw new CorruptSnappyError();
    if (offset === undefined) {
      output.set(input.subarray(from, from + length), done);
      at = from + length;
    } else {
      if (offset === 0 || offset > done) throw new CorruptSnappyError();
      // It may run into what it writes.
      for (let to = done; to < end; to++) output[to] = output[to - offset] as number;
      at = from;
    }
    done = end;
  }
  if (done !== outputBytes) throw new CorruptSnappyError();
  return output;
}

interface Element {
  /** After the tag and its numbers: where the bytes of a literal are. */
  readonly from: number;
  readonly length: number;
  /** How far back the bytes of a copy are; undefined for a literal. */
  readonly offset: number | undefined;
}

function readElement(input: Uint8Array, at: number): Element {
  const tag = input[at] as number;
  const kind = tag & 3;
  const short = (tag >> 2) + 1;
  const width = kind === 0 ? Math.max(0, short - 60) : ([1, 2, 4][kind - 1] as number);
  const from = at + 1 + width;
  if (from > input.length) throw new CorruptSnappyError();
  let value = 0;
  for (let i = width; i > 0; i--) value = value * 256 + (input[at + i] as number);
  if (kind === 0) {
    const length = width > 0 ? value + 1 : short;
    if (length > input.length - from) throw new CorruptSnappyError();
    return { from, length, offset: undefined };
  }
  return kind === 1
    ? { from, length: ((tag >> 2) & 7) + 4, offset: (tag >> 5) * 256 + value }
    : { from, length: short, offset: value };
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Bytes that the block says it gives, and those that say so. */
function readLength(input: Uint8Array, outputBytesMax: number): { outputBytes: number; bytes: number } {
  let outputBytes = 0;
  let scale = 1;
  for (let i = 0; i < 5 && i < input.length; i++) {
    const byte = input[i] as number;
    outputBytes += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (outputBytes > 0xffff_ffff) break;
      if (outputBytes > outputBytesMax) throw new SnappyTooLargeError(outputBytes, outputBytesMax);
      const bytes = i + 1;
      // No element yields more than a copy's 64 bytes for three: a greater length is a lie, found before memory is
      // taken for it.
      if (outputBytes * 3 > (input.length - bytes) * 64) break;
      return { outputBytes, bytes };
    }
    scale *= 128;
  }
  throw new CorruptSnappyError();
}

/** Undefined where this program has no wasm. */
function decompressorFor(bytes: number): Decompressor | undefined {
  if (resident !== undefined && resident.memoryBytes >= bytes) return resident;
  if (wasmMissing) return undefined;
  const memoryBytes = Math.max(bytes, residentBytesMax);
  try {
    const memory = fixedMemory(memoryBytes);
    const { decompress } = instantiateKernel('snappy', memory, ['decompress']);
    const made = { memoryBytes, memory, decompress };
    if (memoryBytes <= residentBytesMax) resident = made;
    return made;
  } catch (error) {
    // Address space is short (RangeError) only now; a kernel that cannot be loaded stays missing.
    if (!(error instanceof RangeError)) wasmMissing = true;
    return undefined;
  }
}
