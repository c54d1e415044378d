// LZ4 frames (lz4_Frame_format.md, lz4_Block_format.md of the LZ4 project), as OTLP exporters send them. The sums over
// blocks and contents are not checked: TCP has sums of its own, and what is wrong inside is found by the decoder.

import { CorruptFrameError, FrameTooLargeError, isSkippable } from './compressed-frames.ts';

const frameMagic = 0x184d2204;
const minMatchBytes = 4;

/** Contents of all frames, one after the other. Throws CorruptFrameError, FrameTooLargeError above `bytesMax`. */
export function lz4Decompress(body: Uint8Array, bytesMax: number): Buffer {
  const input = Buffer.from(body.buffer, body.byteOffset, body.length);
  const out = new Output(Math.min(bytesMax, Math.max(1024, input.length * 4)), bytesMax);
  for (let at = 0; at < input.length; ) {
    const magic = read32(input, at);
    if (magic === frameMagic) at = readFrame(input, at + 4, out);
    else if (isSkippable(magic)) at += 8 + read32(input, at + 4);
    else throw new CorruptFrameError('no frame');
  }
  return out.bytes.subarray(0, out.length);
}

/** Returns where the frame ends. */
function readFrame(input: Buffer, start: number, out: Output): number {
  const flags = byteAt(input, start);
  if (flags >> 6 !== 1) throw new CorruptFrameError('unknown version');
  const [hasBlockSums, hasSize, hasSum, hasDictionary] = [16, 8, 4, 1].map((bit) => (flags & bit) !== 0);
  if (hasDictionary) throw new CorruptFrameError('needs a dictionary');
  // Flags, block size, content size, sum of the head.
  let at = start + 2 + (hasSize ? 8 : 0) + 1;
  const frameStart = out.length;
  for (;;) {
    const size = read32(input, at);
    at += 4;
    if (size === 0) return at + (hasSum ? 4 : 0);
    const end = at + (size & 0x7fffffff);
    if (end > input.length) throw new CorruptFrameError('cut in a block');
    if (size >>> 31 === 1) out.append(input, at, end);
    else readBlock(input.subarray(0, end), at, { out, firstByte: frameStart });
    at = end + (hasBlockSums ? 4 : 0);
  }
}

/** `firstByte`: matches do not reach back beyond it. */
function readBlock(
  input: Buffer,
  start: number,
  { out, firstByte }: { out: Output; firstByte: number },
): void {
  let at = start;
  /** Fifteen means: further bytes are added, up to one that is not 255. */
  const length = (nibble: number): number => {
    let sum = nibble;
    if (nibble === 15) for (let byte = 255; byte === 255; sum += byte) byte = byteAt(input, at++);
    return sum;
  };
  while (at < input.length) {
    const token = byteAt(input, at++);
    const literals = length(token >> 4);
    if (at + literals > input.length) throw new CorruptFrameError('cut in literals');
    out.append(input, at, at + literals);
    at += literals;
    // The last sequence has literals only.
    if (at === input.length) return;
    const offset = byteAt(input, at) | (byteAt(input, at + 1) << 8);
    at += 2;
    if (offset === 0 || out.length - offset < firstByte)
      throw new CorruptFrameError('a match before the start');
    out.repeat(offset, length(token & 15) + minMatchBytes);
  }
}

function byteAt(input: Buffer, at: number): number {
  const byte = input[at];
  if (byte === undefined) throw new CorruptFrameError('cut');
  return byte;
}

function read32(input: Buffer, at: number): number {
  if (at + 4 > input.length) throw new CorruptFrameError('cut');
  return input.readUInt32LE(at);
}

class Output {
  readonly #bytesMax: number;
  bytes: Buffer;
  length = 0;

  constructor(bytes: number, bytesMax: number) {
    this.bytes = Buffer.allocUnsafe(bytes);
    this.#bytesMax = bytesMax;
  }

  append(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    from.copy(this.bytes, this.length, start, end);
    this.length += end - start;
  }

  /** Appends what lies `offset` bytes back, which may run into what it appends. */
  repeat(offset: number, count: number): void {
    this.#reserve(count);
    const { bytes, length } = this;
    const end = length + count;
    if (offset >= count) bytes.copyWithin(length, length - offset, length - offset + count);
    else for (let to = length; to < end; to++) bytes[to] = bytes[to - offset] as number;
    this.length = end;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (needed > this.#bytesMax) throw new FrameTooLargeError(`more than ${this.#bytesMax} bytes`);
    const larger = Buffer.allocUnsafe(Math.min(this.#bytesMax, Math.max(needed, this.bytes.length * 2)));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
