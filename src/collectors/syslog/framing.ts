// Syslog over a stream: where one message ends and the next begins (RFC 6587).
//   octet counting:  "72 <139>1 2026-…"   the number of bytes, a space, the message
//   newlines:        "<139>1 2026-…\n"    also NUL, which some senders use
// Both may come on one connection. A count that does not lead to where a message can begin is wrong (of characters, say,
// where bytes are meant): then the message ends where the next count and priority stand, and nothing is lost of either.

import {
  beginsMessage,
  canBegin,
  countAt,
  countBefore,
  Delimiters,
  holdsMessage,
  isUnfinished,
  lastBeginning,
  nextCount,
  unfinishedBytesMax,
  unfinishedCount,
} from './frame-starts.ts';

export interface FramerOptions {
  /** Of a longer message the beginning is kept. */
  readonly messageBytesMax: number;
  /** A message, without its frame; a view, valid during the call. `lostBytes`: of its end, as it was too long. */
  readonly onMessage: (bytes: Buffer, lostBytes: number) => void;
  /** A message ended at the next count, as its own was wrong or its newline was not there. */
  readonly onWrongCount: () => void;
}

/** A message that is longer than what is kept of it: what comes is counted. */
interface LongMessage {
  readonly kept: Buffer;
  lostBytes: number;
  /** Bytes still to come by its count; undefined: up to the delimiter. */
  toComeBytes: number | undefined;
}

/** Cuts a connection's bytes into messages, wherever the chunks are cut. Holds at most one message. */
export class SyslogFramer {
  readonly #options: FramerOptions;
  /** The beginning of a message is in its first `#heldBytes`. */
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  /** Bytes of it that have been searched for its end. */
  #searchedBytes = 0;
  #long: LongMessage | undefined;
  /** A message with a count has come: text that has neither frame may end at the next count. */
  #counting = false;
  /** What a message ended in, at the end of all that had come, and what may belong to the next one's count. */
  #doubtful: Buffer = Buffer.alloc(0);

  constructor(options: FramerOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    const bytes = this.#heldBytes === 0 ? this.#withDoubtful(chunk) : this.#joined(chunk);
    const end = this.#cut(bytes, false);
    // Copied: a view would keep the whole chunk alive.
    if (this.#heldBytes > 0) {
      if (end > 0) this.#held.copyWithin(0, end, bytes.length);
    } else this.#grow(bytes.length - end, 0).set(bytes.subarray(end));
    this.#heldBytes = bytes.length - end;
    if (this.#heldBytes === 0) this.#held = Buffer.alloc(0);
  }

  /** The connection has ended: a last message without its end is one. */
  end(): void {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    this.#cut(bytes, true);
    this.#finishLong();
    this.#held = Buffer.alloc(0);
  }

  /** With its beginning, where the message before has taken that for its own end. */
  #withDoubtful(chunk: Buffer): Buffer {
    const doubtful = this.#doubtful;
    this.#doubtful = Buffer.alloc(0);
    if (doubtful.length === 0 || chunk.length === 0 || beginsMessage(chunk, doubtful)) return chunk;
    const joined = Buffer.concat([doubtful, chunk]);
    if (countAt(joined, 0, false) === undefined) return chunk;
    this.#options.onWrongCount();
    return joined;
  }

  #joined(chunk: Buffer): Buffer {
    const lengthBytes = this.#heldBytes + chunk.length;
    const held = this.#grow(lengthBytes, this.#heldBytes);
    held.set(chunk, this.#heldBytes);
    return held.subarray(0, lengthBytes);
  }

  /** Doubled as it fills, so that a message that comes in small pieces is not copied with each of them. */
  #grow(lengthBytes: number, keptBytes: number): Buffer {
    if (this.#held.length >= lengthBytes) return this.#held;
    const doubledBytes = Math.min(2 * this.#held.length, this.#options.messageBytesMax + chunkBytes);
    const grown = Buffer.allocUnsafe(Math.max(lengthBytes, doubledBytes));
    this.#held.copy(grown, 0, 0, keptBytes);
    this.#held = grown;
    return grown;
  }

  /** Hands on what is whole; gives the offset after it. `last`: nothing more will come. */
  #cut(bytes: Buffer, last: boolean): number {
    const delimiters = new Delimiters(bytes);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#long
        ? this.#skip(bytes, at, delimiters, last)
        : this.#take(bytes, at, delimiters, last);
      if (next < 0) break;
      at = next;
      this.#searchedBytes = 0;
    }
    return at;
  }

  /** Offset after the message at `at`; -1 when it is not whole. */
  #take(bytes: Buffer, at: number, delimiters: Delimiters, last: boolean): number {
    if (bytes[at] === newline || bytes[at] === nul) return at + 1;
    const count = countAt(bytes, at, this.#counting);
    if (count === 'unfinished') {
      if (!last) return -1;
    } else if (count) return this.#counted(bytes, count.start, count.lengthBytes, last);
    return this.#line(bytes, at, delimiters, last);
  }

  #counted(bytes: Buffer, start: number, lengthBytes: number, last: boolean): number {
    const { messageBytesMax } = this.#options;
    const end = start + lengthBytes;
    if (end > bytes.length && bytes.length - start <= messageBytesMax && !last) return -1;
    // What follows has come in part: soon it tells whether the count is right.
    if (end < bytes.length && !last && isUnfinished(bytes, end)) return -1;
    if (end <= bytes.length && isRight(bytes, start, end)) {
      this.#counting = true;
      this.#emit(bytes.subarray(start, end), 0);
      if (end === bytes.length) this.#doubtful = Buffer.from(bytes.subarray(lastBeginning(bytes, start)));
      return end;
    }
    const next = nextCount(bytes, start + 1, bytes.length);
    if (next > 0) {
      this.#counting = true;
      this.#options.onWrongCount();
      this.#emit(bytes.subarray(start, next), 0);
      return next;
    }
    if (end > bytes.length && !last) return this.#beginLong(bytes, start, end - bytes.length);
    // What is left may be this message's end, up to what may be the next one's beginning.
    const isWrong = end < bytes.length;
    if (isWrong) this.#options.onWrongCount();
    const rest = last ? bytes.length : isWrong ? lastBeginning(bytes, start) : unfinishedCount(bytes, end);
    this.#emit(bytes.subarray(start, rest), 0);
    return rest;
  }

  #line(bytes: Buffer, at: number, delimiters: Delimiters, last: boolean): number {
    const end = delimiters.next(at + this.#searchedBytes);
    const limit = end < 0 ? bytes.length : end;
    if (this.#counting) {
      const next = nextCount(bytes, at + Math.max(1, this.#searchedBytes - unfinishedBytesMax), limit);
      if (next > 0) {
        this.#options.onWrongCount();
        this.#emit(bytes.subarray(at, next), 0);
        return next;
      }
    }
    if (end < 0 && !last) {
      if (bytes.length - at > this.#options.messageBytesMax) return this.#beginLong(bytes, at, undefined);
      this.#searchedBytes = bytes.length - at;
      return -1;
    }
    this.#emit(bytes.subarray(at, limit), 0);
    return end < 0 ? limit : limit + 1;
  }

  /** Keeps the beginning of a message of which more than that is there; gives the offset after what is there. */
  #beginLong(bytes: Buffer, start: number, toComeBytes: number | undefined): number {
    const { messageBytesMax } = this.#options;
    const kept = Buffer.from(bytes.subarray(start, characterStart(bytes, start + messageBytesMax)));
    // What may be a count is looked at again with what comes.
    const end = unfinishedCount(bytes, start + messageBytesMax);
    const moreToCome = toComeBytes === undefined ? undefined : toComeBytes + bytes.length - end;
    this.#long = { kept, lostBytes: end - start - kept.length, toComeBytes: moreToCome };
    return end;
  }

  #skip(bytes: Buffer, at: number, delimiters: Delimiters, last: boolean): number {
    const long = this.#long;
    if (!long) return at;
    const delimiter = long.toComeBytes === undefined ? delimiters.next(at) : at + long.toComeBytes;
    const isThere = delimiter >= 0 && delimiter <= bytes.length;
    const limit = isThere ? delimiter : bytes.length;
    const mayRestart = this.#counting || long.toComeBytes !== undefined;
    const next = mayRestart ? nextCount(bytes, at, limit) : -1;
    const searched = mayRestart && !isThere && !last ? unfinishedCount(bytes, at) : limit;
    const end = next < 0 ? searched : next;
    if (end === at && next < 0 && !isThere) return -1;
    long.lostBytes += end - at;
    if (long.toComeBytes !== undefined) long.toComeBytes -= end - at;
    const isCounted = next < 0 && isThere && long.toComeBytes !== undefined;
    if (isCounted && canBegin(bytes, end)) this.#counting = true;
    else if (isCounted || next >= 0) this.#options.onWrongCount();
    if (next >= 0 || isThere) this.#finishLong();
    return next < 0 && isThere && long.toComeBytes === undefined ? end + 1 : end;
  }

  #finishLong(): void {
    const long = this.#long;
    this.#long = undefined;
    if (long) this.#emit(long.kept, long.lostBytes);
  }

  #emit(bytes: Buffer, lostBytes: number): void {
    const { messageBytesMax, onMessage } = this.#options;
    let end = bytes.length;
    // The count of some senders covers a newline.
    while (end > 0 && (bytes[end - 1] === newline || bytes[end - 1] === nul)) end--;
    const kept = end <= messageBytesMax ? end : characterStart(bytes, messageBytesMax);
    if (kept > 0) onMessage(bytes.subarray(0, kept), lostBytes + end - kept);
  }
}

/** Whether a message may well be `[start, end)`, as its count says. */
const isRight = (bytes: Buffer, start: number, end: number): boolean =>
  canBegin(bytes, end) && countBefore(bytes, start, end) < 0 && !holdsMessage(bytes, start + 1, end);

/** Where the UTF-8 character begins that `at` is within; `at` in bytes that are none. */
function characterStart(bytes: Buffer, at: number): number {
  const isWithin = (offset: number): boolean => ((bytes[offset] ?? 0) & 0xc0) === 0x80;
  let start = at;
  while (start > at - 3 && isWithin(start)) start--;
  return isWithin(start) ? at : start;
}

/** What a socket gives at once. */
const chunkBytes = 64 * 1024;
const newline = 10;
const nul = 0;
