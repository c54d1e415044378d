// npm `tail` on a held descriptor. A path loses lines whenever files are renamed or replaced; /proc/self/fd/N stays
// the file that was opened. latin1 keeps one character a byte and lines are cut here, so positions are exact; blocks of
// whole lines go on, because a call for each line would cost as much as its reading.

import { fstatSync } from 'node:fs';
import { Tail } from 'tail';
import { openCharacterBytes } from '../parse/cut-line.ts';
import { readBytes, tailBytesMax } from './checkpoint.ts';
import { wholeLinesLength } from './encoding.ts';

/** Bytes all files together may be asked for and not yet have delivered. */
export interface ReadBudget {
  leftBytes: number;
  /** False while the sink is behind. */
  mayRead(): boolean;
}

export const readBudgetBytes = 2 * 1024 * 1024;
const blockBytesMax = 512 * 1024;

/** What of Tail's inside is used here; the package's types leave it out. */
interface TailInside {
  currentCursorPos: number;
  readonly queue: readonly unknown[];
  readonly fsWatchOptions: { readonly startOffset: number };
  change(): void;
}

export interface HeldTailOptions {
  readonly fd: number;
  readonly offset: number;
  readonly pollMs: number;
  readonly budget: ReadBudget;
  /** The newline's bytes in latin1: two in UTF-16. */
  readonly newline: string;
  /** Whole lines in latin1, the last newline included, and the offset of the first. */
  readonly onLines: (block: string, startOffset: number) => void;
  /** All that was asked for has arrived: it is others' turn. */
  readonly onIdle: () => void;
  readonly onError: (error: Error) => void;
}

export class HeldTail extends Tail {
  readonly #options: HeldTailOptions;
  #position: number;
  #askedBytes = 0;
  #last = '';
  /** The last line, whose newline has not come. */
  #partial = '';
  #closed = false;
  /** The file's first bytes, until the first of them is delivered. */
  #first = '';
  /** What was to be read from the beginning is other content now: what was there is gone, unread. */
  swapped = false;
  /** The bytes before the position are not those that were read: somebody rewrote the file. */
  replaced = false;

  constructor(options: HeldTailOptions) {
    super(`/proc/self/fd/${options.fd}`, {
      useWatchFile: true,
      // Tail hands these to fs.watchFile, which ignores what it does not know; latestPosition() reads it back.
      fsWatchOptions: { interval: options.pollMs, startOffset: options.offset },
      encoding: 'latin1',
      // What was read comes as it is.
      separator: null as never,
    });
    this.#options = options;
    this.#position = options.offset;
    const before = Math.min(tailBytesMax, options.offset);
    this.#last = this.#bytes(options.offset - before, before);
    if (options.offset === 0) this.#first = this.#bytes(0, tailBytesMax);
    this.on('error', (error: unknown) => {
      if (!this.#closed) options.onError(error instanceof Error ? error : new Error(String(error)));
    });
    this.on('line', (chunk: string) => this.#take(chunk));
  }

  /** The bytes right before the position, in latin1. */
  get last(): string {
    return this.#last;
  }

  /** Offset behind the last line delivered. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the last line that wait for a newline. */
  get partialBytes(): number {
    return this.#partial.length;
  }

  /** True when all that was asked for has arrived. */
  get idle(): boolean {
    return this.#readBytes >= this.#inside.currentCursorPos;
  }

  /** True when everything up to `size` was delivered, but for a partial line. */
  isReadTo(size: number): boolean {
    return this.idle && this.#readBytes >= size;
  }

  /** Looks whether what was read is still there: a file cut and written anew may be just as long. */
  check(): void {
    if (this.#closed || !this.idle || this.#isContinued()) return;
    this.replaced = true;
  }

  /** Asks for what is new, within the budget. */
  poll(): void {
    if (this.#closed) return;
    try {
      this.#lookAtFirst();
      if (this.idle) this.#release();
      else if (this.#inside.queue.length === 0) this.#cameShort();
      this.#inside.change();
    } catch (error) {
      // A network's file system forgets open files (ESTALE).
      this.#options.onError(error as Error);
    }
  }

  /**
   * The partial line as it is; the position moves behind it. `whole` false: bytes of a character that is not complete
   * stay behind.
   */
  takePartial(whole: boolean): string {
    const partial = this.#partial;
    const open = this.#options.newline.length === 2 ? partial.length % 2 : openCharacterBytes(partial);
    const length = whole ? partial.length : partial.length - open;
    this.#partial = partial.slice(length);
    this.#pass(partial.slice(0, length));
    return partial.slice(0, length);
  }

  /** Stops; the descriptor stays its owner's. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.unwatch();
    this.#release();
  }

  /** Tail asks for the file's size here: the answer is how far it may read. */
  latestPosition(): number {
    // Tail's constructor asks before this class's own fields are there: where to begin.
    if (!(#position in this)) return (this as unknown as TailInside).fsWatchOptions.startOffset;
    const { currentCursorPos } = this.#inside;
    const { budget, fd } = this.#options;
    if (this.#closed || this.replaced || !this.idle || budget.leftBytes <= 0 || !budget.mayRead())
      return currentCursorPos;
    const { size } = fstatSync(fd);
    // A truncated file is its owner's business.
    if (size <= currentCursorPos) return currentCursorPos;
    if (!this.#isContinued()) {
      this.replaced = true;
      return currentCursorPos;
    }
    const block = Math.min(size - currentCursorPos, blockBytesMax);
    this.#askedBytes += block;
    budget.leftBytes -= block;
    return currentCursorPos + block;
  }

  /** Tail would read on its own here, past the budget. */
  watchFileEvent(): void {
    this.poll();
  }

  get #inside(): TailInside {
    return this as unknown as TailInside;
  }

  #take(chunk: string): void {
    if (this.#closed || this.replaced) return;
    // Cut and written anew before this was read? Only if what lies before it is unchanged now was it the same file then.
    if (!this.#isContinued()) {
      this.replaced = true;
      return;
    }
    const { newline, onLines, onIdle } = this.#options;
    if (this.#readBytes === 0 && !this.#isFirst(chunk)) {
      this.replaced = true;
      return;
    }
    // In UTF-16 it takes the whole line to tell a newline from the halves of two characters.
    const text = newline.length === 2 || chunk.includes(newline) ? this.#partial + chunk : '';
    const length = wholeLinesLength(text, newline);
    if (length === 0) this.#partial += chunk;
    else {
      const start = this.#position;
      const block = text.slice(0, length);
      this.#partial = copyOf(text.slice(length));
      this.#pass(block);
      onLines(block, start);
      // Whoever takes the lines may have closed it.
      if (this.#closed) return;
    }
    if (!this.idle) return;
    this.#release();
    onIdle();
  }

  /** Moves the position behind bytes. */
  #pass(latin1: string): void {
    this.#position += latin1.length;
    const before = latin1.length >= tailBytesMax ? '' : this.#last;
    this.#last = copyOf((before + latin1.slice(-tailBytesMax)).slice(-tailBytesMax));
  }

  /** Bytes delivered, and those of the partial line. */
  get #readBytes(): number {
    return this.#position + this.partialBytes;
  }

  /** A block ended early: the file was cut while it was read. What came may be of before, or of what is there now. */
  #cameShort(): void {
    this.#release();
    if (this.#isContinued()) this.#inside.currentCursorPos = this.#readBytes;
    else this.replaced = true;
  }

  /** Whether the file still begins with what was read of its beginning. */
  #isFirst(chunk: string): boolean {
    const first = chunk.slice(0, tailBytesMax);
    if (!first.startsWith(this.#first.slice(0, first.length))) this.swapped = true;
    this.#first = '';
    return this.#bytes(0, first.length) === first;
  }

  #lookAtFirst(): void {
    if (this.#readBytes > 0) return;
    const first = this.#bytes(0, tailBytesMax);
    if (!first.startsWith(this.#first)) this.swapped = true;
    this.#first = first;
  }

  /** Whether what lies before the next byte to be read is what was read. */
  #isContinued(): boolean {
    const before = (this.#last + this.#partial.slice(-tailBytesMax)).slice(-tailBytesMax);
    if (before === '') return true;
    try {
      return this.#bytes(this.#readBytes - before.length, before.length) === before;
    } catch (error) {
      this.#options.onError(error as Error);
      return false;
    }
  }

  /** In latin1. */
  #bytes(at: number, length: number): string {
    return readBytes(this.#options.fd, at, length).toString('latin1');
  }

  #release(): void {
    this.#options.budget.leftBytes += this.#askedBytes;
    this.#askedBytes = 0;
  }
}

/** The same text without the memory of the block it was cut from. */
const copyOf = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('latin1');
