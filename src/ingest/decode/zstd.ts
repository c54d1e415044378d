// Zstd frames (RFC 8878) from clients, by the libraries in C only: fzstd allocates the window that a header asks for
// (up to 2 GB), moves all of it for every block, and runs on after the end of a block's bits.
import { type NodeZstd, nodeZstd, zstdBinding } from '../../kernels/zstd-binding.ts';
import { CorruptFrameError, FrameTooLargeError } from './compressed-frames.ts';
import { zstdFrames } from './zstd-frames.ts';

type Decompress = (input: Uint8Array, bytesMax: number) => Buffer;

const firstBytesMin = 16_384;
/** Each costs a microsecond or, with Node's, ten, however small it is; senders make one, or one for each megabyte. */
const framesMax = 10_000;

let opened: Decompress | undefined;

/** Contents of all frames, one after the other. Throws CorruptFrameError, FrameTooLargeError above `bytesMax`. */
export function zstdDecompress(input: Uint8Array, bytesMax: number): Buffer {
  opened ??= byBinding() ?? byNode();
  if (opened === undefined) throw new CorruptFrameError('neither zstd-napi nor Node 22.15 is installed');
  return opened(input, bytesMax);
}

function byBinding(): Decompress | undefined {
  const binding = zstdBinding();
  if (binding === undefined) return undefined;
  const { ResetDirective } = binding;
  // One for all: it keeps its tables and, while bodies need it, a window.
  const context = new binding.DCtx();
  return (input, bytesMax) => {
    context.reset(ResetDirective.sessionOnly);
    let output: Buffer = Buffer.allocUnsafe(
      Math.min(bytesMax + 1, Math.max(firstBytesMin, input.length * 8)),
    );
    let length = 0;
    let at = 0;
    let frames = 0;
    for (;;) {
      const [left, produced, consumed] = stepOf(() =>
        context.decompressStream(output.subarray(length), input.subarray(at)),
      );
      length += produced;
      at += consumed;
      if (length > bytesMax) throw new FrameTooLargeError(`more than ${bytesMax} bytes`);
      if (left === 0 && ++frames > framesMax) throw tooManyFrames();
      // Nothing is left of a frame, nor of the input.
      if (left === 0 && at === input.length) return output.subarray(0, length);
      if (length === output.length) output = enlarged(output, bytesMax + 1);
      else if (at === input.length) throw new CorruptFrameError('unexpected EOF');
    }
  };
}

const tooManyFrames = (): CorruptFrameError => new CorruptFrameError(`more than ${framesMax} frames`);

function stepOf<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw new CorruptFrameError(cause instanceof Error ? cause.message : 'corrupt input', { cause });
  }
}

function enlarged(bytes: Buffer, bytesMax: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(bytesMax, bytes.length * 2));
  bytes.copy(larger);
  return larger;
}

/** Node's function ends with the first frame, and takes one that is cut for whole: the frames are found before. */
function byNode(): Decompress | undefined {
  const node = nodeZstd();
  if (node === undefined) return undefined;
  return (input, bytesMax) => {
    const frames = zstdFrames(input);
    if (frames === undefined || input.length === 0) throw new CorruptFrameError('unexpected EOF');
    if (frames.length > framesMax) throw tooManyFrames();
    const parts: Buffer[] = [];
    let length = 0;
    for (const frame of frames) {
      // Node knows no limit of nothing.
      const part = nodeFrame(node, frame, Math.max(bytesMax - length, 1));
      if (part === undefined || length + part.length > bytesMax)
        throw new FrameTooLargeError(`more than ${bytesMax} bytes`);
      length += part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  };
}

/** Undefined: it is larger. */
function nodeFrame(node: NodeZstd, frame: Uint8Array, bytesMax: number): Buffer | undefined {
  try {
    return node.zstdDecompressSync(frame, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw new CorruptFrameError(cause instanceof Error ? cause.message : 'corrupt input', { cause });
  }
}
