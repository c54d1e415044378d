// One interface over the zstd there is: zstd-napi, Node's own (from 22.15), or fzstd, which only decodes. All write
// and read standard frames. A block's codec byte says what its bytes are, not who wrote them.
import zlib from 'node:zlib';
import { decompress as fzstdDecompress } from 'fzstd';
import { nodeZstd, zstdBinding } from '../../kernels/zstd-binding.ts';
import { frameContentBytes } from './zstd-frame.ts';

/** The codec byte of a column. */
export const codecIds = { plain: 0, zstd: 1 } as const;

export interface Codec {
  /** Which library: for the start-up log and tests. */
  readonly name: 'zstd-napi' | 'node' | 'fzstd';
  /**
   * One zstd frame of `input`: a view that the next call overwrites. Undefined when this codec only decodes or the
   * frame would not be smaller than the input: the bytes are then stored plain.
   */
  compress(input: Uint8Array, level: number): Uint8Array | undefined;
  /** Decompresses one frame that must fill `output` exactly. False when the input is corrupt. */
  decompress(input: Uint8Array, output: Uint8Array): boolean;
}

/** The best codec here. Opened once for each thread that asks; contexts and buffers are reused. */
export function openCodec(): Codec {
  return zstdNapi() ?? nodeCodec() ?? fzstd;
}

/** All codecs that work here, best first. */
export function availableCodecs(): readonly Codec[] {
  return [zstdNapi(), nodeCodec(), fzstd].filter((codec) => codec !== undefined);
}

/** Scratch for compressed bytes above this is not kept: room for a group commit of 4 MB. */
const scratchBytesKept = 5 * 1024 * 1024;
const scratchBytesMin = 512 * 1024;

function zstdNapi(): Codec | undefined {
  const binding = zstdBinding();
  if (binding === undefined) return undefined;
  const compressor = new binding.CCtx();
  const decompressor = new binding.DCtx();
  let scratch = new Uint8Array(0);
  return {
    name: 'zstd-napi',
    compress(input, level) {
      const bound = binding.compressBound(input.length);
      const output = bound <= scratch.length ? scratch : new Uint8Array(Math.max(bound, scratchBytesMin));
      if (output.length <= scratchBytesKept) scratch = output;
      const bytes = compressor.compress(output, input, level);
      return bytes < input.length ? output.subarray(0, bytes) : undefined;
    },
    decompress(input, output) {
      try {
        return decompressor.decompress(output, input) === output.length;
      } catch {
        return false;
      }
    },
  };
}

function nodeCodec(): Codec | undefined {
  const node = nodeZstd();
  if (node === undefined) return undefined;
  const constants = zlib.constants as unknown as Record<string, number>;
  const levelParameter = constants.ZSTD_c_compressionLevel ?? 100;
  return {
    name: 'node',
    compress(input, level) {
      const output = node.zstdCompressSync(input, { params: { [levelParameter]: level } });
      return output.length < input.length ? output : undefined;
    },
    decompress(input, output) {
      try {
        const bytes = node.zstdDecompressSync(input, { maxOutputLength: Math.max(1, output.length) });
        if (bytes.length !== output.length) return false;
        output.set(bytes);
        return true;
      } catch {
        return false;
      }
    },
  };
}

const fzstd: Codec = {
  name: 'fzstd',
  compress: () => undefined,
  decompress(input, output) {
    try {
      // It allocates what the frame's header says: look first.
      if (frameContentBytes(input) !== output.length) return false;
      const bytes = fzstdDecompress(input);
      if (bytes.length !== output.length) return false;
      output.set(bytes);
      return true;
    } catch {
      return false;
    }
  },
};
