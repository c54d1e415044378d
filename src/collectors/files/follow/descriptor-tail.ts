// npm `tail` on a held descriptor. A path loses lines whenever files are renamed or replaced, and opened once more a file
// may not be readable any more; the descriptor stays the file that was opened. latin1 keeps one character a byte and lines
// are cut here, so positions are exact; blocks of whole lines go on, because a call for each line would cost as much as its
// reading.

import { fstatSync } from 'node:fs';
import { Tail } from 'tail';
import { openCharacterBytes } from '../../parse/cut-line.ts';
import { headBytesMax, readBytes, tailBytesMax } from '../checkpoint.ts';
import { type FileEncoding, newlineOf } from './encoding.ts';
import type { HeldDescriptor } from './held-descriptor.ts';
import { holesApart } from './holes.ts';
import { LineCutter, type LineCutterEvents } from './line-cutter.ts';

/** Bytes all files together may be asked for and not yet have delivered. */
export interface ReadBudget {
  leftBytes: number;
  /** False while the sink is behind. */
  mayRead(): boolean;
}

export const readBudgetBytes = 2 * 1024 * 1024;
const blockBytesMax = 512 * 1024;
/** Of a block, read at once. A text of 128 KiB and more gets pages of its own from the system: 15 times the cost. */
const partBytesMax = 96 * 1024;
/** Of holes, between two ticks: they cost next to nothing and say nothing, and a file may be nothing else. */
const holeBytesMax = 64 * 1024 * 1024;

/** What of Tail's inside is used here; the package's types leave it out. */
interface TailInside {
  currentCursorPos: number;
  readonly queue: { readonly start: number; readonly end: number }[];
  readonly fsWatchOptions: { readonly startOffset: number };
  change(): void;
}

export interface DescriptorTailOptions extends LineCutterEvents {
  readonly file: HeldDescriptor;
  readonly offset: number;
  /** See LineCutterOptions. */
  readonly isInside: boolean;
  readonly pollMs: number;
  readonly budget: ReadBudget;
  readonly encoding: FileEncoding;
  readonly lineBytesMax: number;
  /** All that was asked for has arrived: it is others' turn. */
  readonly onIdle: () => void;
  readonly onError: (error: Error) => void;
}

export class DescriptorTail extends Tail {
  readonly #options: DescriptorTailOptions;
  readonly #cutter: LineCutter;
  #askedBytes = 0;
  #holeBytes = 0;
  #closed = false;
  /** The file's first bytes as far as they were read. */
  #head: string;
  /** The file's first bytes, until the first of them is delivered. */
  #first = '';
  /** What was to be read from the beginning is other content now: what was there is gone, unread. */
  swapped = false;
  /** The bytes before the position are not those that were read: somebody rewrote the file. */
  replaced = false;

  constructor(options: DescriptorTailOptions) {
    super(`/proc/self/fd/${options.file.fd}`, {
      useWatchFile: true,
      // Tail hands these to fs.watchFile, which ignores what it does not know; latestPosition() reads it back.
      fsWatchOptions: { interval: options.pollMs, startOffset: options.offset },
    });
    this.#options = options;
    const { offset, encoding } = options;
    const bytesBefore = Math.min(tailBytesMax, offset);
    const before = this.#bytes(offset - bytesBefore, bytesBefore);
    this.#cutter = new LineCutter(
      { ...options, newline: newlineOf(encoding), before },
      {
        ...options,
        onLines: (block, startOffset) => {
          if (!this.#closed) options.onLines(block, startOffset);
        },
      },
    );
    this.#head = this.#bytes(0, Math.min(headBytesMax, offset));
    if (offset === 0) this.#first = this.#bytes(0, tailBytesMax);
    this.on('error', (error: unknown) => {
      if (!this.#closed) options.onError(error instanceof Error ? error : new Error(String(error)));
    });
  }

  get head(): string {
    return this.#head;
  }

  /** The bytes right before the position, in latin1. */
  get last(): string {
    return this.#cutter.last;
  }

  /** Offset behind the last line delivered. */
  get position(): number {
    return this.#cutter.offset;
  }

  /** The position is within a line whose beginning was delivered. */
  get isInside(): boolean {
    return this.#cutter.isInside;
  }

  /** Bytes of the last line that wait for a newline. */
  get partialBytes(): number {
    return this.#cutter.openBytes;
  }

  /** True when all that was asked for has arrived. */
  get idle(): boolean {
    return this.#readBytes >= this.#inside.currentCursorPos;
  }

  /** True when everything up to `size` was delivered, but for a partial line. */
  isReadTo(size: number): boolean {
    return this.idle && this.#readBytes >= size;
  }

  /** Once a tick: looks whether what was read is still there: a file cut and written anew may be just as long. */
  check(): void {
    if (this.#closed || !this.idle || this.#isContinued()) return;
    this.replaced = true;
  }

  /** Asks for what is new, within the budget. `isTick`: it is not asked because another file has been read. */
  poll(isTick = false): void {
    if (this.#closed) return;
    if (isTick) this.#holeBytes = 0;
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
   * stay behind. Undefined when there is none.
   */
  takePartial(whole: boolean): { readonly beginning: string; readonly lostBytes: number } | undefined {
    const { open } = this.#cutter;
    const { encoding } = this.#options;
    const halfBytes = newlineOf(encoding).length === 2 ? open.length % 2 : openCharacterBytes(open);
    const leftBytes = whole ? 0 : halfBytes;
    return open.length > leftBytes ? this.#cutter.takeOpen(leftBytes) : undefined;
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
    if (!(#cutter in this)) return (this as unknown as TailInside).fsWatchOptions.startOffset;
    const { currentCursorPos } = this.#inside;
    const { budget, file } = this.#options;
    if (this.#closed || this.replaced || !this.idle || budget.leftBytes <= 0 || !budget.mayRead())
      return currentCursorPos;
    if (this.#holeBytes >= holeBytesMax) return currentCursorPos;
    const { size } = fstatSync(file.fd);
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

  /** Tail would open the path once more here. */
  readBlock(): void {
    const [block] = this.#inside.queue;
    if (block) this.#read(block.start, block.end);
  }

  /** While the lines of one part are taken, the next part is read. */
  #read(start: number, end: number): void {
    const length = Math.min(partBytesMax, end - start);
    this.#options.file.read(start, length, (error, bytes) => {
      if (this.#closed) return;
      const next = start + length;
      if (!error && bytes.length === length && next < end) this.#read(next, end);
      else this.#inside.queue.shift();
      if (error) this.#options.onError(error);
      else if (bytes.length > 0) this.#take(bytes);
    });
  }

  /** Tail would read on its own here, past the budget. */
  watchFileEvent(): void {
    this.poll();
  }

  get #inside(): TailInside {
    return this as unknown as TailInside;
  }

  #take(bytes: Buffer): void {
    if (this.replaced) return;
    // Cut and written anew before this was read? Only if what lies before it is unchanged now was it the same file then.
    const isSame = this.#isContinued() && (this.#readBytes > 0 || this.#isFirst(bytes));
    if (!isSame) {
      this.replaced = true;
      return;
    }
    if (this.#head.length < headBytesMax)
      this.#head += bytes.toString('latin1', 0, headBytesMax - this.#head.length);
    const isWide = newlineOf(this.#options.encoding).length === 2;
    for (const { start, end, isHole } of isWide
      ? [{ start: 0, end: bytes.length, isHole: false }]
      : holesApart(bytes)) {
      if (isHole) {
        this.#holeBytes += end - start;
        this.#cutter.hole(end - start);
      } else this.#cutter.push(bytes.toString('latin1', start, end));
      // Whoever takes the lines may have closed it.
      if (this.#closed) return;
    }
    if (!this.idle) return;
    this.#release();
    this.#options.onIdle();
  }

  /** Bytes delivered, and those of the partial line. */
  get #readBytes(): number {
    return this.position + this.partialBytes;
  }

  /** A block ended early: the file was cut while it was read. What came may be of before, or of what is there now. */
  #cameShort(): void {
    this.#release();
    if (this.#isContinued()) this.#inside.currentCursorPos = this.#readBytes;
    else this.replaced = true;
  }

  /** Whether the file still begins with what was read of its beginning. */
  #isFirst(bytes: Buffer): boolean {
    const first = bytes.toString('latin1', 0, tailBytesMax);
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
    const before = this.#cutter.recent;
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
    return readBytes(this.#options.file.fd, at, length).toString('latin1');
  }

  #release(): void {
    this.#options.budget.leftBytes += this.#askedBytes;
    this.#askedBytes = 0;
  }
}
