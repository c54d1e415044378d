// The engine's stream of frames (containers without TTY):
//   stream (0 stdin, 1 stdout, 2 stderr, 3 the engine's own error), 0, 0, 0, payload length (big-endian), payload

/** A frame whose payload is `bytes[start, end)`: valid during the call. */
export type OnFrame = (
  stream: 'stdout' | 'stderr' | 'error',
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** The bytes are no frames: the container has a TTY, or something else answered. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const headerBytes = 8;
/** The engine sends pieces of 16 KiB; others that speak its API may not cut. */
export const framePayloadBytesMax = 16 * 1024 * 1024;
const streams = ['stdout', 'stdout', 'stderr', 'error'] as const;

/** Cuts chunks into frames, wherever the chunks are cut. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Hands on the frames that are whole now. Throws {@link FrameError}, and what `onFrame` throws. */
  push(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const stream = streams[bytes[at] as number];
      if (stream === undefined || bytes[at + 1] || bytes[at + 2] || bytes[at + 3])
        throw new FrameError(`no frame header: ${bytes.toString('hex', at, at + headerBytes)}`);
      const length = bytes.readUInt32BE(at + 4);
      if (length > framePayloadBytesMax) throw new FrameError(`frame of ${length} bytes`);
      const start = at + headerBytes;
      if (bytes.length - start < length) break;
      onFrame(stream, bytes, start, start + length);
      at = start + length;
    }
    this.#rest = bytes.subarray(at);
  }
}
