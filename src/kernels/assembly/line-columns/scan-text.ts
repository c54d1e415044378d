// Slots of lines and values that are not JSON.
import { hashBytes, isAlphanumeric, isDigit, isHex, isKeyByte, isWordByte } from './bytes';
import { pushSlot } from './slots';

const pairsMin = 2;
const hexRunMin: usize = 8;
const uuidBytes: usize = 36;

/** key=value pairs with one space between them: the values. False when the line is not that. */
export function scanLogfmt(from: usize, end: usize): bool {
  let pairs = 0;
  let p = from;
  while (p < end) {
    const key = p;
    while (p < end && isKeyByte(load<u8>(p))) p++;
    if (p == key || p >= end || load<u8>(p) != 0x3d) return false;
    const path = <u32>hashBytes(0, key, p);
    p++;
    if (p < end && load<u8>(p) == 0x22) {
      const start = ++p;
      while (p < end && load<u8>(p) != 0x22) p += load<u8>(p) == 0x5c ? 2 : 1;
      if (p >= end || !pushSlot(start, p, path ^ 1)) return false;
      p++;
    } else {
      const start = p;
      while (p < end && load<u8>(p) != 0x20) {
        const c = <u32>load<u8>(p);
        if (c == 0x3d || c == 0x22 || c < 0x20) return false;
        p++;
      }
      if (!pushSlot(start, p, path)) return false;
    }
    pairs++;
    if (p < end && (load<u8>(p++) != 0x20 || p == end)) return false;
  }
  return pairs >= pairsMin;
}

/**
 * Words with digits, "-", quoted texts, and what follows the first newline. False when there is no room for the slots.
 */
export function scanText(from: usize, end: usize): bool {
  let p = from;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 0x0a) return pushSlot(p + 1, end, 0);
    if (c == 0x22) {
      let q = p + 1;
      while (q < end && load<u8>(q) != 0x22 && load<u8>(q) != 0x0a) q += load<u8>(q) == 0x5c ? 2 : 1;
      if (q < end && load<u8>(q) == 0x22) {
        if (!pushSlot(p + 1, q, 0)) return false;
        p = q;
      }
      p++;
    } else if (!isWordByte(c)) {
      p++;
    } else {
      const stop = wordEnd(p, end);
      let last = stop;
      // What a sentence or a field ends with belongs to the template.
      while (last > p + 1 && (load<u8>(last - 1) == 0x3a || load<u8>(last - 1) == 0x2e)) last--;
      const isDash = last == p + 1 && c == 0x2d;
      if ((isDash || holdsDigit(p, last)) && !pushSlot(p, last, 0)) return false;
      p = stop;
    }
  }
  return true;
}

/** A comma between digits is part of a word. */
function wordEnd(from: usize, end: usize): usize {
  let p = from;
  while (true) {
    while (p < end && isWordByte(load<u8>(p))) p++;
    if (p + 1 >= end || load<u8>(p) != 0x2c || !isDigit(load<u8>(p + 1)) || !isDigit(load<u8>(p - 1))) return p;
    p++;
  }
}

function holdsDigit(from: usize, end: usize): bool {
  for (let p = from; p < end; p++) if (isDigit(load<u8>(p))) return true;
  return false;
}

/** Words between single spaces; all of the value. False when there is no room for the slots. */
export function scanWords(from: usize, end: usize): bool {
  let start = from;
  for (let p = from; p < end; p++) {
    if (load<u8>(p) != 0x20) continue;
    if (!pushSlot(start, p, 0)) return false;
    start = p + 1;
  }
  return pushSlot(start, end, 0);
}

/** Runs of digits, long runs of hex digits, and UUIDs. False when there is no room for the slots. */
export function scanRuns(from: usize, end: usize): bool {
  let p = from;
  while (p < end) {
    if (!isAlphanumeric(load<u8>(p))) {
      p++;
      continue;
    }
    if (isUuid(p, end)) {
      if (!pushSlot(p, p + uuidBytes, 0)) return false;
      p += uuidBytes;
      continue;
    }
    let q = p;
    let allHex = true;
    let allDigits = true;
    let anyDigit = false;
    for (; q < end && isAlphanumeric(load<u8>(q)); q++) {
      const digit = isDigit(load<u8>(q));
      allHex = allHex && isHex(load<u8>(q));
      allDigits = allDigits && digit;
      anyDigit = anyDigit || digit;
    }
    if (allDigits || (allHex && anyDigit && q - p >= hexRunMin)) {
      if (!pushSlot(p, q, 0)) return false;
    } else if (anyDigit && !digitRuns(p, q)) {
      return false;
    }
    p = q;
  }
  return true;
}

function digitRuns(from: usize, end: usize): bool {
  let p = from;
  while (p < end) {
    const start = p;
    while (p < end && isDigit(load<u8>(p))) p++;
    if (p > start && !pushSlot(start, p, 0)) return false;
    p++;
  }
  return true;
}

function isUuid(from: usize, end: usize): bool {
  if (end - from < uuidBytes || load<u8>(from + 8) != 0x2d) return false;
  for (let i: usize = 0; i < uuidBytes; i++) {
    const isDash = i == 8 || i == 13 || i == 18 || i == 23;
    const c = <u32>load<u8>(from + i);
    if (isDash ? c != 0x2d : !isHex(c)) return false;
  }
  return true;
}
