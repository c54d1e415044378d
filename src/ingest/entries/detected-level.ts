// detected_level of a line whose labels and metadata say nothing: JSON field, logfmt field, or the first level word
// that stands alone. Works on bytes; a string is made only of the few bytes that may be a level.

import { besideSearchedWords, levelLabels, levelOfBytes } from '../../formats/level-words.ts';
import { type LevelCode, levelCode, levelNone } from '../../model/entry.ts';

const unknown = levelCode('unknown');

/** The level of the line `bytes[start, end)`; `unknown` when nothing in it names one. Never levelNone. */
export function levelOfLine(bytes: Uint8Array, start: number, end: number): LevelCode {
  let first = start;
  while (first < end && isSpace(bytes[first] as number)) first++;
  if (first === end) return unknown;
  if (bytes[first] === 0x7b && lastVisible(bytes, first, end) === 0x7d) {
    const level = levelOfJson(bytes, first, end);
    return level !== levelNone ? level : levelOfWords(bytes, start, end);
  }
  // Words are searched until the first '='; only from there on the line may be logfmt, which goes first.
  const at = nextWord(bytes, start, end, equalsBit);
  if (at === end) return unknown;
  if (bytes[at] === equals) {
    const level = levelOfLogfmt(bytes, first, end);
    return level !== levelNone ? level : levelOfWords(bytes, at, end);
  }
  return levelOrLogfmt(bytes, first, at, end);
}

/** A level word is at `at` before any '=': it counts unless a '=' follows and the line has a level field. */
function levelOrLogfmt(bytes: Uint8Array, start: number, at: number, end: number): LevelCode {
  for (let i = at; i < end; i++) {
    if (bytes[i] !== equals) continue;
    const field = levelOfLogfmt(bytes, start, end);
    if (field !== levelNone) return field;
    break;
  }
  return wordAt(bytes, at, end);
}

const equals = 0x3d;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

function lastVisible(bytes: Uint8Array, start: number, end: number): number {
  let last = end - 1;
  while (last > start && isSpace(bytes[last] as number)) last--;
  return bytes[last] as number;
}

// ---- names ---------------------------------------------------------------------------

/** Level names by length and bytes: `fold` compares ASCII letters in either case. */
const nameBytes = levelLabels.map((name) => Buffer.from(name));
const nameLengthMin = Math.min(...nameBytes.map((name) => name.length));
const nameLengthMax = Math.max(...nameBytes.map((name) => name.length));
/** 1 for the first bytes of level names, in either case: most keys fail here. */
const nameFirstByte = new Uint8Array(256);
for (const name of levelLabels) {
  nameFirstByte[name.toLowerCase().charCodeAt(0)] = 1;
  nameFirstByte[name.toUpperCase().charCodeAt(0)] = 1;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** Place in `levelLabels` of the first name equal to the bytes, or -1. */
function levelNameAt(bytes: Uint8Array, start: number, end: number, fold: boolean): number {
  const length = end - start;
  if (length < nameLengthMin || length > nameLengthMax) return -1;
  if (nameFirstByte[bytes[start] as number] === 0) return -1;
  for (let n = 0; n < nameBytes.length; n++) {
    const name = nameBytes[n] as Buffer;
    if (name.length !== length) continue;
    let i = 0;
    if (fold) while (i < length && lower(bytes[start + i] as number) === lower(name[i] as number)) i++;
    else while (i < length && bytes[start + i] === name[i]) i++;
    if (i === length) return n;
  }
  return -1;
}

// ---- JSON ------------------------------------------------------------------------------

/**
 * The value of the first level name (exact case) with a string value, in document order, in the object itself or in
 * one nested directly in it. A fault of the JSON ends the search.
 */
function levelOfJson(bytes: Uint8Array, start: number, end: number): LevelCode {
  let depth = 0;
  let at = start;
  // Inside an array nothing is a field; what is deeper than two objects is skipped the same way.
  let skipDepth = 0;
  let keyStart = -1;
  let keyEnd = -1;
  let expectKey = false;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === 0x22) {
      const close = stringEnd(bytes, at + 1, end);
      if (close < 0) return levelNone;
      if (skipDepth === 0) {
        if (expectKey) {
          keyStart = at + 1;
          keyEnd = close;
          expectKey = false;
        } else if (keyStart >= 0) {
          if (levelNameAt(bytes, keyStart, keyEnd, false) >= 0) return levelOfBytes(bytes, at + 1, close);
          keyStart = -1;
        }
      }
      at = close + 1;
      continue;
    }
    at++;
    if (byte === 0x7b) {
      if (skipDepth > 0 || depth === 2) skipDepth++;
      else {
        depth++;
        expectKey = true;
      }
    } else if (byte === 0x5b) {
      skipDepth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (skipDepth > 0) skipDepth--;
      else if (--depth === 0) return levelNone;
      if (skipDepth === 0) keyStart = -1;
    } else if (byte === 0x2c && skipDepth === 0) {
      expectKey = true;
      keyStart = -1;
    }
  }
  return levelNone;
}

/** Place of the closing quote of a JSON string whose content starts at `start`, or -1. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x22) return at;
    if (byte === 0x5c) at++;
  }
  return -1;
}

// ---- logfmt ------------------------------------------------------------------------------

/** The value of the level name that comes first in `levelLabels` (keys in any case), if it is a level word. */
function levelOfLogfmt(bytes: Uint8Array, start: number, end: number): LevelCode {
  let best = levelLabels.length;
  let valueStart = 0;
  let valueEnd = 0;
  let at = start;
  while (at < end && best > 0) {
    while (at < end && (bytes[at] as number) <= 0x20) at++;
    const keyStart = at;
    let byte = 0;
    while (at < end) {
      byte = bytes[at] as number;
      if (byte === 0x3d || byte <= 0x20 || byte === 0x22) break;
      at++;
    }
    if (at >= end) break;
    if (byte === 0x22) {
      // A quote inside a key is no logfmt; the reference's reader stops there too.
      break;
    }
    if (byte !== 0x3d) continue;
    const place = levelNameAt(bytes, keyStart, at, true);
    at++;
    let from = at;
    let to = at;
    if (at < end && bytes[at] === 0x22) {
      const close = stringEnd(bytes, at + 1, end);
      if (close < 0) break;
      from = at + 1;
      to = close;
      at = close + 1;
    } else {
      while (at < end && (bytes[at] as number) > 0x20) at++;
      to = at;
    }
    if (place >= 0 && place < best) {
      best = place;
      valueStart = from;
      valueEnd = to;
    }
  }
  return best < levelLabels.length ? levelOfBytes(bytes, valueStart, valueEnd) : levelNone;
}

// ---- words ---------------------------------------------------------------------------------

/** Level words that are searched for in a line begin with one of these three letters, read as one number. */
const opened = {
  trace: 0x617274,
  debug: 0x626564,
  fatal: 0x746166,
  critical: 0x697263,
  error: 0x727265,
  warn: 0x726177,
  info: 0x666e69,
} as const;

const codes = {
  trace: levelCode('trace'),
  debug: levelCode('debug'),
  fatal: levelCode('fatal'),
  critical: levelCode('critical'),
  error: levelCode('error'),
  warn: levelCode('warn'),
  info: levelCode('info'),
} as const;

/** May come before a level word; after it; a level word may start with it; is '='. */
const beforeBit = 1;
const behindBit = 2;
const startBit = 4;
const equalsBit = 8;
const classOf = new Uint8Array(256);
const mark = (code: number, bit: number): void => {
  classOf[code] = (classOf[code] as number) | bit;
};
for (const c of besideSearchedWords.before) mark(c.charCodeAt(0), beforeBit);
for (const c of besideSearchedWords.behind) mark(c.charCodeAt(0), behindBit);
for (const c of 'tdfcewiTDFCEWI') mark(c.charCodeAt(0), startBit);
mark(equals, equalsBit);

function levelOfWords(bytes: Uint8Array, start: number, end: number): LevelCode {
  const at = nextWord(bytes, start, end, 0);
  return at === end ? unknown : wordAt(bytes, at, end);
}

/**
 * Place of the first level word that stands alone, or of the first byte with a class of `stopBits`, or `end`. `start`
 * is the line's start or a byte that may come before a word. One branch a byte, seldom taken: letters that start a
 * level word are too common in text to branch on them alone.
 */
function nextWord(bytes: Uint8Array, start: number, end: number, stopBits: number): number {
  let before = beforeBit;
  for (let at = start; at < end; at++) {
    const kind = classOf[bytes[at] as number] as number;
    if ((kind & (((before & beforeBit) << 2) | stopBits)) !== 0) {
      if ((kind & stopBits) !== 0 || wordAt(bytes, at, end) !== levelNone) return at;
    }
    before = kind;
  }
  return end;
}

/** The level of the word that starts here, if it ends where a level word may. */
function wordAt(bytes: Uint8Array, start: number, end: number): LevelCode {
  if (start + 3 > end) return levelNone;
  const opening =
    (bytes[start] as number) | ((bytes[start + 1] as number) << 8) | ((bytes[start + 2] as number) << 16);
  // Nearly every candidate fails here. Setting bit 5 makes letters lower-case and nothing else a letter.
  switch (opening | 0x202020) {
    case opened.trace:
      return endsWith(bytes, start + 3, end, 'ce') ? codes.trace : levelNone;
    case opened.debug:
      return endsWith(bytes, start + 3, end, 'ug') ? codes.debug : levelNone;
    case opened.fatal:
      return endsWith(bytes, start + 3, end, 'al') ? codes.fatal : levelNone;
    case opened.critical:
      return endsWith(bytes, start + 3, end, 'tical') ? codes.critical : levelNone;
    case opened.error:
      return endsWith(bytes, start + 3, end, '') || endsWith(bytes, start + 3, end, 'or')
        ? codes.error
        : levelNone;
    case opened.warn:
      return endsWith(bytes, start + 3, end, 'n') || endsWith(bytes, start + 3, end, 'ning')
        ? codes.warn
        : levelNone;
    case opened.info:
      return endsWith(bytes, start + 3, end, 'o') ? codes.info : levelNone;
    default:
      return levelNone;
  }
}

/** True when `rest` (in either case) and the end of a word follow. */
function endsWith(bytes: Uint8Array, at: number, end: number, rest: string): boolean {
  const stop = at + rest.length;
  if (stop > end) return false;
  for (let i = 0; i < rest.length; i++) {
    if (((bytes[at + i] as number) | 0x20) !== rest.charCodeAt(i)) return false;
  }
  return stop === end || ((classOf[bytes[stop] as number] as number) & behindBit) !== 0;
}
