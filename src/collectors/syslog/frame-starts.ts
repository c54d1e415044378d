// Where a message can begin in the bytes of a connection.

const newline = 10;
const nul = 0;
const space = 32;
const lessThan = 60;
const greaterThan = 62;
const byteOrderMark = 0xef;
const digitsMax = 9;
const priorityDigitsMax = 3;
/** Most bytes of a count and a priority that is not whole. */
export const unfinishedBytesMax = digitsMax + ' <'.length + priorityDigitsMax;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/** Newlines and NULs of a buffer, each searched for once however often it is asked. */
export class Delimiters {
  readonly #bytes: Buffer;
  #newline = -1;
  #nul = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Offset of the first at or after `from`, or -1. `from` only grows. */
  next(from: number): number {
    this.#newline = this.#advanced(this.#newline, newline, from);
    this.#nul = this.#advanced(this.#nul, nul, from);
    const first = Math.min(this.#newline, this.#nul);
    return first === Number.POSITIVE_INFINITY ? -1 : first;
  }

  #advanced(last: number, byte: number, from: number): number {
    if (last >= from) return last;
    const found = this.#bytes.indexOf(byte, from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }
}

export interface Count {
  readonly lengthBytes: number;
  /** Offset of the message. */
  readonly start: number;
}

/**
 * The count at `at`: digits, a space, and a priority after it, or anything where a priority `mayLack`; undefined when
 * there is none, 'unfinished' when the bytes end before that can be told.
 */
export function countAt(bytes: Buffer, at: number, mayLack: boolean): Count | 'unfinished' | undefined {
  if (bytes[at] === 48) return undefined;
  const end = digitsEnd(bytes, at, digitsMax);
  if (end === at) return undefined;
  if (end === bytes.length) return 'unfinished';
  if (bytes[end] !== space) return undefined;
  const start = end + 1;
  if (start === bytes.length) return 'unfinished';
  if (!mayLack && bytes[start] !== lessThan && bytes[start] !== byteOrderMark) return undefined;
  return { lengthBytes: Number(bytes.toString('latin1', at, end)), start };
}

/** Whether a message can begin at `at`, as far as the bytes there tell. */
export function canBegin(bytes: Buffer, at: number): boolean {
  const first = bytes[at];
  if (first === undefined || first === newline || first === nul) return true;
  if (first === lessThan) return isPriority(bytes, at) !== false;
  return countAt(bytes, at, false) !== undefined;
}

/** Whether the bytes end before it can be told if a message begins at `at`. */
export const isUnfinished = (bytes: Buffer, at: number): boolean =>
  countAt(bytes, at, false) === 'unfinished' || isPriority(bytes, at) === undefined;

/** Counts that lead to nowhere are passed over this many times: more, and the search would not be linear. */
const passedOverMax = 8;

/**
 * Offset of the first count with a priority after it, within `[from, to)`, that leads to where a message can begin;
 * where the next few do not, of the first of them; or -1.
 */
export function nextCount(bytes: Buffer, from: number, to: number): number {
  let first = -1;
  let passedOver = 0;
  for (let open = nextOpen(bytes, from, to); open >= 0; open = nextOpen(bytes, open + 1, to)) {
    if (bytes[open - 1] !== space || isPriority(bytes, open) !== true) continue;
    const at = digitsBegin(bytes, open - 1, from);
    const count = at < open - 1 ? countAt(bytes, at, false) : undefined;
    if (typeof count !== 'object') continue;
    if (canBegin(bytes, count.start + count.lengthBytes)) return at;
    if (first < 0) first = at;
    if (++passedOver === passedOverMax) break;
  }
  return first;
}

/** Whether within `[from, end)` a whole message with its count stands, and after it the next one, or the end. */
export function holdsMessage(bytes: Buffer, from: number, end: number): boolean {
  for (let open = nextOpen(bytes, from, end); open >= 0; open = nextOpen(bytes, open + 1, end)) {
    if (bytes[open - 1] !== space) continue;
    const count = countAt(bytes, digitsBegin(bytes, open - 1, from), false);
    if (typeof count !== 'object' || count.start !== open) continue;
    const behind = open + count.lengthBytes;
    if (behind === end || (behind < end && typeof countAt(bytes, behind, false) === 'object')) return true;
  }
  return false;
}

/** Looks no further than `to`: of many short messages each would search all that have come after it. */
function nextOpen(bytes: Buffer, from: number, to: number): number {
  const found = bytes.subarray(from, to).indexOf(lessThan);
  return found < 0 ? -1 : from + found;
}

/**
 * Offset of the count that a message of `[from, end)` ends in, or in whose digits it ends, as its own was too large for
 * a few bytes; or -1.
 */
export function countBefore(bytes: Buffer, from: number, end: number): number {
  if (bytes[end - 1] === space && isPriority(bytes, end) === true) {
    const at = digitsBegin(bytes, end - 1, from);
    return leadsOn(bytes, at) === true ? at : -1;
  }
  if (!isDigit(bytes[end - 1]) || leadsOn(bytes, end) !== false) return -1;
  const at = digitsBegin(bytes, end, from);
  return leadsOn(bytes, at) === true ? at : -1;
}

/** Whether a message can begin where the count at `at` says; undefined when there is none. */
function leadsOn(bytes: Buffer, at: number): boolean | undefined {
  const count = countAt(bytes, at, false);
  return typeof count === 'object' ? canBegin(bytes, count.start + count.lengthBytes) : undefined;
}

/** Where, at the end of the bytes, a count may have begun whose priority is not whole; their length if nowhere. */
export function unfinishedCount(bytes: Buffer, from: number): number {
  const tail = bytes.toString('latin1', Math.max(from, bytes.length - unfinishedBytesMax));
  const found = /[1-9]\d{0,8}(?: (?:<\d{0,3})?)?$/.exec(tail);
  return found ? bytes.length - found[0].length : bytes.length;
}

/**
 * Where, at the end of the bytes, a message may have begun that goes on after them: at a count that leads there, or at
 * one whose priority is not whole; their length if nowhere.
 */
export function lastBeginning(bytes: Buffer, from: number): number {
  let open = bytes.lastIndexOf(lessThan);
  for (let tried = 0; open > from && tried < passedOverMax; tried++) {
    const at = bytes[open - 1] === space ? digitsBegin(bytes, open - 1, from) : open;
    const count = isPriority(bytes, open) === true ? countAt(bytes, at, false) : undefined;
    if (typeof count === 'object' && count.start === open && open + count.lengthBytes > bytes.length)
      return at;
    open = bytes.lastIndexOf(lessThan, open - 1);
  }
  return unfinishedCount(bytes, from);
}

/** Whether bytes begin with a message of their own, and not with the rest of one that began with `before`. */
export function beginsMessage(bytes: Buffer, before: Buffer): boolean {
  if (!isDigit(bytes[0])) return canBegin(bytes, 0);
  // Digits are the end of many messages: more of them are the next count.
  return typeof countAt(bytes, 0, false) === 'object' || !before.includes(space);
}

/** `<13>`; undefined: the bytes end before that can be told. */
function isPriority(bytes: Buffer, at: number): boolean | undefined {
  if (bytes[at] !== lessThan) return false;
  const end = digitsEnd(bytes, at + 1, priorityDigitsMax);
  if (end === bytes.length) return undefined;
  return end > at + 1 && bytes[end] === greaterThan;
}

function digitsEnd(bytes: Buffer, at: number, countMax: number): number {
  let end = at;
  while (end < bytes.length && end - at < countMax && isDigit(bytes[end])) end++;
  return end;
}

/** Where the digits that end at `end` begin: at most as many as a count has, and no leading zero. */
function digitsBegin(bytes: Buffer, end: number, from: number): number {
  let at = end;
  while (at > from && end - at < digitsMax && isDigit(bytes[at - 1])) at--;
  while (at < end && bytes[at] === 48) at++;
  return at;
}
