// Pieces of one stream of one container → whole lines, each once.
//
// Engines cut lines and repeat text: on reconnect (`since` is inclusive) and when they rotate their own files. A time
// alone is no line's identity: Podman's are whole seconds, conmon stamps all lines of one read alike. So those of the
// last time are counted: what is read again is passed over up to as many as were taken with it.
//
// A clock that was set back breaks the order of times. It is known by the last time read lying in the future: a piece of
// the present is then news, and until the clock has caught up pieces of the future are repeats. When the stream is read
// again meanwhile, order tells instead of time: what comes after the last piece taken is news.

import { int64Max, nsPerSecond } from '../../model/time.ts';
import { wholeBeginning } from '../parse/cut-line.ts';
import { type Dialect, pieceBytes } from './dialect.ts';
import { TextHashes } from './text-hashes.ts';

const newline = 10;

/** How far a stream was read: the time of the last piece, and how many pieces with that time were taken. */
export interface StreamPosition {
  readonly ns: bigint;
  readonly count: number;
  /** The latest time read before the clock was set back, until it has caught up with it. */
  readonly highNs?: bigint;
}

/** How far a line's time may be ahead of the clock: the two are not read at once, and an engine's own may differ. */
export const clockToleranceNs = 1_000_000_000n;

/** True when times do not tell what was read behind the position: the clock is behind it, or was. */
export const isAheadOfClock = ({ ns, highNs = -1n }: StreamPosition, nowNs: bigint): boolean =>
  highNs > ns || ns > nowNs + clockToleranceNs;

export const streamStart: StreamPosition = { ns: -1n, count: 0 };

export interface EngineLine {
  /** Time of the first piece, those of equal times a nanosecond apart. */
  readonly timestampNs: bigint;
  readonly text: string;
  /** What the text lacks of what was written. */
  readonly truncatedBytes: number;
  readonly position: StreamPosition;
}

export interface LineAssemblerOptions {
  readonly dialect: Dialect;
  readonly from: StreamPosition;
  /** Of a longer line the beginning is kept, so that one that never ends costs no memory. */
  readonly lineBytesMax: number;
  readonly emit: (line: EngineLine) => void;
  /** The engine's clock; without it no piece is ahead of it. */
  readonly nowNs?: () => bigint;
}

export class LineAssembler {
  readonly #options: LineAssemblerOptions;
  readonly #nowNs: () => bigint;
  /** Pieces are passed over until the last one taken has come again. */
  #seeking = false;
  /** It has come, and nothing else since: what comes next is news, whatever its time. */
  #found = false;
  /** Position after the last whole line. */
  #done: StreamPosition;
  /** The same, open pieces included. */
  #seen: StreamPosition;
  /** Texts of the pieces with the last time, where that tells repeats. */
  readonly #texts = new TextHashes();
  /** Pieces with the last time that come again. */
  #skip: number;
  #isOpen = false;
  #open: Buffer[] = [];
  #openBytes = 0;
  #openPieces = 0;
  /** Pieces of a line that was thrown away open: they come again, and are no news. */
  #comeAgain = 0;
  #openNs = 0n;
  #openTimestampNs = 0n;
  #truncatedBytes = 0;

  constructor(options: LineAssemblerOptions) {
    this.#options = options;
    this.#nowNs = options.nowNs ?? (() => int64Max);
    this.#done = options.from;
    this.#seen = options.from;
    this.#skip = options.from.count;
  }

  /** Time of the first piece of a line not yet whole. */
  get openNs(): bigint | undefined {
    return this.#isOpen ? this.#openNs : undefined;
  }

  get position(): StreamPosition {
    return this.#done;
  }

  get isSeeking(): boolean {
    return this.#seeking;
  }

  /**
   * The stream will be read again from at or before the last position: an open line is thrown away. `byOrder`: the last
   * piece taken is waited for, whatever the times before it.
   */
  reattach(byOrder = false): void {
    this.#comeAgain = this.#openPieces;
    this.#clear();
    this.#seeking = byOrder && this.#done.ns >= 0n;
    this.#found = false;
    this.#seen = this.#done;
    this.#skip = this.#done.count;
    this.#texts.clear();
  }

  /**
   * Takes a piece without its time, `bytes[start, end)`; it is copied when kept. `truncatedBytes`: what it lacks. True
   * when nothing of it had come before.
   */
  push(ns: bigint, bytes: Buffer, start = 0, end = bytes.length, truncatedBytes = 0): boolean {
    if (!this.#isNew(ns, bytes, start, end)) return false;
    if (this.#isOpen && this.#options.dialect.piecesShareTime && ns !== this.#openNs) this.#close();
    this.#see(ns);
    if (this.#options.dialect.repeatsLines) this.#texts.add(bytes, start, end);
    const { count } = this.#seen;
    const timestampNs = count === 1 ? ns : ns + BigInt(Math.min(count - 1, spreadMax(ns)));
    this.#take(ns, timestampNs, bytes, start, end, truncatedBytes);
    if (this.#comeAgain === 0) return true;
    this.#comeAgain--;
    return false;
  }

  /** The container is gone for good and nothing more comes: lets go what is open. */
  flush(): void {
    if (this.#isOpen) this.#close();
  }

  /** False for a piece that was read before. */
  #isNew(ns: bigint, bytes: Buffer, start: number, end: number): boolean {
    const { dialect } = this.#options;
    if (this.#isRepeat(ns) || (ns < this.#seen.ns && !this.#isSetBack(ns))) {
      // What is sent once more goes on to those with the last time.
      this.#skip = this.#seen.count;
      return false;
    }
    if (ns !== this.#seen.ns) return true;
    if (this.#skip > 0) {
      this.#skip--;
      if (dialect.repeatsLines) this.#texts.add(bytes, start, end);
      return false;
    }
    return this.#isOpen || !dialect.repeatsLines || !this.#texts.has(bytes, start, end);
  }

  /** True for what comes before the piece that is sought, and for the time before the clock was set back. */
  #isRepeat(ns: bigint): boolean {
    const { ns: seenNs, highNs = seenNs } = this.#seen;
    if (this.#seeking) {
      if (ns !== seenNs && ns <= highNs) return true;
      this.#seeking = false;
      this.#found = ns === seenNs;
      return false;
    }
    return ns > seenNs && ns <= highNs && ns > this.#nowNs() + clockToleranceNs;
  }

  /** A piece of the present after one of the future. */
  #isSetBack(ns: bigint): boolean {
    if (this.#found && ns !== this.#seen.ns) return true;
    const limitNs = this.#nowNs() + clockToleranceNs;
    return this.#seen.ns > limitNs && ns <= limitNs;
  }

  #see(ns: bigint): void {
    const { ns: seenNs, count, highNs = seenNs } = this.#seen;
    this.#found = false;
    this.#skip = 0;
    if (ns !== seenNs) this.#texts.clear();
    const seen = { ns, count: ns === seenNs ? count + 1 : 1 };
    this.#seen = highNs > ns ? { ...seen, highNs } : seen;
  }

  #take(
    ns: bigint,
    timestampNs: bigint,
    bytes: Buffer,
    start: number,
    end: number,
    truncatedBytes: number,
  ): void {
    const { dialect, lineBytesMax } = this.#options;
    const ends = end > start && bytes[end - 1] === newline;
    const bodyEnd = ends ? end - 1 : end;
    const whole = ends || (dialect.shortPieceEnds && end - start < pieceBytes);
    if (whole && !this.#isOpen && truncatedBytes === 0 && bodyEnd - start <= lineBytesMax) {
      this.#hand(timestampNs, bytes.toString('utf8', start, bodyEnd), 0);
      return;
    }
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#openNs = ns;
      this.#openTimestampNs = timestampNs;
    }
    this.#openPieces++;
    const kept = Math.min(bodyEnd - start, lineBytesMax - this.#openBytes);
    if (kept > 0) this.#open.push(Buffer.from(bytes.subarray(start, start + kept)));
    this.#openBytes += kept;
    this.#truncatedBytes += bodyEnd - start - kept + truncatedBytes;
    if (whole) this.#close();
  }

  #close(): void {
    const bytes = Buffer.concat(this.#open);
    const timestampNs = this.#openTimestampNs;
    const truncatedBytes = this.#truncatedBytes;
    this.#clear();
    if (truncatedBytes === 0) this.#hand(timestampNs, bytes.toString(), 0);
    else {
      const { text, leftOutBytes } = wholeBeginning(bytes);
      this.#hand(timestampNs, text, truncatedBytes + leftOutBytes);
    }
  }

  #hand(timestampNs: bigint, text: string, truncatedBytes: number): void {
    this.#done = this.#seen;
    this.#options.emit({
      timestampNs,
      text: text.endsWith('\r') ? text.slice(0, -1) : text,
      truncatedBytes,
      position: this.#done,
    });
  }

  #clear(): void {
    this.#isOpen = false;
    this.#open = [];
    this.#openBytes = 0;
    this.#openPieces = 0;
    this.#truncatedBytes = 0;
  }
}

/** How far a time may be moved before it is another of its clock: of whole seconds, of microseconds, of nanoseconds. */
function spreadMax(ns: bigint): number {
  if (ns % nsPerSecond === 0n) return Number(nsPerSecond) - 1;
  return ns % 1_000n === 0n ? 999 : Number.MAX_SAFE_INTEGER;
}
