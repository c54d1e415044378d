// detected_level of many lines. A vector prescreen finds the lines where a level key or a level word can be at all;
// only there byte-wise readers of JSON, logfmt and words run, which decide. All names, words and character classes
// come from tables that the caller writes (level-detector.ts has their layout).

let classes: usize = 0;
let luts: usize = 0;
let lasts: usize = 0;
let suffixes: usize = 0;
let names: usize = 0;
let words: usize = 0;
let searched: usize = 0;
let unknown: u32 = 0;

export function setTables(at: usize, unknownLevel: u32): void {
  classes = at;
  luts = at + 256;
  lasts = at + 352;
  suffixes = at + 356;
  names = at + 400;
  words = at + 1024;
  searched = at + 2048;
  unknown = unknownLevel;
}

/** Sets the level of each line whose level is `wanted`. Reads up to 32 bytes past a line and 4 before it. */
export function detect(base: usize, starts: usize, ends: usize, count: u32, wanted: u32, levels: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    if (<u32>load<u8>(levels + i) != wanted) continue;
    const start = base + load<u32>(starts + (i << 2));
    const end = base + load<u32>(ends + (i << 2));
    store<u8>(levels + i, <u8>levelOfLine(start, end));
  }
}

function levelOfLine(start: usize, end: usize): u32 {
  let first = start;
  while (first < end && isSpace(load<u8>(first))) first++;
  if (first == end) return unknown;
  if (load<u8>(first) == 0x7b && lastVisible(first, end) == 0x7d) {
    if (hasKey(first, end, 0x22)) {
      const level = levelOfJson(first, end);
      if (level != 0) return level;
    }
  } else if (hasKey(first, end, 0x3d)) {
    const level = levelOfLogfmt(first, end);
    if (level != 0) return level;
  }
  return levelOfWords(start, end);
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

// @ts-ignore: decorator
@inline
function lower(byte: u32): u32 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function lastVisible(start: usize, end: usize): u32 {
  let last = end - 1;
  while (last > start && isSpace(load<u8>(last))) last--;
  return load<u8>(last);
}

/** True when some `mark` byte may stand behind a level name: an over-estimate, never an under-estimate. */
function hasKey(start: usize, end: usize, mark: u32): bool {
  const marks = i8x16.splat(<i8>mark);
  const fold = i8x16.splat(0x20);
  const l0 = v128.load8_splat(lasts);
  const l1 = v128.load8_splat(lasts + 1);
  const l2 = v128.load8_splat(lasts + 2);
  const l3 = v128.load8_splat(lasts + 3);
  for (let p = start; p < end; p += 16) {
    const before = v128.or(v128.load(p - 1), fold);
    const letters = v128.or(
      v128.or(i8x16.eq(before, l0), i8x16.eq(before, l1)),
      v128.or(i8x16.eq(before, l2), i8x16.eq(before, l3)),
    );
    let bits = <u32>i8x16.bitmask(v128.and(letters, i8x16.eq(v128.load(p), marks)));
    while (bits != 0) {
      const at = p + ctz(bits);
      if (at >= end) return false;
      if (hasSuffix(at) && !(mark == 0x22 && isNumberField(at + 1, end))) return true;
      bits &= bits - 1;
    }
  }
  return false;
}

/** The three bytes before `at` are, but for case, the last ones of a level name. */
function hasSuffix(at: usize): bool {
  const tail = (load<u32>(at - 4) | 0x20202020) >> 8;
  const count = load<u32>(suffixes);
  for (let i: u32 = 0; i < count; i++) if (load<u32>(suffixes + 4 + (i << 2)) == tail) return true;
  return false;
}

/** `:30,` or `:30}` with spaces: the value of this key is no text, whatever stands around it. */
function isNumberField(from: usize, end: usize): bool {
  let at = from;
  while (at < end && isSpace(load<u8>(at))) at++;
  if (at >= end || load<u8>(at) != 0x3a) return false;
  at++;
  while (at < end && isSpace(load<u8>(at))) at++;
  const digits = at;
  while (at < end && load<u8>(at) - 0x30 <= 9) at++;
  if (at == digits || at >= end) return false;
  return load<u8>(at) == 0x2c || load<u8>(at) == 0x7d;
}

/** Place of the first level name equal to the bytes, or -1. */
function nameAt(start: usize, end: usize, fold: bool): i32 {
  const length = <u32>(end - start);
  const count = load<u32>(names);
  for (let n: u32 = 0; n < count; n++) {
    const entry = names + 8 + ((<usize>n) << 4);
    if (load<u32>(entry + 4) != length) continue;
    const name = <usize>load<u32>(entry);
    let i: usize = 0;
    if (fold) while (i < length && lower(load<u8>(start + i)) == lower(load<u8>(name + i))) i++;
    else while (i < length && load<u8>(start + i) == load<u8>(name + i)) i++;
    if (i == length) return <i32>n;
  }
  return -1;
}

/** The level that the bytes name as a whole, in any case, or 0. */
function levelOfBytes(start: usize, end: usize): u32 {
  const length = <u32>(end - start);
  const count = load<u32>(words);
  for (let n: u32 = 0; n < count; n++) {
    const entry = words + 8 + ((<usize>n) << 4);
    if (load<u32>(entry + 4) != length) continue;
    const word = <usize>load<u32>(entry);
    let i: usize = 0;
    while (i < length && lower(load<u8>(start + i)) == <u32>load<u8>(word + i)) i++;
    if (i == length) return load<u32>(entry + 8);
  }
  return 0;
}

/** Place of the closing quote, or `end`. */
function stringEnd(start: usize, end: usize): usize {
  let at = start;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0x22) return at;
    at += byte == 0x5c ? 2 : 1;
  }
  return end;
}

function levelOfJson(start: usize, end: usize): u32 {
  let depth = 0;
  let skipDepth = 0;
  let keyStart: usize = 0;
  let keyEnd: usize = 0;
  let expectKey = false;
  let at = start;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      const close = stringEnd(at + 1, end);
      if (close >= end) return 0;
      if (skipDepth == 0) {
        if (expectKey) {
          keyStart = at + 1;
          keyEnd = close;
          expectKey = false;
        } else if (keyStart != 0) {
          if (nameAt(keyStart, keyEnd, false) >= 0) return levelOfBytes(at + 1, close);
          keyStart = 0;
        }
      }
      at = close + 1;
      continue;
    }
    at++;
    if (byte == 0x7b) {
      if (skipDepth > 0 || depth == 2) skipDepth++;
      else {
        depth++;
        expectKey = true;
      }
    } else if (byte == 0x5b) {
      skipDepth++;
    } else if (byte == 0x7d || byte == 0x5d) {
      if (skipDepth > 0) skipDepth--;
      else if (--depth == 0) return 0;
      if (skipDepth == 0) keyStart = 0;
    } else if (byte == 0x2c && skipDepth == 0) {
      expectKey = true;
      keyStart = 0;
    }
  }
  return 0;
}

function levelOfLogfmt(start: usize, end: usize): u32 {
  let best: i32 = i32.MAX_VALUE;
  let valueStart: usize = 0;
  let valueEnd: usize = 0;
  let at = start;
  while (at < end && best > 0) {
    while (at < end && load<u8>(at) <= 0x20) at++;
    const keyStart = at;
    let byte: u32 = 0;
    while (at < end) {
      byte = load<u8>(at);
      if (byte == 0x3d || byte <= 0x20 || byte == 0x22) break;
      at++;
    }
    if (at >= end || byte == 0x22) break;
    if (byte != 0x3d) continue;
    const place = nameAt(keyStart, at, true);
    at++;
    let from = at;
    let to = at;
    if (at < end && load<u8>(at) == 0x22) {
      const close = stringEnd(at + 1, end);
      if (close >= end) break;
      from = at + 1;
      to = close;
      at = close + 1;
    } else {
      while (at < end && load<u8>(at) > 0x20) at++;
      to = at;
    }
    if (place >= 0 && place < best) {
      best = place;
      valueStart = from;
      valueEnd = to;
    }
  }
  return best != i32.MAX_VALUE ? levelOfBytes(valueStart, valueEnd) : 0;
}

// @ts-ignore: decorator
@inline
function fits(v: v128, position: usize): v128 {
  const low = i8x16.swizzle(v128.load(luts + (position << 5)), v128.and(v, i8x16.splat(15)));
  const high = i8x16.swizzle(v128.load(luts + (position << 5) + 16), i8x16.shr_u(v, 4));
  return v128.and(low, high);
}

/** The first word of `searched` that stands alone. Candidates are where its first three letters may be. */
function levelOfWords(start: usize, end: usize): u32 {
  const fold = i8x16.splat(0x20);
  const zero = i8x16.splat(0);
  for (let p = start; p < end; p += 16) {
    const first = fits(v128.or(v128.load(p), fold), 0);
    const second = fits(v128.or(v128.load(p + 1), fold), 1);
    const third = fits(v128.or(v128.load(p + 2), fold), 2);
    let bits = <u32>i8x16.bitmask(i8x16.ne(v128.and(v128.and(first, second), third), zero));
    while (bits != 0) {
      const at = p + ctz(bits);
      if (at >= end) return unknown;
      if (at == start || (load<u8>(classes + <usize>load<u8>(at - 1)) & 1) != 0) {
        const level = wordAt(at, end);
        if (level != 0) return level;
      }
      bits &= bits - 1;
    }
  }
  return unknown;
}

function wordAt(start: usize, end: usize): u32 {
  const count = load<u32>(searched);
  for (let n: u32 = 0; n < count; n++) {
    const entry = searched + 8 + ((<usize>n) << 4);
    const word = <usize>load<u32>(entry);
    const length = <usize>load<u32>(entry + 4);
    if (length > end - start) continue;
    let i: usize = 0;
    while (i < length && lower(load<u8>(start + i)) == <u32>load<u8>(word + i)) i++;
    if (i < length) continue;
    const stop = start + length;
    if (stop == end || (load<u8>(classes + <usize>load<u8>(stop)) & 2) != 0) return load<u32>(entry + 8);
  }
  return 0;
}
