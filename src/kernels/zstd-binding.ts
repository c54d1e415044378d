// The zstd libraries in C that this machine has: zstd-napi, compiled on installation, and Node's own from 22.15.
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import type * as Binding from 'zstd-napi/binding.js';

const require = createRequire(import.meta.url);

/** Undefined where it was not built: an optional native addon. */
export function zstdBinding(): typeof Binding | undefined {
  try {
    return require('zstd-napi/binding') as typeof Binding;
  } catch {
    return undefined;
  }
}

export interface NodeZstd {
  zstdCompressSync(input: Uint8Array, options: { params: Record<number, number> }): Buffer;
  /** Throws `ERR_BUFFER_TOO_LARGE` above `maxOutputLength`. */
  zstdDecompressSync(input: Uint8Array, options: { maxOutputLength: number }): Buffer;
}

/** Undefined before Node 22.15. */
export function nodeZstd(): NodeZstd | undefined {
  return 'zstdCompressSync' in zlib ? (zlib as unknown as NodeZstd) : undefined;
}
