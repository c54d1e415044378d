// The engine's stream of frames (containers without TTY):
//   stream (0 stdin, 1 stdout, 2 stderr, 3 the engine's own error), 0, 0, 0, payload length (big-endian), payload

/**
 * A frame whose payload is `bytes[start, end)`: valid during the call. `truncatedBytes`: how many bytes in its middle were
 * left out because it was too long; its last byte is there.
 */
export type OnFrame = (
  stream: 'stdout' | 'stderr' | 'error',
  bytes: Buffer,
  start: number,
  end: number,
  truncatedBytes: number,
) => void;

/** The bytes are no frames: the container has a TTY, or something else answered. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const headerBytes = 8;
/** Docker sends pieces of 16 KiB, Podman lines of any length. What says more is no frame. */
export const framePayloadBytesMax = 2 ** 30;
const streams = ['stdout', 'stdout', 'stderr', 'error'] as const;

/** A frame whose end has not come. */
interface LongFrame {
  readonly stream: (typeof streams)[number];
  readonly kept: Buffer;
  keptBytes: number;
  leftBytes: number;
  truncatedBytes: number;
}

/** Cuts chunks into frames, wherever the chunks are cut. */
export class FrameDecoder {
  readonly #keptBytesMax: number;
  /** A header that is not whole. */
  #rest: Buffer = Buffer.alloc(0);
  #long: LongFrame | undefined;

  /** Of a longer payload the first `keptBytesMax` bytes are kept, and its last one. */
  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** Hands on the frames that are whole now. Throws {@link FrameError}, and what `onFrame` throws. */
  push(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = this.#goOn(bytes, onFrame);
    while (bytes.length - at >= headerBytes) {
      const stream = streams[bytes[at] as number];
      if (stream === undefined || bytes[at + 1] || bytes[at + 2] || bytes[at + 3])
        throw new FrameError(`no frame header: ${bytes.toString('hex', at, at + headerBytes)}`);
      const length = bytes.readUInt32BE(at + 4);
      if (length > framePayloadBytesMax) throw new FrameError(`frame of ${length} bytes`);
      at += headerBytes;
      if (bytes.length - at >= length && length <= this.#keptBytesMax) {
        onFrame(stream, bytes, at, at + length, 0);
        at += length;
        continue;
      }
      this.#long = {
        stream,
        kept: Buffer.allocUnsafe(Math.min(length, this.#keptBytesMax + 1)),
        keptBytes: 0,
        leftBytes: length,
        truncatedBytes: 0,
      };
      at += this.#goOn(bytes.subarray(at), onFrame);
    }
    this.#rest = bytes.subarray(at);
  }

  /** Takes what a chunk has of the open frame; how much that was. */
  #goOn(bytes: Buffer, onFrame: OnFrame): number {
    const long = this.#long;
    if (!long) return 0;
    const taken = Math.min(long.leftBytes, bytes.length);
    // The last byte of the payload always has its place: a newline there ends the line.
    const body = taken === long.leftBytes ? taken - 1 : taken;
    const kept = Math.max(0, Math.min(body, long.kept.length - 1 - long.keptBytes));
    bytes.copy(long.kept, long.keptBytes, 0, kept);
    long.keptBytes += kept;
    long.truncatedBytes += body - kept;
    long.leftBytes -= taken;
    if (long.leftBytes > 0) return taken;
    long.kept[long.keptBytes] = bytes[taken - 1] as number;
    this.#long = undefined;
    onFrame(long.stream, long.kept, 0, long.keptBytes + 1, long.truncatedBytes);
    return taken;
  }
}
