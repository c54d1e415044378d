// How a column's values are best kept: looks at all of them once, and keeps what the writers of write-values.ts need.
import { equalBytes, hashBytes, isDigit, isHex, item, setItem } from './bytes';
import * as kinds from './kinds';
import { giveUp, hasScratch, scratch } from './output';
import { measureIntegers } from './write-integers';

const distinctMax: u32 = 8192;
const hexBytesMin: usize = 8;
const fixedBytesMax: usize = 64;
/** Up to so many different values a dictionary is best, whatever they are. */
const numbersDistinctMax: u32 = 64;
const digitsDistinctMax: u32 = 16;
const smallDictionary: u32 = 256;
const wordsMax: u32 = 6;
/** A number of more bytes is text: its digits must fit into an integer. */
const numberBytesMax: usize = 16;

/** Different values of the column: addresses of their starts and ends; of each value, which it is. */
export let distinct: u32 = 0;
export let distinctStarts: usize = 0;
export let distinctEnds: usize = 0;
export let distinctOf: usize = 0;
/** Of numbers: the values without their point, and how many digits stand behind it. */
export let integers: usize = 0;
export let decimals: u32 = 0;
/** Bytes of each value, when all have the same. */
export let fixedBytes: usize = 0;

let parsed: i64 = 0;
let parsedDecimals: u32 = 0;

export function chooseKind(starts: usize, ends: usize, count: u32): u32 {
  const limit = min<u32>(distinctMax, max<u32>(1, count >> 1));
  let tableSize: u32 = 16;
  while (tableSize < limit * 2) tableSize <<= 1;
  if (!hasScratch((<usize>count << 4) + (<usize>limit << 3) + (<usize>tableSize << 2) + 4096)) {
    giveUp();
    return kinds.dictionary;
  }
  let bytes: usize = 0;
  for (let i: u32 = 0; i < count; i++) bytes += item(ends, i) - item(starts, i);
  const isRepeated = findDistinct(starts, ends, count, limit, tableSize);
  if (isRepeated && distinct == 1) return kinds.dictionary;
  const dictionaryCost = isRepeated ? costOfDictionary(count) : f64.MAX_VALUE;
  if (!(isRepeated && distinct <= numbersDistinctMax) && areNumbers(starts, ends, count)) return kinds.number;
  if (hasFixedBytes(starts, ends, count)) {
    const digitCount = sharedDigits(starts, count);
    const digitsCost = 0.25 * <f64>digitCount * <f64>count;
    const fewDistinct = isRepeated && distinct <= digitsDistinctMax;
    if (digitCount > 0 && !fewDistinct && digitsCost < dictionaryCost + <f64>count) return kinds.digits;
    const hexCost = 0.5 * <f64>fixedBytes * <f64>count;
    if (fixedBytes >= hexBytesMin && hexCost <= dictionaryCost && areHex(starts, count)) return kinds.hex;
  }
  const isWorthIt = isRepeated && (distinct <= smallDictionary || dictionaryCost < 0.35 * <f64>bytes);
  return isWorthIt ? kinds.dictionary : kinds.text;
}

/** False when there are more than `limit` different values. */
function findDistinct(starts: usize, ends: usize, count: u32, limit: u32, tableSize: u32): bool {
  const table = scratch(<usize>tableSize << 2);
  memory.fill(table, 0, <usize>tableSize << 2);
  distinctStarts = scratch(<usize>limit << 2);
  distinctEnds = scratch(<usize>limit << 2);
  distinctOf = scratch(<usize>count << 2);
  distinct = 0;
  for (let i: u32 = 0; i < count; i++) {
    const start: usize = item(starts, i);
    const end: usize = item(ends, i);
    let place = <u32>hashBytes(0, start, end) & (tableSize - 1);
    while (true) {
      const known = item(table, place);
      if (known == 0) {
        if (distinct == limit) return false;
        setItem(distinctStarts, distinct, <u32>start);
        setItem(distinctEnds, distinct, <u32>end);
        setItem(distinctOf, i, distinct);
        setItem(table, place, ++distinct);
        break;
      }
      const other: usize = item(distinctStarts, known - 1);
      if (<usize>item(distinctEnds, known - 1) - other == end - start && equalBytes(other, start, end - start)) {
        setItem(distinctOf, i, known - 1);
        break;
      }
      place = (place + 1) & (tableSize - 1);
    }
  }
  return true;
}

/** An estimate in bytes, compressed. */
function costOfDictionary(count: u32): f64 {
  let bytes: f64 = 0;
  for (let d: u32 = 0; d < distinct; d++) bytes += <f64>(item(distinctEnds, d) - item(distinctStarts, d) + 1);
  const bits = <f64>(32 - clz(distinct));
  return bytes * 0.6 + (<f64>count * bits) / 8;
}

/** All are decimal numbers that print as they are written, with equally many digits behind the point. */
function areNumbers(starts: usize, ends: usize, count: u32): bool {
  integers = scratch(<usize>count << 3);
  for (let i: u32 = 0; i < count; i++) {
    if (!parseNumber(item(starts, i), item(ends, i)) || (i > 0 && parsedDecimals != decimals)) return false;
    decimals = parsedDecimals;
    store<i64>(integers + (<usize>i << 3), parsed);
  }
  return measureIntegers(integers, count);
}

function parseNumber(start: usize, end: usize): bool {
  if (end - start > numberBytesMax || start == end) return false;
  const isNegative = load<u8>(start) == 0x2d;
  let p = isNegative ? start + 1 : start;
  const first = p;
  let value: i64 = 0;
  for (; p < end && isDigit(load<u8>(p)); p++) value = value * 10 + <i64>(load<u8>(p) - 0x30);
  if (p == first || (load<u8>(first) == 0x30 && p - first > 1)) return false;
  parsedDecimals = 0;
  if (p < end) {
    if (load<u8>(p++) != 0x2e || p == end) return false;
    for (; p < end && isDigit(load<u8>(p)); p++) {
      value = value * 10 + <i64>(load<u8>(p) - 0x30);
      parsedDecimals++;
    }
    if (p < end || parsedDecimals > kinds.decimalsMax) return false;
  }
  if (isNegative && value == 0) return false;
  parsed = isNegative ? -value : value;
  return true;
}

function hasFixedBytes(starts: usize, ends: usize, count: u32): bool {
  fixedBytes = item(ends, 0) - item(starts, 0);
  if (fixedBytes == 0 || fixedBytes > fixedBytesMax) return false;
  for (let i: u32 = 1; i < count; i++) if (<usize>(item(ends, i) - item(starts, i)) != fixedBytes) return false;
  return true;
}

/** How many digits each value has, when they stand in the same places and all else is the same; else 0. */
function sharedDigits(starts: usize, count: u32): u32 {
  const model: usize = item(starts, 0);
  let digitCount: u32 = 0;
  for (let j: usize = 0; j < fixedBytes; j++) {
    const c = <u32>load<u8>(model + j);
    const digit = isDigit(c);
    if (digit) digitCount++;
    for (let i: u32 = 1; i < count; i++) {
      const other = <u32>load<u8>(<usize>item(starts, i) + j);
      if (digit ? !isDigit(other) : other != c) return 0;
    }
  }
  return digitCount <= kinds.groupsMax * kinds.groupDigits ? digitCount : 0;
}

/** All of hex digits, with dashes in the same places. */
function areHex(starts: usize, count: u32): bool {
  const model: usize = item(starts, 0);
  for (let j: usize = 0; j < fixedBytes; j++) {
    const dash = load<u8>(model + j) == 0x2d;
    for (let i: u32 = 0; i < count; i++) {
      const c = <u32>load<u8>(<usize>item(starts, i) + j);
      if (dash ? c != 0x2d : !isHex(c)) return false;
    }
  }
  return true;
}

/** Each has the same number of single spaces, and few. */
export function hasSameWords(starts: usize, ends: usize, count: u32): bool {
  const spaces = spacesOf(item(starts, 0), item(ends, 0));
  if (spaces == 0 || spaces >= wordsMax) return false;
  for (let i: u32 = 1; i < count; i++) if (spacesOf(item(starts, i), item(ends, i)) != spaces) return false;
  return true;
}

function spacesOf(start: usize, end: usize): u32 {
  let spaces: u32 = 0;
  for (let p = start; p < end; p++) if (load<u8>(p) == 0x20) spaces++;
  return spaces;
}
