// An open file that is read while it may be closed: its descriptor is given back when no read of it is under way, for the
// system gives its number to the next file.

import { closeSync, read } from 'node:fs';

/** Of all files together. */
const buffersKeptMax = 4;

export class HeldDescriptor {
  static readonly #buffers: Buffer[] = [];
  readonly fd: number;
  #reads = 0;
  #isClosing = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Reads bytes `[at, at + length)`, fewer at the end of the file. They are valid during the call of `done`. */
  read(at: number, length: number, done: (error: Error | null, bytes: Buffer) => void): void {
    const kept = HeldDescriptor.#buffers.pop();
    const buffer = kept && kept.length >= length ? kept : Buffer.allocUnsafeSlow(length);
    this.#reads++;
    read(this.fd, buffer, 0, length, at, (error, bytesRead) => {
      this.#reads--;
      if (this.#isClosing) this.#close();
      done(error, buffer.subarray(0, bytesRead));
      if (HeldDescriptor.#buffers.length < buffersKeptMax) HeldDescriptor.#buffers.push(buffer);
    });
  }

  close(): void {
    this.#isClosing = true;
    this.#close();
  }

  #close(): void {
    if (this.#reads > 0) return;
    try {
      closeSync(this.fd);
    } catch {
      // The system has forgotten it already.
    }
  }
}
