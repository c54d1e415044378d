// Snappy block format, the elements after the length preamble.

/**
 * Decompresses [from, end) to [to, toEnd), which it must fill exactly. Returns 1, or 0 when the input is
 * corrupt. May read 16 bytes past `end` and write 16 bytes past `toEnd`.
 */
export function decompress(from: usize, end: usize, to: usize, toEnd: usize): i32 {
  let s = from;
  let d = to;
  while (s < end) {
    const tag = <u32>load<u8>(s);
    s++;
    const kind = tag & 3;
    let length: usize = 0;
    let offset: usize = 0;
    if (kind == 0) {
      length = <usize>(tag >> 2) + 1;
      if (length > 60) {
        const width = length - 60;
        if (end - s < width) return 0;
        length = <usize>(load<u32>(s) & (<u32>0xffffffff >> (<u32>(4 - <u32>width) << 3))) + 1;
        // A length of 2^32 wraps to 0.
        if (length == 0) return 0;
        s += width;
      }
      if (length > end - s || length > toEnd - d) return 0;
      if (length <= 16) {
        v128.store(d, v128.load(s));
      } else if (length <= 64) {
        for (let k: usize = 0; k < length; k += 16) v128.store(d + k, v128.load(s + k));
      } else {
        memory.copy(d, s, length);
      }
      s += length;
      d += length;
      continue;
    }
    if (kind == 1) {
      if (s >= end) return 0;
      length = <usize>((tag >> 2) & 7) + 4;
      offset = (<usize>(tag >> 5) << 8) | <usize>load<u8>(s);
      s++;
    } else if (kind == 2) {
      if (end - s < 2) return 0;
      length = <usize>(tag >> 2) + 1;
      offset = <usize>load<u16>(s);
      s += 2;
    } else {
      if (end - s < 4) return 0;
      length = <usize>(tag >> 2) + 1;
      offset = <usize>load<u32>(s);
      s += 4;
    }
    if (offset == 0 || offset > d - to || length > toEnd - d) return 0;
    let from = d - offset;
    if (offset >= 16) {
      v128.store(d, v128.load(from));
      for (let k: usize = 16; k < length; k += 16) v128.store(d + k, v128.load(from + k));
    } else if (offset >= 8) {
      for (let k: usize = 0; k < length; k += 8) store<u64>(d + k, load<u64>(from + k));
    } else {
      // Overlapping: the pattern of `offset` bytes repeats.
      for (let k: usize = 0; k < length; k++) store<u8>(d + k, load<u8>(from + k));
    }
    d += length;
  }
  return d == toEnd ? 1 : 0;
}
