// Text that comes in chunks, from its beginning to its end → lines from where it was read to before.

import type { EntryBatch } from '../../../ingest/sink/entry-batch.ts';
import { headBytesMax } from '../checkpoint.ts';
import { encodingOf, type FileEncoding, lineBeginning, newlineOf } from '../follow/encoding.ts';
import { LineCutter } from '../follow/line-cutter.ts';
import type { LineStreams } from '../follow/line-streams.ts';

export interface LinesBehindOptions {
  readonly expected: FileEncoding;
  readonly lineBytesMax: number;
  /** What the beginning is (as many bytes as a fingerprint takes, or all there are) decides where to go on. */
  readonly startOf: (beginning: Buffer) => number;
  readonly streams: LineStreams;
  readonly batch: () => EntryBatch;
}

export class LinesBehind {
  readonly #options: LinesBehindOptions;
  /** Until the beginning is there. */
  #beginning: Buffer | undefined = Buffer.alloc(0);
  #encoding: FileEncoding = 'utf8';
  #cutter: LineCutter | undefined;
  /** Bytes before the start that have yet to come. */
  #skipBytes = 0;

  constructor(options: LinesBehindOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    if (!this.#beginning) {
      this.#take(chunk);
      return;
    }
    this.#beginning = Buffer.concat([this.#beginning, chunk]);
    if (this.#beginning.length >= headBytesMax) this.#begin(this.#beginning);
  }

  /** No more comes. */
  end(): void {
    if (this.#beginning) this.#begin(this.#beginning);
    const cutter = this.#cutter;
    if (!cutter || cutter.open === '') return;
    const { beginning, lostBytes } = cutter.takeOpen(0);
    this.#takeLine(beginning, lostBytes, cutter.offset);
  }

  #begin(beginning: Buffer): void {
    this.#beginning = undefined;
    const { expected, lineBytesMax, startOf, streams, batch } = this.#options;
    const offset = startOf(beginning.subarray(0, headBytesMax));
    this.#skipBytes = offset;
    const encoding = encodingOf(beginning, expected);
    this.#encoding = encoding;
    this.#cutter = new LineCutter(
      { newline: newlineOf(encoding), lineBytesMax, offset, before: '', isInside: false },
      {
        onLines: (block, startOffset) => streams.takeBlock(block, startOffset, encoding, batch()),
        onLine: (text, lostBytes, endOffset) => this.#takeLine(text, lostBytes, endOffset),
        onSkip: (endOffset) => streams.skip(endOffset),
      },
    );
    this.#take(beginning);
  }

  #take(bytes: Buffer): void {
    const skipped = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= skipped;
    this.#cutter?.push(bytes.toString('latin1', skipped));
  }

  #takeLine(latin1: string, lostBytes: number, endOffset: number): void {
    const { lineBytesMax, streams } = this.#options;
    streams.take(lineBeginning(latin1, this.#encoding, lineBytesMax, lostBytes), endOffset);
  }
}
