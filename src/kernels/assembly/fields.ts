// Looking for a few fields in lines of JSON and logfmt. The walk follows the rules of the pipeline's parsers over bytes
// (src/pipeline/json-fields.ts, logfmt-fields.ts) and gives up where they do; the caller then walks itself.
//
// A node: u32 fields, u32 objects, then for each field key address, key length, number, and for each object key
// address, key length, node address. Written to `out`: u32 count, then of each field found, in the line's order and
// once: number, value's start and end address, 1 when it was quoted.

const END: u32 = 0;
const ALL: u32 = 1;
const REST: u32 = 2;
const nestingMax: u32 = 32;

let at: usize = 0;
let out: usize = 0;
let found: u32 = 0;
let seen: u32 = 0;
let wanted: u32 = 0;
let nothing: usize = 0;

/** `nothingAt` is a node without fields and objects. */
export function setPlaces(outAt: usize, nothingAt: usize): void {
  out = outAt;
  nothing = nothingAt;
}

/** `all` has a bit for each number. Gives 0 at the line's end, 1 when all are found, 2 when the walk gives up. */
export function walkJson(from: usize, end: usize, root: usize, all: u32): u32 {
  begin(from, all);
  const verdict = object(end, root, 0);
  store<u32>(out, found);
  return verdict;
}

function begin(from: usize, all: u32): void {
  at = from;
  found = 0;
  seen = 0;
  wanted = all;
}

// @ts-ignore: decorator
@inline
function isPlain(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x5f;
}

// @ts-ignore: decorator
@inline
function isJsonSpace(c: u32): bool {
  return c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09;
}

// @ts-ignore: decorator
@inline
function spaces(end: usize): void {
  while (at < end && isJsonSpace(load<u8>(at))) at++;
}

// @ts-ignore: decorator
@inline
function skip(end: usize, byte: u32): bool {
  spaces(end);
  if (at >= end || load<u8>(at) != byte) return false;
  at++;
  return true;
}

function same(a: usize, b: usize, length: u32): bool {
  for (let i: usize = 0; i < <usize>length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** The field's number, or -1. */
function fieldOf(node: usize, key: usize, length: u32): i32 {
  const count = load<u32>(node);
  let entry = node + 8;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u32>(entry + 4) == length && same(<usize>load<u32>(entry), key, length)) return load<i32>(entry + 8);
    entry += 12;
  }
  return -1;
}

/** The node inside the object under a key; 0 when the walk may step over the object. */
function below(node: usize, key: usize, length: u32): usize {
  const fields = load<u32>(node);
  const objects = load<u32>(node + 4);
  let entry = node + 8 + 12 * <usize>fields;
  for (let i: u32 = 0; i < objects; i++) {
    if (load<u32>(entry + 4) == length && same(<usize>load<u32>(entry), key, length)) return <usize>load<u32>(entry + 8);
    entry += 12;
  }
  entry = node + 8;
  for (let i: u32 = 0; i < fields; i++) {
    if (load<u32>(entry + 4) >= length && same(<usize>load<u32>(entry), key, length)) return nothing;
    entry += 12;
  }
  return 0;
}

/** Notes a field; true when none is left to find. */
function note(field: u32, start: usize, end: usize, quoted: u32): bool {
  const bit: u32 = 1 << field;
  if ((seen & bit) != 0) return false;
  seen |= bit;
  const entry = out + 4 + (<usize>found << 4);
  store<u32>(entry, field);
  store<u32>(entry + 4, <u32>start);
  store<u32>(entry + 8, <u32>end);
  store<u32>(entry + 12, quoted);
  found++;
  return seen == wanted;
}

function object(end: usize, node: usize, depth: u32): u32 {
  if (depth > nestingMax || !skip(end, 0x7b)) return REST;
  if (skip(end, 0x7d)) return END;
  while (true) {
    if (!skip(end, 0x22)) return REST;
    const key = at;
    let keyEnd = at;
    while (keyEnd < end && isPlain(load<u8>(keyEnd))) keyEnd++;
    if (keyEnd >= end || load<u8>(keyEnd) != 0x22 || keyEnd == key || load<u8>(key) <= 0x39) return REST;
    at = keyEnd + 1;
    if (!skip(end, 0x3a)) return REST;
    const verdict = value(end, node, depth, key, <u32>(keyEnd - key));
    if (verdict != END) return verdict;
    if (skip(end, 0x2c)) continue;
    return skip(end, 0x7d) ? END : REST;
  }
}

function value(end: usize, node: usize, depth: u32, key: usize, keyLength: u32): u32 {
  spaces(end);
  if (at >= end) return REST;
  const first = <u32>load<u8>(at);
  if (first == 0x7b) {
    const inner = below(node, key, keyLength);
    if (inner != 0) {
      const start = at;
      if (!block(end)) return REST;
      const blockEnd = at;
      at = start;
      const verdict = object(blockEnd, inner, depth + 1);
      if (verdict == END) at = blockEnd;
      return verdict;
    }
  }
  if (first == 0x7b || first == 0x5b) return block(end) ? END : REST;
  const quoted = first == 0x22;
  const start = quoted ? at + 1 : at;
  const escaped = quoted ? text(end) : token(end, first);
  if (escaped < 0) return REST;
  const field = fieldOf(node, key, keyLength);
  if (field < 0 || first == 0x6e) return END;
  if (escaped > 0) return REST;
  return note(field, start, quoted ? at - 1 : at, quoted ? 1 : 0) ? ALL : END;
}

/** Steps over a string: 1 with escapes, 0 without, -1 when it does not end. */
function text(end: usize): i32 {
  const quotes = i8x16.splat(0x22);
  const backslashes = i8x16.splat(0x5c);
  let escaped = 0;
  let p = at + 1;
  while (p < end) {
    const v = v128.load(p);
    const bits = i8x16.bitmask(v128.or(i8x16.eq(v, quotes), i8x16.eq(v, backslashes)));
    if (bits == 0) {
      p += 16;
      continue;
    }
    p += ctz(bits);
    if (p >= end) return -1;
    if (load<u8>(p) == 0x22) {
      at = p + 1;
      return escaped;
    }
    escaped = 1;
    p += 2;
  }
  return -1;
}

/** Steps over a number, true, false or null; -1 when it is none. */
function token(end: usize, first: u32): i32 {
  const start = at;
  let p = at;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 0x2c || c == 0x7d || c == 0x5d || isJsonSpace(c)) break;
    p++;
  }
  at = p;
  if (first - 0x30 < 10 || first == 0x2d) return 0;
  const length = p - start;
  if (length == 4) {
    const word = load<u32>(start);
    // "true", "null"
    return word == 0x65757274 || word == 0x6c6c756e ? 0 : -1;
  }
  // "fals", "e"
  return length == 5 && load<u32>(start) == 0x736c6166 && load<u8>(start + 4) == 0x65 ? 0 : -1;
}

/** Steps over an object or array by its brackets; false when it does not close. */
function block(end: usize): bool {
  const open = <u32>load<u8>(at);
  let level = 0;
  while (at < end) {
    const c = <u32>load<u8>(at);
    if (c == 0x22) {
      if (text(end) < 0) return false;
      continue;
    }
    at++;
    if (c == open) level++;
    else if (c == open + 2 && --level == 0) return true;
  }
  return false;
}

/** As walkJson; the root's objects are not looked at. `keepsEmpty`: pairs without a value count. */
export function walkLogfmt(from: usize, end: usize, root: usize, all: u32, keepsEmpty: bool): u32 {
  begin(from, all);
  const verdict = pairs(end, root, keepsEmpty);
  store<u32>(out, found);
  return verdict;
}

function pairs(end: usize, root: usize, keepsEmpty: bool): u32 {
  while (at < end) {
    while (at < end && load<u8>(at) <= 0x20) at++;
    if (at >= end) return END;
    const key = at;
    let unusual = false;
    let c: u32 = 0x20;
    while (at < end) {
      c = load<u8>(at);
      if (c == 0x3d || c == 0x22 || c <= 0x20) break;
      if (!isPlain(c)) unusual = true;
      at++;
    }
    if (at >= end) c = 0x20;
    if (unusual || <u32>load<u8>(key) - 0x30 < 10) return REST;
    if (c == 0x22 || (c == 0x3d && at == key)) {
      word(end);
      continue;
    }
    const keyLength = <u32>(at - key);
    let start = at;
    let stop = at;
    if (c == 0x3d) {
      at++;
      start = at;
      if (at < end && load<u8>(at) == 0x22) {
        if (text(end) != 0) return REST;
        start++;
        stop = at - 1;
      } else {
        while (at < end) {
          c = load<u8>(at);
          if (c == 0x3d || c == 0x22 || c <= 0x20) break;
          at++;
        }
        if (at < end && load<u8>(at) > 0x20) {
          word(end);
          continue;
        }
        stop = at;
      }
    }
    if (start == stop && !keepsEmpty) continue;
    const field = fieldOf(root, key, keyLength);
    if (field >= 0 && note(field, start, stop, 0)) return ALL;
  }
  return END;
}

/** Steps to the next white space. */
function word(end: usize): void {
  while (at < end && load<u8>(at) > 0x20) at++;
}
