// From a body as received to plain bytes: content encodings, each with bounded input and output.
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { CorruptSnappyError, SnappyTooLargeError, snappyDecompress } from '../../kernels/snappy.ts';
import type { BodyLimits } from '../limits/limits.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import { CorruptFrameError, FrameTooLargeError } from './compressed-frames.ts';
import { gunzipMembers } from './gzip-members.ts';
import { lz4Decompress } from './lz4.ts';
import { isSnappyFramed, snappyFramesDecompress } from './snappy-frames.ts';
import { zstdDecompress } from './zstd.ts';

export const tooLarge = (sizeBytes: number, limitBytes: number): PushError =>
  new PushError(
    413,
    `request body too large: message size too large than max (${sizeBytes} vs ${limitBytes})`,
  );

const tooLargeDecompressed = (sizeBytes: number, limitBytes: number): PushError =>
  new PushError(
    413,
    `request body too large: decompressed message size too large than max (${sizeBytes} vs ${limitBytes})`,
  );

export type Encoding = 'none' | 'gzip' | 'deflate' | 'zstd' | 'lz4' | 'snappy';

/**
 * Decompresses a body. Throws PushError 413 above a limit (and stops there), 400 when it is corrupt. What was a snappy
 * block is memory that the next call uses again.
 */
export function decompress(body: Uint8Array, encoding: Encoding, limits: BodyLimits): Uint8Array {
  if (body.length > limits.maxRecvMsgSizeBytes) throw tooLarge(body.length, limits.maxRecvMsgSizeBytes);
  const bytesMax = limits.maxDecompressedSizeBytes;
  switch (encoding) {
    case 'none':
      return body;
    case 'gzip':
      return inflate(body, limits, gunzip, 'gzip: invalid header');
    case 'deflate':
      return looksLikeZlib(body)
        ? inflate(body, limits, inflateSync, 'zlib: invalid header')
        : inflate(body, limits, inflateRawSync, 'flate: corrupt input');
    case 'zstd':
      return framed(encoding, () => zstdDecompress(body, bytesMax), bytesMax);
    case 'lz4':
      return framed(encoding, () => lz4Decompress(body, bytesMax), bytesMax);
    case 'snappy':
      return isSnappyFramed(body)
        ? framed(encoding, () => snappyFramesDecompress(body, bytesMax), bytesMax)
        : decompressSnappy(body, limits);
  }
}

type Inflate = (body: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer;

function inflate(body: Uint8Array, limits: BodyLimits, run: Inflate, corrupt: string): Uint8Array {
  if (body.length === 0) throw badRequest('EOF');
  const maxOutputLength = limits.maxDecompressedSizeBytes;
  try {
    // Output comes in chunks; a size near the usual result saves joining them.
    const chunkSize = Math.min(1 << 20, Math.max(16_384, body.length * 8));
    return run(body, { maxOutputLength, chunkSize });
  } catch (error) {
    const code = zlibCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLargeDecompressed(maxOutputLength + 1, maxOutputLength);
    if (code === 'Z_BUF_ERROR') throw badRequest('unexpected EOF');
    throw badRequest(corrupt);
  }
}

/** As gunzipSync, but bytes after the last member that are no member are ignored. */
const gunzip: Inflate = (body, options) => {
  try {
    return gunzipSync(body, options);
  } catch (error) {
    const members =
      zlibCode(error) === 'Z_DATA_ERROR' ? gunzipMembers(body, options.maxOutputLength) : undefined;
    if (members === undefined) throw error;
    return members;
  }
};

const zlibCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** A zlib header: method 8 and a check sum over two bytes. No sensible raw deflate stream starts so. */
const looksLikeZlib = (body: Uint8Array): boolean =>
  body.length >= 2 &&
  ((body[0] as number) & 0x0f) === 8 &&
  (((body[0] as number) << 8) | (body[1] as number)) % 31 === 0;

/** What a decoder of frames throws, as an answer. */
function framed(name: string, run: () => Uint8Array, bytesMax: number): Uint8Array {
  try {
    return run();
  } catch (error) {
    if (error instanceof FrameTooLargeError) throw tooLargeDecompressed(bytesMax + 1, bytesMax);
    if (error instanceof CorruptFrameError) throw badRequest(`${name}: ${error.message}`);
    throw error;
  }
}

/**
 * Decodes a snappy block. The result is the kernel's memory, valid until the next call. Throws PushError 413 when the
 * block announces more than the limit, 400 when it is corrupt.
 */
export function decompressSnappy(body: Uint8Array, limits: BodyLimits): Buffer {
  try {
    return snappyDecompress(body, limits.maxDecompressedSizeBytes);
  } catch (error) {
    if (error instanceof SnappyTooLargeError) {
      throw tooLargeDecompressed(error.outputBytes, error.outputBytesMax);
    }
    if (error instanceof CorruptSnappyError) throw badRequest('snappy: corrupt input');
    throw error;
  }
}

/**
 * The encodings of push: none, gzip, deflate (raw or zlib), zstd; `snappy` says nothing (protobuf is always a
 * snappy block, JSON never). Throws PushError 400 for another.
 */
export function pushEncoding(header: string | undefined): Encoding {
  switch (header ?? '') {
    case '':
    case 'snappy':
      return 'none';
    case 'gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'zstd':
      return 'zstd';
    default:
      throw badRequest(`Content-Encoding "${header}" not supported`);
  }
}

/** The encodings of the ways in that other systems have. Throws PushError 400 for another. */
export function anyEncoding(header: string | undefined): Encoding {
  switch ((header ?? '').toLowerCase()) {
    case '':
    case 'identity':
      return 'none';
    case 'gzip':
      return 'gzip';
    case 'zstd':
      return 'zstd';
    case 'lz4':
      return 'lz4';
    case 'deflate':
    case 'zlib':
      return 'deflate';
    case 'snappy':
    case 'x-snappy-framed':
      return 'snappy';
    default:
      throw badRequest(
        `unsupported content encoding ${header}: only deflate, gzip, lz4, snappy, zlib and zstd are supported`,
      );
  }
}
