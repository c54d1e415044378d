// Times, line lengths and line bytes of a block, between arrays and their stored form. Decoders return the
// address after what they read, or 0 when the input is not what it should be; they never read more than 8 bytes
// past `end` and write only what the counts allow.

// @ts-ignore: decorator
@inline
function writeVarint(at: usize, value: u64): usize {
  let v = value;
  let p = at;
  while (v >= 0x80) {
    store<u8>(p, <u8>(v | 0x80));
    v >>= 7;
    p++;
  }
  store<u8>(p, <u8>v);
  return p + 1;
}

const continuation: u64 = 0x8080808080808080;

// @ts-ignore: decorator
@inline
function varintEnd(word: u64): u64 {
  return ~word & continuation;
}

/** Packs the 7-bit groups below the lowest set bit of `stop` (a terminator's top bit) together. */
// @ts-ignore: decorator
@inline
function varintValue(word: u64, stop: u64): u64 {
  let x = word & (stop ^ (stop - 1)) & 0x7f7f7f7f7f7f7f7f;
  x = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1);
  x = (x & 0x00003fff00003fff) | ((x & 0x3fff00003fff0000) >> 2);
  return (x & 0x000000000fffffff) | ((x & 0x0fffffff00000000) >> 4);
}

/** The largest of 10^9, 10^6, 10^3, 1 that divides every offset's distance from the first. */
export function timeUnit(offsets: usize, count: u32): u32 {
  let unit: i64 = 1000000000;
  const base = load<f64>(offsets);
  for (let i: u32 = 1; i < count && unit > 1; i++) {
    const distance = <i64>(load<f64>(offsets + ((<usize>i) << 3)) - base);
    while (distance % unit != 0) unit /= 1000;
  }
  return <u32>unit;
}

/** Writes the count-1 steps between offsets, in `unit`s. Returns the end, or 0 when the offsets do not ascend. */
export function encodeSteps(offsets: usize, count: u32, unit: u32, out: usize): usize {
  let p = out;
  let last = load<f64>(offsets);
  for (let i: u32 = 1; i < count; i++) {
    const offset = load<f64>(offsets + ((<usize>i) << 3));
    const step = offset - last;
    if (!(step >= 0)) return 0;
    p = writeVarint(p, unit == 1 ? <u64>step : <u64>step / <u64>unit);
    last = offset;
  }
  return p;
}

/** Largest offset that float64 holds exactly. */
const offsetMax: f64 = 9007199254740991;

/** Reads count-1 steps into `count` offsets, the first 0. */
export function decodeSteps(from: usize, end: usize, count: u32, unit: u32, offsets: usize): usize {
  let p = from;
  let offset: f64 = 0;
  store<f64>(offsets, 0);
  const scale = <f64>unit;
  for (let i: u32 = 1; i < count; i++) {
    if (p >= end) return 0;
    const word = load<u64>(p);
    const stop = varintEnd(word);
    if (stop == 0) return 0;
    p += <usize>((ctz(stop) >> 3) + 1);
    offset += <f64>varintValue(word, stop) * scale;
    store<f64>(offsets + ((<usize>i) << 3), offset);
  }
  return p > end || offset > offsetMax ? 0 : p;
}

/** Writes the lengths less `least`, which is at most the shortest. */
export function encodeLengths(starts: usize, ends: usize, count: u32, least: u32, out: usize): usize {
  let p = out;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    p = writeVarint(p, <u64>(load<u32>(ends + i) - load<u32>(starts + i) - least));
  }
  return p;
}

/** Reads `count` lengths less `least` into ranges, one byte apart, whose lengths must sum up to `total`. */
export function decodeLengths(
  from: usize,
  end: usize,
  count: u32,
  least: u32,
  total: u32,
  starts: usize,
  ends: usize,
): usize {
  let p = from;
  let at: u64 = 0;
  const limit = <u64>total + <u64>count;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    if (p >= end) return 0;
    const word = load<u64>(p);
    const stop = varintEnd(word);
    if (stop == 0) return 0;
    p += <usize>((ctz(stop) >> 3) + 1);
    store<u32>(starts + i, <u32>at);
    at += varintValue(word, stop) + <u64>least;
    store<u32>(ends + i, <u32>at);
    at++;
    if (at > limit) return 0;
  }
  return p > end || at != limit ? 0 : p;
}

/** Writes `count` levels as nibbles, low one first. */
export function encodeNibbles(levels: usize, count: u32, out: usize): usize {
  for (let i: usize = 0; i < <usize>count; i += 2) {
    const low = <u32>load<u8>(levels + i) & 15;
    const high = i + 1 < <usize>count ? <u32>load<u8>(levels + i + 1) & 15 : 0;
    store<u8>(out + (i >> 1), <u8>(low | (high << 4)));
  }
  return out + ((<usize>count + 1) >> 1);
}

export function decodeNibbles(from: usize, count: u32, levels: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const byte = <u32>load<u8>(from + (i >> 1));
    store<u8>(levels + i, <u8>(i & 1 ? byte >> 4 : byte & 15));
  }
}

/**
 * Copies the lines [source + starts[i], source + ends[i]) one after the other to `out`, a newline behind each, and
 * returns the end; the lowest bit of the byte at `flag` tells whether a line holds a newline. May read and write
 * 16 bytes too far.
 */
export function gatherLines(source: usize, starts: usize, ends: usize, count: u32, out: usize, flag: usize): usize {
  const newline = i8x16.splat(10);
  let seen: v128 = i8x16.splat(0);
  let p = out;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    let from = source + load<u32>(starts + i);
    const end = source + load<u32>(ends + i);
    while (from + 16 <= end) {
      const v = v128.load(from);
      v128.store(p, v);
      seen = v128.or(seen, i8x16.eq(v, newline));
      from += 16;
      p += 16;
    }
    if (from < end) {
      const rest = end - from;
      const v = v128.load(from);
      v128.store(p, v);
      if (i8x16.bitmask(i8x16.eq(v, newline)) & ((1 << <i32>rest) - 1)) seen = newline;
      p += rest;
    }
    store<u8>(p, 10);
    p++;
  }
  store<u8>(flag, v128.any_true(seen) ? 1 : 0);
  return p;
}

/** 1 when a byte of the lines that stand at `base` (as gatherLines leaves them) is a newline. */
export function hasInnerNewline(base: usize, starts: usize, ends: usize, count: u32): u32 {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    let from = base + load<u32>(starts + i);
    const end = base + load<u32>(ends + i);
    while (from < end) {
      const bits = <u32>i8x16.bitmask(i8x16.eq(v128.load(from), i8x16.splat(10)));
      const rest = end - from;
      if (rest >= 16 ? bits : bits & ((1 << <u32>rest) - 1)) return 1;
      from += 16;
    }
  }
  return 0;
}
