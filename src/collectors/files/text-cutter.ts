// Text that comes in chunks, from its beginning to its end → blocks of whole lines from where it was read to before.

import { headBytesMax } from './checkpoint.ts';
import { type FileEncoding, newlineOf, wholeLinesLength } from './encoding.ts';

export interface TextCutterEvents {
  /** What the beginning is (as many bytes as a fingerprint takes, or all there are) decides where to go on. */
  readonly startOf: (beginning: string) => number;
  /** Whole lines and the offset of the first. */
  readonly onLines: (block: string, startOffset: number) => void;
  /** A last line without newline, or a piece of one that is too long, and the offset behind it. */
  readonly onPiece: (piece: string, endOffset: number) => void;
}

/** All text is latin1, one character a byte. */
export class TextCutter {
  readonly #newline: string;
  readonly #lineBytesMax: number;
  readonly #events: TextCutterEvents;
  /** Bytes before it are done; undefined while the beginning is not there. */
  #done: number | undefined;
  #offset = 0;
  #rest = '';

  constructor(encoding: FileEncoding, lineBytesMax: number, events: TextCutterEvents) {
    this.#newline = newlineOf(encoding);
    this.#lineBytesMax = lineBytesMax;
    this.#events = events;
  }

  push(chunk: string): void {
    this.#rest += chunk;
    if (this.#done === undefined && this.#rest.length < headBytesMax) return;
    this.#takeLines();
    if (this.#rest.length > this.#lineBytesMax) this.#takePiece();
  }

  /** No more comes. */
  end(): void {
    this.#takeLines();
    if (this.#rest !== '') this.#takePiece();
  }

  #takeLines(): void {
    this.#done ??= this.#events.startOf(this.#rest.slice(0, headBytesMax));
    const length = wholeLinesLength(this.#rest, this.#newline);
    const skipped = Math.max(0, this.#done - this.#offset);
    if (skipped < length) this.#events.onLines(this.#rest.slice(skipped, length), this.#offset + skipped);
    this.#pass(length);
  }

  #takePiece(): void {
    const end = this.#offset + this.#rest.length;
    if (end > (this.#done ?? 0)) this.#events.onPiece(this.#rest, end);
    this.#pass(this.#rest.length);
  }

  #pass(length: number): void {
    this.#offset += length;
    this.#rest = this.#rest.slice(length);
  }
}
