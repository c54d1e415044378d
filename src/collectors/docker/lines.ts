// Pieces of one stream of one container → whole lines, each once.
//
// The engine cuts lines at 16 KiB and repeats text: on reconnect (`since` is inclusive) and when it rotates its own
// files. What tells repeats from news depends on the driver:
// - json-file, local and the rest: times of one stream grow strictly, pieces of one line share theirs;
// - journald: times have microseconds only, so lines may share one, and the pieces of a line differ.
//
// A clock that was set back breaks the first rule. It is known by the last time read lying in the future: a piece of the
// present is then news, and until the clock has caught up pieces of the future are repeats. When the stream is read
// again meanwhile, order tells instead of time: what comes behind the last piece taken is news.

import { int64Max } from '../../model/time.ts';

/** Text bytes of a piece that is not a line's last. */
export const pieceBytes = 16_384;

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
  /** Time of the first piece, made distinct where the driver's times are coarse. */
  readonly timestampNs: bigint;
  readonly text: string;
  readonly position: StreamPosition;
}

/** Of a longer line the beginning is kept, so that one that never ends costs no memory. */
const lineBytesMax = 1024 * 1024;

export class LineAssembler {
  readonly #coarse: boolean;
  readonly #emit: (line: EngineLine) => void;
  readonly #nowNs: () => bigint;
  /** Pieces are passed over until the last one taken has come again. */
  #seeking = false;
  /** It has come, and nothing else since: what comes next is news, whatever its time. */
  #found = false;
  /** Position behind the last whole line. */
  #done: StreamPosition;
  /** The same, open pieces included. */
  #seen: StreamPosition;
  #skip: number;
  #open: Buffer[] = [];
  #openBytes = 0;
  #openNs = 0n;

  /** `coarseTimes`: the driver is journald. `nowNs`: the engine's clock; without it no piece is ahead of it. */
  constructor(
    coarseTimes: boolean,
    from: StreamPosition,
    emit: (line: EngineLine) => void,
    nowNs: () => bigint = () => int64Max,
  ) {
    this.#coarse = coarseTimes;
    this.#emit = emit;
    this.#nowNs = nowNs;
    this.#done = from;
    this.#seen = from;
    this.#skip = from.count;
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
    this.#clear();
    this.#seeking = byOrder && this.#done.ns >= 0n;
    this.#found = false;
    this.#seen = this.#done;
    this.#skip = this.#done.count;
  }

  /** Takes a piece without its time, `bytes[start, end)`; it is copied when kept. True when it was new. */
  push(ns: bigint, bytes: Buffer, start = 0, end = bytes.length): boolean {
    const timeNs = this.#coarse ? this.#freshCoarse(ns) : this.#freshExact(ns);
    if (timeNs === undefined) return false;
    this.#take(timeNs, bytes, start, end);
    return true;
  }

  /** The container is gone for good and nothing more comes: lets go what is open. */
  flush(): void {
    if (this.#isOpen) this.#close();
  }

  /** The piece's time; undefined when the piece was read before. */
  #freshExact(ns: bigint): bigint | undefined {
    if (this.#isRepeat(ns)) return undefined;
    if (this.#isOpen) {
      if (ns < this.#openNs && !this.#isSetBack(ns)) return undefined;
      // `local` marks no line's end: the next time ends it.
      if (ns !== this.#openNs) this.#close();
    }
    if (!this.#isOpen && ns <= this.#seen.ns && !this.#isSetBack(ns)) return undefined;
    this.#see(ns, 1);
    return ns;
  }

  /** The same; lines of one microsecond are set a nanosecond apart. */
  #freshCoarse(ns: bigint): bigint | undefined {
    if (this.#isRepeat(ns) || (ns < this.#seen.ns && !this.#isSetBack(ns))) return undefined;
    if (ns === this.#seen.ns && this.#skip > 0) {
      this.#skip--;
      return undefined;
    }
    this.#skip = 0;
    this.#see(ns, ns === this.#seen.ns ? this.#seen.count + 1 : 1);
    return ns + BigInt(Math.min(this.#seen.count - 1, 999));
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

  /** A piece of the present behind one of the future. */
  #isSetBack(ns: bigint): boolean {
    if (this.#found && ns !== this.#seen.ns) return true;
    const limitNs = this.#nowNs() + clockToleranceNs;
    return this.#seen.ns > limitNs && ns <= limitNs;
  }

  #see(ns: bigint, count: number): void {
    const { ns: seenNs, highNs = seenNs } = this.#seen;
    this.#found = false;
    this.#seen = highNs > ns ? { ns, count, highNs } : { ns, count };
  }

  #take(ns: bigint, bytes: Buffer, start: number, end: number): void {
    const ends = end > start && bytes[end - 1] === newline;
    const bodyEnd = ends ? end - 1 : end;
    const whole = ends || end - start < pieceBytes;
    if (whole && !this.#isOpen) {
      this.#hand(ns, bytes.toString('utf8', start, bodyEnd));
      return;
    }
    if (!this.#isOpen) this.#openNs = ns;
    if (this.#openBytes < lineBytesMax) this.#open.push(Buffer.from(bytes.subarray(start, bodyEnd)));
    this.#openBytes += bodyEnd - start;
    if (whole) this.#close();
  }

  #close(): void {
    const text = Buffer.concat(this.#open).toString();
    this.#clear();
    this.#hand(this.#openNs, text);
  }

  #hand(timestampNs: bigint, text: string): void {
    this.#done = this.#seen;
    this.#emit({
      timestampNs,
      text: text.endsWith('\r') ? text.slice(0, -1) : text,
      position: this.#done,
    });
  }

  get #isOpen(): boolean {
    return this.#open.length > 0;
  }

  #clear(): void {
    this.#open = [];
    this.#openBytes = 0;
  }
}
