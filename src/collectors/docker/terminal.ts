// The engine's output for containers with a TTY: no frames, stdout and stderr mixed, lines end in \r\n. Each piece of
// 16 KiB of Docker's begins with its time, so a long line has times in its middle; Podman's has the first one alone.

import { pieceBytes } from './dialect.ts';
import { engineTime } from './log-piece.ts';

const newline = 10;
const return_ = 13;

/** Cuts a TTY's output into pieces that begin with their time, as frames do. */
export class TerminalDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Whole pieces, each with its time, text and, where a line ends, '\n'. Views, valid until the next push(). */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const pieces: Buffer[] = [];
    let at = 0;
    for (;;) {
      const end = pieceEnd(bytes, at);
      if (end < 0) break;
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return pieces;
  }

  /** What is left when the stream has ended: a last line without newline. */
  end(): Buffer | undefined {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? undefined : rest;
  }
}

/** Offset after the piece that starts at `at`, or -1 when it is not whole yet. */
function pieceEnd(bytes: Buffer, at: number): number {
  const time = engineTime(bytes, at);
  if (!time) {
    // A line of Podman's goes on.
    const end = bytes.indexOf(newline, at);
    return end < 0 ? (bytes.length - at > pieceBytes + 64 ? bytes.length : -1) : end + 1;
  }
  const most = time.textStart + pieceBytes;
  const end = bytes.indexOf(newline, time.textStart);
  const stop = end >= 0 && end < most ? end + 1 : Math.min(most, bytes.length);
  // The `local` driver cuts the newline off a long line's last piece: "…\r" and the next piece's time.
  const piece = bytes.subarray(0, stop);
  for (let cr = piece.indexOf(return_, time.textStart); cr >= 0; cr = piece.indexOf(return_, cr + 1)) {
    if (bytes[cr + 1] !== newline && engineTime(bytes, cr + 1)) return cr + 1;
  }
  return (end >= 0 && end < most) || bytes.length >= most ? stop : -1;
}
