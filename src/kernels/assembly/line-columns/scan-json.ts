// Slots of a JSON object in one line: its values that are no objects. Arrays are one slot.
import { hashBytes, isDigit, isJsonSpace, mix } from './bytes';
import { pushSlot } from './slots';

const nestingMax = 32;
/** A hash of the keys that lead to an object, by its depth. */
const paths = memory.data(8 * (nestingMax + 2), 8);

const wantsValue = 0;
const wantsKeyOrEnd = 1;
const wantsMore = 2;
const wantsKey = 3;

/** False, with slots pushed or not, when the line is not an object as it should be. */
export function scanJson(from: usize, end: usize): bool {
  if (from >= end || load<u8>(from) != 0x7b) return false;
  let p = from + 1;
  let depth = 1;
  let state = wantsKeyOrEnd;
  let path: u64 = 0;
  store<u64>(paths + 8, 0);
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (isJsonSpace(c)) {
      p++;
    } else if (c == 0x7d && (state == wantsMore || state == wantsKeyOrEnd)) {
      p++;
      if (--depth == 0) return isSpace(p, end);
      state = wantsMore;
    } else if (state == wantsMore) {
      if (c != 0x2c) return false;
      p++;
      state = wantsKey;
    } else if (state != wantsValue) {
      if (c != 0x22) return false;
      const key = p + 1;
      p = key;
      while (p < end && load<u8>(p) != 0x22) {
        if (load<u8>(p) == 0x5c || load<u8>(p) < 0x20) return false;
        p++;
      }
      path = hashBytes(load<u64>(paths + (<usize>depth << 3)), key, p);
      p++;
      while (p < end && isJsonSpace(load<u8>(p))) p++;
      if (p >= end || load<u8>(p) != 0x3a) return false;
      p++;
      state = wantsValue;
    } else if (c == 0x7b) {
      if (++depth > nestingMax) return false;
      store<u64>(paths + (<usize>depth << 3), path);
      p++;
      state = wantsKeyOrEnd;
    } else {
      const quoted = c == 0x22;
      const start = quoted ? p + 1 : p;
      const stop = quoted ? stringEnd(start, end) : c == 0x5b ? arrayEnd(p, end) : scalarEnd(p, end);
      if (stop == 0 || !pushSlot(start, stop, <u32>mix(path, quoted ? 1 : 2))) return false;
      p = quoted ? stop + 1 : stop;
      state = wantsMore;
    }
  }
  return false;
}

function isSpace(from: usize, end: usize): bool {
  for (let p = from; p < end; p++) if (!isJsonSpace(load<u8>(p))) return false;
  return true;
}

/** Where a string's quote is; 0: nowhere. */
function stringEnd(from: usize, end: usize): usize {
  for (let p = from; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c == 0x22) return p;
    if (c == 0x5c) p++;
    else if (c < 0x20) return 0;
  }
  return 0;
}

/** As the pipeline's walk, to the bracket that closes; braces inside must match, too, for its walk around the array. */
function arrayEnd(from: usize, end: usize): usize {
  let brackets = 0;
  let braces = 0;
  for (let p = from; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c == 0x22) {
      p = stringEnd(p + 1, end);
      if (p == 0) return 0;
    } else if (c == 0x7b) {
      braces++;
    } else if (c == 0x7d) {
      if (--braces < 0) return 0;
    } else if (c == 0x5b) {
      brackets++;
    } else if (c == 0x5d && --brackets == 0) {
      return braces == 0 ? p + 1 : 0;
    }
  }
  return 0;
}

/** The end of a number, true, false or null; 0: there is none. */
function scalarEnd(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const c = <u32>load<u8>(p);
    const isPart = isDigit(c) || (c | 0x20) - 0x61 < 26 || c == 0x2b || c == 0x2d || c == 0x2e;
    if (!isPart) break;
    p++;
  }
  const first = <u32>load<u8>(from);
  return isDigit(first) || first == 0x2d || isWord(from, p - from) ? p : 0;
}

function isWord(from: usize, bytes: usize): bool {
  const word = load<u32>(from);
  // "true", "null"; "fals" and "e"
  if (bytes == 4) return word == 0x65757274 || word == 0x6c6c756e;
  return bytes == 5 && word == 0x736c6166 && load<u8>(from + 4) == 0x65;
}
