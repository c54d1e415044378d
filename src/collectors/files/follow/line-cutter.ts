// Text of a file that comes in chunks → blocks of whole lines. What is not text is passed over: NULs that a line begins
// with, and of a line that is too long whatever comes behind its beginning.

import { tailBytesMax } from '../checkpoint.ts';
import { newlineBehind, wholeLinesLength } from './encoding.ts';

/** Whole lines, `text[start, end)`, the last newline included. */
export interface LineBlock {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** All text is latin1, one character a byte. */
export interface LineCutterEvents {
  /** Lines and the offset of the first. */
  readonly onLines: (block: LineBlock, startOffset: number) => void;
  /**
   * A line of its own: one that is too long, of which the beginning is kept and `lostBytes` are not, or one that a hole
   * ends.
   */
  readonly onLine: (beginning: string, lostBytes: number, endOffset: number) => void;
  /** Nothing before this offset is text that is still to come. */
  readonly onSkip: (endOffset: number) => void;
}

export interface LineCutterOptions {
  /** The newline's bytes: two in UTF-16. */
  readonly newline: string;
  /** Of longer lines the beginning is kept. */
  readonly lineBytesMax: number;
  /** Where the text begins. */
  readonly offset: number;
  /** The bytes right before it, as many as are known of {@link tailBytesMax}. */
  readonly before: string;
  /** The text begins within a line whose beginning was taken: its rest is passed over. */
  readonly isInside: boolean;
}

/** Kept beyond the longest line, so that it can be cut behind a whole character. */
const characterBytesMax = 4;

export class LineCutter {
  readonly #newline: string;
  readonly #keptBytesMax: number;
  readonly #events: LineCutterEvents;
  /** Behind what was handed on or passed over, and the bytes before that. */
  #offset: number;
  #last: string;
  /** The last bytes of all that came. */
  #recent: string;
  /** The line in the making: its beginning, and how much more of it there was. */
  #open = '';
  #lostBytes = 0;
  /** The beginning of the line in the making is handed on. */
  #isInside: boolean;
  /** Half a character of a line of which no more is kept. */
  #half = '';

  constructor(
    { newline, lineBytesMax, offset, before, isInside }: LineCutterOptions,
    events: LineCutterEvents,
  ) {
    this.#newline = newline;
    this.#keptBytesMax = lineBytesMax + characterBytesMax;
    this.#events = events;
    this.#offset = offset;
    this.#last = before;
    this.#recent = before;
    this.#isInside = isInside;
  }

  /** Behind the last line handed on. */
  get offset(): number {
    return this.#offset;
  }

  /** The bytes right before {@link offset}. */
  get last(): string {
    return this.#last;
  }

  /** The last bytes that came. */
  get recent(): string {
    return this.#recent;
  }

  /** The beginning of the line in the making; '' when there is none, or it was handed on. */
  get open(): string {
    return this.#open;
  }

  /** Bytes of the line in the making that were not handed on. */
  get openBytes(): number {
    return this.#open.length + this.#lostBytes + this.#half.length;
  }

  /** See LineCutterOptions. */
  get isInside(): boolean {
    return this.#isInside;
  }

  push(chunk: string): void {
    let text = this.#isInside || this.#isLong ? this.#pastLongLine(chunk) : chunk;
    if (this.#open === '') text = this.#pastZeros(text);
    if (text === '') return;
    // In UTF-16 it takes the whole line to tell a newline from the halves of two characters.
    if (this.#newline.length === 2) this.#pushWide(text);
    else this.#pushLines(text);
    this.#shorten();
  }

  /** The chunk's lines go on where they stand: to put the line in the making before them would copy them all. */
  #pushLines(text: string): void {
    const end = text.lastIndexOf(this.#newline) + 1;
    let start = 0;
    if (end > 0 && this.#open !== '') {
      start = text.indexOf(this.#newline) + 1;
      const first = this.#open + text.slice(0, start);
      this.#see(text.slice(0, start));
      this.#open = '';
      this.#handOn({ text: first, start: 0, end: first.length });
    }
    if (start < end) {
      this.#see(text.slice(start, end));
      this.#handOn({ text, start, end });
    }
    if (end === text.length) return;
    const rest = end === 0 ? text : copyOf(text.slice(end));
    this.#open += rest;
    this.#see(rest);
  }

  #pushWide(text: string): void {
    const whole = this.#open + text;
    const length = wholeLinesLength(whole, this.#newline);
    if (length === 0) {
      this.#open = whole;
      this.#see(text);
      return;
    }
    this.#see(text.slice(0, length - this.#open.length));
    this.#open = '';
    this.#handOn({ text: whole, start: 0, end: length });
    this.#open = copyOf(whole.slice(length));
    this.#see(this.#open);
  }

  /** All that was seen is whole lines. */
  #handOn(block: LineBlock): void {
    const startOffset = this.#offset;
    this.#pass(block.end - block.start);
    this.#events.onLines(block, startOffset);
  }

  /** Bytes of a hole, which are all NUL: they end a line. */
  hole(length: number): void {
    if (this.#isInside) this.#isInside = false;
    else if (this.openBytes > 0) this.#handOpen();
    this.#see('\0'.repeat(Math.min(length, tailBytesMax)));
    this.#pass(length);
    this.#events.onSkip(this.#offset);
  }

  /**
   * Hands on the line in the making as it is, but for `leftBytes` at its end. Its rest is another line, or lost if it is
   * too long.
   */
  takeOpen(leftBytes: number): { readonly beginning: string; readonly lostBytes: number } {
    const isLong = this.#isLong;
    const length = isLong ? this.#open.length : this.#open.length - leftBytes;
    const taken = { beginning: this.#open.slice(0, length), lostBytes: this.#lostBytes };
    this.#last = isLong ? this.#recentBefore(this.#half.length) : this.#recentBefore(leftBytes);
    this.#offset += length + this.#lostBytes;
    this.#open = this.#open.slice(length);
    this.#lostBytes = 0;
    this.#isInside = isLong;
    return taken;
  }

  /** Of the line in the making no more is kept. */
  get #isLong(): boolean {
    return this.#lostBytes > 0 || this.#half !== '';
  }

  /** Passes over what a chunk has of a line of which no more is kept; what comes behind it. */
  #pastLongLine(chunk: string): string {
    const text = this.#half + chunk;
    const unit = this.#newline.length;
    const newlineAt = newlineBehind(text, 0, this.#newline);
    const length = newlineAt < 0 ? text.length - (text.length % unit) : newlineAt + unit;
    this.#see(text.slice(this.#half.length, length));
    this.#half = newlineAt < 0 ? text.slice(length) : '';
    if (this.#half !== '') this.#see(this.#half);
    if (this.#isInside) {
      this.#offset += length;
      this.#last = this.#recentBefore(this.#half.length);
      this.#isInside = newlineAt < 0;
      this.#events.onSkip(this.#offset);
    } else {
      this.#lostBytes += length;
      if (newlineAt >= 0) this.#handOpen(unit);
    }
    return newlineAt < 0 ? '' : text.slice(length);
  }

  /** Hands on the line in the making, which is whole. `newlineBytes`: of those lost, its newline. */
  #handOpen(newlineBytes = 0): void {
    const { beginning, lostBytes } = this.takeOpen(0);
    this.#isInside = false;
    this.#events.onLine(beginning, lostBytes - newlineBytes, this.#offset);
  }

  /** Passes over NULs before a line; what comes behind them. */
  #pastZeros(text: string): string {
    const unit = this.#newline.length;
    let end = 0;
    while (text.charCodeAt(end) === 0) end++;
    end -= end % unit;
    if (end === 0) return text;
    this.#see(text.slice(0, end));
    this.#pass(end);
    this.#events.onSkip(this.#offset);
    return text.slice(end);
  }

  /** Of a line that is too long no more is kept. */
  #shorten(): void {
    if (this.#open.length <= this.#keptBytesMax) return;
    const unit = this.#newline.length;
    const kept = this.#keptBytesMax - (this.#keptBytesMax % unit);
    const whole = this.#open.length - (this.#open.length % unit);
    this.#half = this.#open.slice(whole);
    this.#lostBytes = whole - kept;
    this.#open = copyOf(this.#open.slice(0, kept));
  }

  /** The offset moves behind the bytes seen last. */
  #pass(length: number): void {
    this.#offset += length;
    this.#last = this.#recent;
  }

  #see(text: string): void {
    const before = text.length >= tailBytesMax ? '' : this.#recent;
    this.#recent = copyOf((before + text.slice(-tailBytesMax)).slice(-tailBytesMax));
  }

  /** What was seen last but for the last `length` bytes; a little shorter, then. */
  #recentBefore(length: number): string {
    return length === 0 ? this.#recent : this.#recent.slice(0, -length);
  }
}

/** The same text without the memory of the block it was cut from. */
const copyOf = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('latin1');
