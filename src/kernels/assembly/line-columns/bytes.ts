// Classes, equality and hashes of bytes. Ranges are addresses; up to 8 bytes behind the end of one are read.

// @ts-ignore: decorator
@inline
export function isDigit(c: u32): bool {
  return c - 0x30 < 10;
}

/** Digits and a–f: what the kind `hex` holds. */
// @ts-ignore: decorator
@inline
export function isHex(c: u32): bool {
  return c - 0x30 < 10 || c - 0x61 < 6;
}

// @ts-ignore: decorator
@inline
export function isAlphanumeric(c: u32): bool {
  return c - 0x30 < 10 || (c | 0x20) - 0x61 < 26;
}

// Bits of _ . : / - + @ % $ # ~ & ? * ! \ below and above 64.
const wordMarksLow: u64 = 0x8400ec7a00000000;
const wordMarksHigh: u64 = 0x4000000090000001;

/** What words of free text consist of. */
// @ts-ignore: decorator
@inline
export function isWordByte(c: u32): bool {
  if (isAlphanumeric(c) || c >= 0x80) return true;
  const marks = c < 64 ? wordMarksLow : wordMarksHigh;
  return ((marks >> (c & 63)) & 1) != 0;
}

/** What keys of logfmt consist of. */
// @ts-ignore: decorator
@inline
export function isKeyByte(c: u32): bool {
  return isAlphanumeric(c) || c == 0x5f || c - 0x2d < 3 || c == 0x40;
}

// @ts-ignore: decorator
@inline
export function isJsonSpace(c: u32): bool {
  return c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09;
}

// @ts-ignore: decorator
@inline
export function mix(hash: u64, word: u64): u64 {
  const h = (hash ^ word) * 0x9e3779b97f4a7c15;
  return h ^ (h >> 29);
}

/** A hash of the bytes and their number, on top of another. */
export function hashBytes(hash: u64, from: usize, end: usize): u64 {
  let h = hash;
  let p = from;
  for (; p + 8 <= end; p += 8) h = mix(h, load<u64>(p));
  if (p < end) h = mix(h, load<u64>(p) & ((<u64>1 << (<u64>(end - p) << 3)) - 1));
  return mix(h, <u64>(end - from));
}

export function equalBytes(a: usize, b: usize, length: usize): bool {
  let k: usize = 0;
  for (; k + 8 <= length; k += 8) if (load<u64>(a + k) != load<u64>(b + k)) return false;
  if (k == length) return true;
  const mask = (<u64>1 << (<u64>(length - k) << 3)) - 1;
  return ((load<u64>(a + k) ^ load<u64>(b + k)) & mask) == 0;
}

// @ts-ignore: decorator
@inline
export function item(array: usize, i: u32): u32 {
  return load<u32>(array + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
export function setItem(array: usize, i: u32, value: u32): void {
  store<u32>(array + (<usize>i << 2), value);
}
