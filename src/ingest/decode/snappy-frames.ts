// The framing format of snappy, which streams are written in: chunks of a kind and a length, most of them a snappy block
// with the CRC-32C of what it holds.
import { CorruptSnappyError, SnappyTooLargeError, snappyDecompress } from '../../kernels/snappy.ts';
import { CorruptFrameError, FrameTooLargeError } from './compressed-frames.ts';

const identifier = Buffer.from('ff060000734e61507059', 'hex');
const kind = { block: 0x00, plain: 0x01, skippableMin: 0x80, identifier: 0xff } as const;
const headBytes = 4;
const sumBytes = 4;
/** What one chunk may hold when it is decompressed. */
const chunkBytesMax = 65_536;

/** True for the framing format; a block begins otherwise. */
export const isSnappyFramed = (input: Uint8Array): boolean =>
  identifier.equals(input.subarray(0, identifier.length));

/** Decompresses all chunks. Throws CorruptFrameError, or FrameTooLargeError above the limit. */
export function snappyFramesDecompress(input: Uint8Array, outputBytesMax: number): Buffer {
  let output = Buffer.allocUnsafeSlow(Math.min(outputBytesMax, Math.max(input.length * 4, chunkBytesMax)));
  let done = 0;
  const add = (bytes: Uint8Array, sum: number): void => {
    if (done + bytes.length > outputBytesMax) throw new FrameTooLargeError('the output is too large');
    if (maskedCrc32c(bytes) !== sum) throw new CorruptFrameError('a checksum does not fit');
    if (done + bytes.length > output.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(outputBytesMax, Math.max(output.length * 2, done + bytes.length)),
      );
      larger.set(output.subarray(0, done));
      output = larger;
    }
    output.set(bytes, done);
    done += bytes.length;
  };
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  for (let at = 0; at < input.length; ) {
    if (at + headBytes > input.length) throw new CorruptFrameError('a chunk is cut');
    const head = view.getUint32(at, true);
    const start = at + headBytes;
    const end = start + (head >>> 8);
    if (end > input.length) throw new CorruptFrameError('a chunk is cut');
    const chunkKind = head & 0xff;
    if (chunkKind === kind.block || chunkKind === kind.plain) {
      if (end - start < sumBytes) throw new CorruptFrameError('a chunk has no checksum');
      const held = input.subarray(start + sumBytes, end);
      add(chunkKind === kind.plain ? plain(held) : block(held), view.getUint32(start, true));
    } else if (chunkKind < kind.skippableMin) throw new CorruptFrameError(`a chunk of kind ${chunkKind}`);
    at = end;
  }
  return output.subarray(0, done);
}

function plain(held: Uint8Array): Uint8Array {
  if (held.length > chunkBytesMax) throw new CorruptFrameError('a chunk is too large');
  return held;
}

function block(held: Uint8Array): Uint8Array {
  try {
    return snappyDecompress(held, chunkBytesMax);
  } catch (error) {
    if (error instanceof CorruptSnappyError || error instanceof SnappyTooLargeError)
      throw new CorruptFrameError('a block is corrupt', { cause: error });
    throw error;
  }
}

/** Castagnoli's polynomial, reflected. */
const polynomial = 0x82f63b78;
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  return crc;
});

/** As the format stores it: turned by 15 bits, with a constant added. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++)
    crc = (crcTable[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  const sum = ~crc >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282_ead8) >>> 0;
}
