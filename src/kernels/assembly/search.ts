// Literal search over a memory range: compares 16 positions at a time with the two rarest bytes of the needle,
// then the whole needle where both fit.
//
// The caller leaves at least 64 readable bytes after `end` and pads needle and masks to a multiple of 8 with
// 0xff. A mask byte is OR-ed to the text before the comparison: 0x20 under a letter whose case is ignored, else 0.

// @ts-ignore: decorator
@inline
function matches(at: usize, needle: usize, masks: usize, length: usize): bool {
  for (let k: usize = 0; k < length; k += 8) {
    if ((load<u64>(at + k) | load<u64>(masks + k)) != load<u64>(needle + k)) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function pair(at: usize, first: usize, second: usize, va: v128, ma: v128, vb: v128, mb: v128): v128 {
  return v128.and(
    i8x16.eq(v128.or(v128.load(at + first), ma), va),
    i8x16.eq(v128.or(v128.load(at + second), mb), vb),
  );
}

/** Address of the first occurrence in [from, end), or 0. `length` is at least 1, `first <= second < length`. */
export function find(
  from: usize,
  end: usize,
  needle: usize,
  masks: usize,
  length: usize,
  first: usize,
  second: usize,
): usize {
  if (end - from < length) return 0;
  const last = end - length;
  const va = i8x16.splat(load<u8>(needle + first));
  const ma = i8x16.splat(load<u8>(masks + first));
  const vb = i8x16.splat(load<u8>(needle + second));
  const mb = i8x16.splat(load<u8>(masks + second));
  let p = from;
  while (p <= last) {
    if (p + 64 <= last) {
      const any = v128.or(
        v128.or(pair(p, first, second, va, ma, vb, mb), pair(p + 16, first, second, va, ma, vb, mb)),
        v128.or(pair(p + 32, first, second, va, ma, vb, mb), pair(p + 48, first, second, va, ma, vb, mb)),
      );
      if (!v128.any_true(any)) {
        p += 64;
        continue;
      }
    }
    let bits = i8x16.bitmask(pair(p, first, second, va, ma, vb, mb));
    while (bits != 0) {
      const at = p + ctz(bits);
      if (at > last) return 0;
      if (matches(at, needle, masks, length)) return at;
      bits &= bits - 1;
    }
    p += 16;
  }
  return 0;
}

/**
 * Writes the indices of lines that contain the needle and returns how many. Line i is
 * [base + starts[i], base + ends[i]); lines ascend and do not overlap; the search covers [base, end).
 */
export function searchAscending(
  base: usize,
  end: usize,
  starts: usize,
  ends: usize,
  count: u32,
  needle: usize,
  masks: usize,
  length: usize,
  first: usize,
  second: usize,
  out: usize,
): u32 {
  let found: u32 = 0;
  let line: u32 = 0;
  let p = base;
  while (true) {
    const at = find(p, end, needle, masks, length, first, second);
    if (at == 0) return found;
    const offset = <u32>(at - base);
    // The last line that starts at or before the hit.
    while (line + 1 < count && load<u32>(starts + ((<usize>line + 1) << 2)) <= offset) line++;
    if (offset >= load<u32>(starts + ((<usize>line) << 2)) && offset + <u32>length <= load<u32>(ends + ((<usize>line) << 2))) {
      store<u32>(out + ((<usize>found) << 2), line);
      found++;
      line++;
      if (line >= count) return found;
      p = base + load<u32>(starts + ((<usize>line) << 2));
    } else {
      p = at + 1;
    }
  }
}

/** As searchAscending for lines in any order: looks into each line by itself. */
export function searchEach(
  base: usize,
  starts: usize,
  ends: usize,
  count: u32,
  needle: usize,
  masks: usize,
  length: usize,
  first: usize,
  second: usize,
  out: usize,
): u32 {
  let found: u32 = 0;
  for (let line: u32 = 0; line < count; line++) {
    const from = base + load<u32>(starts + ((<usize>line) << 2));
    const end = base + load<u32>(ends + ((<usize>line) << 2));
    if (find(from, end, needle, masks, length, first, second) != 0) {
      store<u32>(out + ((<usize>found) << 2), line);
      found++;
    }
  }
  return found;
}
