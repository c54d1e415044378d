// Builds the 4-gram filter: every four consecutive bytes, ASCII-lower-cased, hash to one bit. While building, a
// bit is a byte of `map`, so that setting one needs no read.

const multiplier: u32 = 0x9e3779b1;

// @ts-ignore: decorator
@inline
function lower(v: v128): v128 {
  const upper = v128.and(i8x16.gt_s(v, i8x16.splat(0x40)), i8x16.lt_s(v, i8x16.splat(0x5b)));
  return v128.or(v, v128.and(upper, i8x16.splat(0x20)));
}

// @ts-ignore: decorator
@inline
function mark(map: usize, grams: v128, shift: i32): void {
  const hashes = i32x4.shr_u(i32x4.mul(grams, i32x4.splat(multiplier)), shift);
  const low = i64x2.extract_lane(hashes, 0);
  const high = i64x2.extract_lane(hashes, 1);
  store<u8>(map + <usize>(<u32>low), 1);
  store<u8>(map + <usize>(<u64>low >> 32), 1);
  store<u8>(map + <usize>(<u32>high), 1);
  store<u8>(map + <usize>(<u64>high >> 32), 1);
}

/**
 * Marks the grams of [from, end) in `map`, which has 2^(32-shift) bytes, zeroed by the caller. May read 32 bytes
 * past `end`. Grams that lie across two lines are marked too: a little noise, no loop per line.
 */
export function markGrams(from: usize, end: usize, map: usize, shift: i32): void {
  let p = from;
  if (end - from >= 20) {
    let v0 = lower(v128.load(p));
    // Positions p..p+15 need the bytes up to p+18.
    while (p + 19 <= end) {
      const v1 = lower(v128.load(p + 16));
      mark(map, v0, shift);
      mark(map, i8x16.shuffle(v0, v1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), shift);
      mark(map, i8x16.shuffle(v0, v1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17), shift);
      mark(map, i8x16.shuffle(v0, v1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18), shift);
      v0 = v1;
      p += 16;
    }
  }
  while (p + 4 <= end) {
    const gram = <u32>i32x4.extract_lane(lower(v128.load32_zero(p)), 0);
    store<u8>(map + <usize>((gram * multiplier) >> <u32>shift), 1);
    p++;
  }
}

/** Packs `count` bytes of `map` (a multiple of 16) into bits at `out`, clears the map, returns the bits set. */
export function packBits(map: usize, count: usize, out: usize): u32 {
  let set: u32 = 0;
  const zero = i8x16.splat(0);
  for (let i: usize = 0; i < count; i += 16) {
    const bits = i8x16.bitmask(i8x16.ne(v128.load(map + i), zero));
    v128.store(map + i, zero);
    store<u16>(out + (i >> 3), <u16>bits);
    set += popcnt(bits);
  }
  return set;
}

/** ORs the upper half of `bytes` bytes at `at` (a multiple of 16) into the lower one; returns its bits set. */
export function foldBits(at: usize, bytes: usize): u32 {
  const half = bytes >> 1;
  let set: u64 = 0;
  for (let i: usize = 0; i < half; i += 8) {
    const word = load<u64>(at + i) | load<u64>(at + half + i);
    store<u64>(at + i, word);
    set += popcnt(word);
  }
  return <u32>set;
}
