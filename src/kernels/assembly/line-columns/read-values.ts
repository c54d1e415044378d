// Columns → references: of each value its address and bytes, 8 bytes a value.
import { isDigit } from './bytes';
import { allocate, isBad, readBytes, readCount, readLeaf, readVarint, refuse } from './input';
import * as kinds from './kinds';

const fixedBytesMax: u32 = 64;
/** Digits of a number that the encoder writes, a sign and a point. */
const numberCellBytes: u32 = 24;
/** 2^54: what bases, distances and steps can sum up to. */
const numberMax: u64 = 18014398509481984;
const wideFactor: u64 = 1000000000;
const wideDigits: u32 = 9;
/** Places of the digits of one group. */
const places = memory.data(16);

/** Set by readers: the bytes of all values together. */
export let totalBytes: u64 = 0;

export function setTotalBytes(bytes: u64): void {
  totalBytes = bytes;
}

/** A copy of at least 32 bytes: what is too much is written over by what comes next. */
// @ts-ignore: decorator
@inline
export function copy(to: usize, from: usize, bytes: u32): usize {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  for (let k: u32 = 32; k < bytes; k += 16) v128.store(to + k, v128.load(from + k));
  return to + bytes;
}

// @ts-ignore: decorator
@inline
export function setReference(references: usize, i: u32, address: usize, bytes: u32): void {
  store<u64>(references + (<usize>i << 3), <u64>address | (<u64>bytes << 32));
}

/** As 64-bit integers; sums cannot overflow: bases are below 2^53, steps below 2^32. */
export function readIntegers(count: u32): usize {
  const form = readCount(2 * kinds.planesMax + 1);
  const planes = form >> 1;
  const zigzag = readVarint();
  const base = <i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1));
  const out = allocate(<u64>count << 3);
  let p0: usize = 0;
  let p1: usize = 0;
  let p2: usize = 0;
  let p3: usize = 0;
  if (planes > 0) p0 = readLeaf(count);
  if (planes > 1) p1 = readLeaf(count);
  if (planes > 2) p2 = readLeaf(count);
  if (planes > 3) p3 = readLeaf(count);
  if (isBad) return 0;
  // Planes that are not there are read as one that is, shifted out.
  const m1: u32 = planes > 1 ? 0xff : 0;
  const m2: u32 = planes > 2 ? 0xff : 0;
  const m3: u32 = planes > 3 ? 0xff : 0;
  if (planes == 0) {
    for (let i: u32 = 0; i < count; i++) store<i64>(out + (<usize>i << 3), base);
  } else if ((form & 1) == 0) {
    if (planes == 1) {
      for (let i: usize = 0; i < <usize>count; i++) store<i64>(out + (i << 3), base + <i64>load<u8>(p0 + i));
    } else {
      for (let i: usize = 0; i < <usize>count; i++) store<i64>(out + (i << 3), base + <i64>word(i, p0, p1, p2, p3, m2, m3));
    }
  } else {
    let value = base;
    for (let i: usize = 0; i < <usize>count; i++) {
      const stored = <u64>word(i, p0, planes > 1 ? p1 : p0, p2, p3, m2, m3) & (m1 != 0 ? ~(<u64>0) : 0xff);
      value += <i64>(stored >> 1) ^ -(<i64>(stored & 1));
      store<i64>(out + (i << 3), value);
    }
  }
  return out;
}

// @ts-ignore: decorator
@inline
function word(i: usize, p0: usize, p1: usize, p2: usize, p3: usize, m2: u32, m3: u32): u32 {
  return (
    <u32>load<u8>(p0 + i) |
    (<u32>load<u8>(p1 + i) << 8) |
    ((<u32>load<u8>(p2 + i) & m2) << 16) |
    ((<u32>load<u8>(p3 + i) & m3) << 24)
  );
}

/** Lengths, then bytes one after the other. */
export function readTexts(count: u32): usize {
  const lengths = readIntegers(count);
  if (isBad) return 0;
  let bytes: u64 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const length = load<u64>(lengths + (i << 3));
    if (length > 0x7fffffff) {
      refuse();
      return 0;
    }
    bytes += length;
  }
  if (bytes > 0x7fffffff) {
    refuse();
    return 0;
  }
  let from = readLeaf(<u32>bytes);
  if (isBad) return 0;
  // In the place of the lengths: both are 8 bytes a value.
  for (let i: u32 = 0; i < count; i++) {
    const length = load<u32>(lengths + (<usize>i << 3));
    setReference(lengths, i, from, length);
    from += length;
  }
  totalBytes = bytes;
  return lengths;
}

export function readDictionary(count: u32): usize {
  const distinct = readCount(kinds.dictionaryMax);
  if (distinct == 0) refuse();
  const known = readTexts(distinct);
  if (isBad) return 0;
  const out = allocate(<u64>count << 3);
  if (isBad) return 0;
  let bytes: u64 = 0;
  if (distinct == 1) {
    const reference = load<u64>(known);
    for (let i: usize = 0; i < <usize>count; i++) store<u64>(out + (i << 3), reference);
    bytes = (reference >> 32) * <u64>count;
  } else {
    const low = readLeaf(count);
    const high = distinct > 256 ? readLeaf(count) : low;
    if (isBad) return 0;
    const mask: u32 = distinct > 256 ? 0xffff : 0xff;
    for (let i: usize = 0; i < <usize>count; i++) {
      const id = (<u32>load<u8>(low + i) | (<u32>load<u8>(high + i) << 8)) & mask;
      if (id >= distinct) {
        refuse();
        return 0;
      }
      const reference = load<u64>(known + (<usize>id << 3));
      bytes += reference >> 32;
      store<u64>(out + (i << 3), reference);
    }
  }
  totalBytes = bytes;
  return out;
}

export function readNumbers(count: u32): usize {
  const decimals = readCount(kinds.decimalsMax);
  const integers = readIntegers(count);
  const cells = allocate(<u64>count * numberCellBytes);
  if (isBad) return 0;
  let most: u64 = 0;
  for (let i: u32 = 0; i < count; i++) most |= absolute(load<i64>(integers + (<usize>i << 3)));
  const isWide = most > 0xffffffff;
  const digits = max<u32>(decimals + 1, isWide ? wideDigits + digitCount(<u32>(most / wideFactor)) : digitCount(<u32>most));
  if (most > numberMax) {
    refuse();
    return 0;
  }
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i64>(integers + (<usize>i << 3));
    const end = cells + <usize>(i + 1) * numberCellBytes;
    const length = isWide
      ? printWide(absolute(value), digits, decimals, end)
      : print(<u32>absolute(value), digits, decimals, end);
    const sign: u32 = value < 0 ? 1 : 0;
    // Before a number that has no sign this is overwritten or nobody's.
    store<u8>(end - length - 1, 0x2d);
    setReference(integers, i, end - length - sign, length + sign);
    bytes += length + sign;
  }
  totalBytes = bytes;
  return integers;
}

// @ts-ignore: decorator
@inline
function absolute(value: i64): u64 {
  return <u64>(value < 0 ? -value : value);
}

// So that nothing depends on how large a number is, all of a column are printed with as many digits as the largest
// has, up to `end`; what is returned is how many bytes of it count.

// @ts-ignore: decorator
@inline
function print(value: u32, digits: u32, decimals: u32, end: usize): u32 {
  let p = end;
  let rest = value;
  for (let d: u32 = 0; d < digits; d++) {
    if (d == decimals && d > 0) store<u8>(--p, 0x2e);
    const tenth = rest / 10;
    store<u8>(--p, <u8>(0x30 + rest - tenth * 10));
    rest = tenth;
  }
  return max<u32>(digitCount(value), decimals + 1) + (decimals > 0 ? 1 : 0);
}

/** Of 64 bits: two parts of 32, whose division is several times as fast. */
function printWide(value: u64, digits: u32, decimals: u32, end: usize): u32 {
  const high = <u32>(value / wideFactor);
  let rest = <u32>(value % wideFactor);
  const counted = high == 0 ? digitCount(rest) : wideDigits + digitCount(high);
  let p = end;
  for (let d: u32 = 0; d < digits; d++) {
    if (d == decimals && d > 0) store<u8>(--p, 0x2e);
    if (d == wideDigits) rest = high;
    const tenth = rest / 10;
    store<u8>(--p, <u8>(0x30 + rest - tenth * 10));
    rest = tenth;
  }
  return max<u32>(counted, decimals + 1) + (decimals > 0 ? 1 : 0);
}

/** Without branches: sizes of numbers are hard to guess. */
// @ts-ignore: decorator
@inline
function digitCount(value: u32): u32 {
  return (
    1 +
    <u32>(value > 9) +
    <u32>(value > 99) +
    <u32>(value > 999) +
    <u32>(value > 9999) +
    <u32>(value > 99999) +
    <u32>(value > 999999) +
    <u32>(value > 9999999) +
    <u32>(value > 99999999) +
    <u32>(value > 999999999)
  );
}

export function readDigits(count: u32): usize {
  const width = readCount(fixedBytesMax);
  const model = readBytes(width);
  const out = allocate(<u64>count * width);
  const references = allocate(<u64>count << 3);
  if (isBad) return 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = out + <usize>i * width;
    copy(value, model, width);
    setReference(references, i, value, width);
  }
  let left: u32 = 0;
  for (let j: usize = 0; j < <usize>width; j++) if (isDigit(load<u8>(model + j))) left++;
  let from: usize = 0;
  while (left > 0) {
    const digits = left % kinds.groupDigits == 0 ? kinds.groupDigits : left % kinds.groupDigits;
    let to = from;
    for (let seen: u32 = 0; seen < digits; to++) if (isDigit(load<u8>(model + to))) seen++;
    if (!readGroup(out, width, count, model, from, to)) return 0;
    from = to;
    left -= digits;
  }
  totalBytes = <u64>count * width;
  return references;
}

/** Writes a group's digits where the model has digits, in [from, to) of each value. */
function readGroup(out: usize, width: u32, count: u32, model: usize, from: usize, to: usize): bool {
  const integers = readIntegers(count);
  if (isBad) return false;
  let digits: usize = 0;
  for (let j = from; j < to; j++) if (isDigit(load<u8>(model + j))) store<u8>(places + digits++, <u8>j);
  let over: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const integer = load<u64>(integers + (<usize>i << 3));
    over |= integer >> 32;
    let rest = <u32>integer;
    const value = out + <usize>i * width;
    for (let k = digits; k > 0; k--) {
      const tenth = rest / 10;
      store<u8>(value + load<u8>(places + k - 1), <u8>(0x30 + rest - tenth * 10));
      rest = tenth;
    }
    over |= <u64>rest;
  }
  if (over != 0) refuse();
  return over == 0;
}

export function readHex(count: u32): usize {
  const width = readCount(fixedBytesMax);
  const model = readBytes(width);
  if (isBad) return 0;
  let nibbles: u32 = 0;
  for (let j: usize = 0; j < <usize>width; j++) if (load<u8>(model + j) != 0x2d) nibbles++;
  const all = count * nibbles;
  const packed = readLeaf((all + 1) >> 1);
  const digits = allocate(<u64>all + 32);
  const references = allocate(<u64>count << 3);
  if (isBad) return 0;
  expandNibbles(packed, (all + 1) >> 1, digits);
  totalBytes = <u64>count * width;
  if (nibbles == width) {
    for (let i: u32 = 0; i < count; i++) setReference(references, i, digits + <usize>i * width, width);
    return references;
  }
  const out = allocate(<u64>count * width);
  if (isBad) return 0;
  let from = digits;
  for (let i: u32 = 0; i < count; i++) {
    const value = out + <usize>i * width;
    for (let j: usize = 0; j < <usize>width; j++)
      store<u8>(value + j, load<u8>(model + j) == 0x2d ? 0x2d : load<u8>(from++));
    setReference(references, i, value, width);
  }
  return references;
}

/** Bytes → two hex digits each, the high nibble first; up to 16 bytes too many are read, 32 written. */
function expandNibbles(from: usize, bytes: u32, out: usize): void {
  // The text of 0 to f.
  const table = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  const low = i8x16.splat(15);
  for (let i: usize = 0; i < <usize>bytes; i += 16) {
    const packed = v128.load(from + i);
    const highDigits = i8x16.swizzle(table, v128.and(i16x8.shr_u(packed, 4), low));
    const lowDigits = i8x16.swizzle(table, v128.and(packed, low));
    v128.store(out + 2 * i, i8x16.shuffle(highDigits, lowDigits, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(
      out + 2 * i,
      i8x16.shuffle(highDigits, lowDigits, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
      16,
    );
  }
}
