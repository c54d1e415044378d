// The members of a JSON object as places in its text, found by one walk that is as strict as JSON.parse. Names that are
// known beforehand are told by number. Of each member, to `out`: u32 start and end of its name, start and end of its
// value (texts with their quotes), kind, number of the name or none, and 8 bytes: f64 value of a whole number, or u32 place
// of the first backslash of a text with escapes.
//
// A known name: u32 address of the next one in its slot or 0, length, number, then its bytes.

const TEXT: u32 = 0;
const ESCAPED_TEXT: u32 = 1;
const INTEGER: u32 = 2;
const NUMBER: u32 = 3;
const BOOLEAN: u32 = 4;
const NULL: u32 = 5;
const NESTED: u32 = 6;

const NONE: u32 = 0xffffffff;
const memberBytes: usize = 32;
const slotsMask: u32 = 255;
/** Up to this many digits a whole number is written as it is printed, and exact. */
const integerDigitsMax: usize = 15;

let out: usize = 0;
let lastOf: usize = 0;
/** Of the names that are known in this walk. */
let slots: usize = 0;
let closings: usize = 0;
let membersMax: u32 = 0;
let depthMax: u32 = 0;

/** Of the value read last. */
let kind: u32 = 0;
let integer: f64 = 0;
let backslash: usize = 0;
/** Of the name read last. */
let nameStart: usize = 0;
let nameEnd: usize = 0;

/** All bytes of texts so far. */
let seen: v128 = i8x16.splat(0);
/** Of the names so far, 1,024 bits: two equal names are seen, different ones at times too. */
let nameBits: usize = 0;
let repeated: u32 = 0;

/** `lastAt`: place of the last member of each known name. `bitsAt`: 128 bytes. */
export function setPlaces(
  outAt: usize,
  lastAt: usize,
  closingsAt: usize,
  bitsAt: usize,
  membersAtMost: u32,
  depthAtMost: u32,
): void {
  out = outAt;
  lastOf = lastAt;
  closings = closingsAt;
  nameBits = bitsAt;
  membersMax = membersAtMost;
  depthMax = depthAtMost;
}

/** Puts a known name in its slot of a table. */
export function addName(table: usize, name: usize): void {
  const slot = table + ((<usize>(hashOf(name + 12, name + 12 + load<u32>(name + 4)) & slotsMask)) << 2);
  store<u32>(name, load<u32>(slot));
  store<u32>(slot, <u32>name);
}

/**
 * How many members the line has; -1 when it is no object, or has escapes in its names, very many members or very deep
 * ones. `table`: the slots of the names that are known, `names`: how many they are.
 */
export function walk(from: usize, end: usize, table: usize, names: u32): i32 {
  slots = table;
  // Stores, as a fill would cost a call.
  const none = i8x16.splat(-1);
  for (let last = lastOf; last < lastOf + (<usize>names << 2); last += 16) v128.store(last, none);
  const noBits = i8x16.splat(0);
  for (let bits = nameBits; bits < nameBits + 128; bits += 16) v128.store(bits, noBits);
  seen = i8x16.splat(0);
  repeated = 0;
  let at = spaces(from, end);
  if (at >= end || load<u8>(at) != 0x7b) return -1;
  at = spaces(at + 1, end);
  if (at < end && load<u8>(at) == 0x7d) return spaces(at + 1, end) == end ? 0 : -1;
  let count: u32 = 0;
  let member = out;
  while (true) {
    const start = name(at, end);
    if (start == 0 || start >= end || kind == ESCAPED_TEXT || count == membersMax) return -1;
    const number = note(count);
    store<u32>(member, <u32>nameStart);
    store<u32>(member + 4, <u32>nameEnd);
    store<u32>(member + 8, <u32>start);
    store<u32>(member + 20, number);
    const first = load<u8>(start);
    if (first == 0x7b || first == 0x5b) {
      at = nested(start, end);
      kind = NESTED;
    } else at = scalar(start, end);
    if (at == 0) return -1;
    store<u32>(member + 12, <u32>at);
    store<u32>(member + 16, kind);
    if (kind == INTEGER) store<f64>(member + 24, integer);
    else store<u32>(member + 24, <u32>backslash);
    count++;
    member += memberBytes;
    at = spaces(at, end);
    if (at >= end) return -1;
    const byte = load<u8>(at);
    if (byte == 0x7d) return spaces(at + 1, end) == end ? <i32>count : -1;
    if (byte != 0x2c) return -1;
    at = spaces(at + 1, end);
  }
}

/** 1 when all texts of the last walk are ASCII; bytes right behind a text may count. */
export function areAscii(): u32 {
  return i8x16.bitmask(seen) == 0 ? 1 : 0;
}

/** 0 when no two names of the last walk are equal. */
export function mayRepeat(): u32 {
  return repeated;
}

/** Notes the name read last; its number. */
function note(member: u32): u32 {
  const hash = hashOf(nameStart, nameEnd);
  const bit = (hash >> 8) & 1023;
  const byte = nameBits + <usize>(bit >> 3);
  const mask: u32 = 1 << (bit & 7);
  const there = <u32>load<u8>(byte);
  repeated |= there & mask;
  store<u8>(byte, there | mask);
  const length = <u32>(nameEnd - nameStart);
  let known = <usize>load<u32>(slots + (<usize>(hash & slotsMask) << 2));
  while (known != 0) {
    if (load<u32>(known + 4) == length && same(known + 12, nameStart, length)) {
      const number = load<u32>(known + 8);
      store<u32>(lastOf + (<usize>number << 2), member);
      return number;
    }
    known = <usize>load<u32>(known);
  }
  return NONE;
}

function hashOf(from: usize, end: usize): u32 {
  let hash: u32 = 2166136261;
  for (let at = from; at < end; at++) hash = (hash ^ <u32>load<u8>(at)) * 16777619;
  return hash ^ (hash >> 15);
}

function same(a: usize, b: usize, length: u32): bool {
  for (let i: usize = 0; i < <usize>length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

// @ts-ignore: decorator
@inline
function spaces(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
    at++;
  }
  return at;
}

/** Reads a name and its colon; where the value begins, or 0. */
function name(from: usize, end: usize): usize {
  if (from >= end || load<u8>(from) != 0x22) return 0;
  const close = textEnd(from + 1, end);
  if (close == 0) return 0;
  nameStart = from + 1;
  nameEnd = close;
  const at = spaces(close + 1, end);
  if (at >= end || load<u8>(at) != 0x3a) return 0;
  return spaces(at + 1, end);
}

/** The place after a value that is neither object nor array, or 0. Sets its kind. */
function scalar(from: usize, end: usize): usize {
  const first = <u32>load<u8>(from);
  if (first == 0x22) {
    const close = textEnd(from + 1, end);
    return close == 0 ? 0 : close + 1;
  }
  // "true", "null", "fals" and "e"
  if (first == 0x74) {
    kind = BOOLEAN;
    return from + 4 <= end && load<u32>(from) == 0x65757274 ? from + 4 : 0;
  }
  if (first == 0x6e) {
    kind = NULL;
    return from + 4 <= end && load<u32>(from) == 0x6c6c756e ? from + 4 : 0;
  }
  if (first == 0x66) {
    kind = BOOLEAN;
    return from + 5 <= end && load<u32>(from) == 0x736c6166 && load<u8>(from + 4) == 0x65 ? from + 5 : 0;
  }
  return number(from, end);
}

function number(from: usize, end: usize): usize {
  const isNegative = load<u8>(from) == 0x2d;
  const start = isNegative ? from + 1 : from;
  let at = start;
  let value: u64 = 0;
  while (at < end && isDigit(load<u8>(at))) value = value * 10 + <u64>(load<u8>(at++) - 0x30);
  if (at == start) return 0;
  const isZero = load<u8>(start) == 0x30;
  if (isZero && at > start + 1) return 0;
  kind = at - start <= integerDigitsMax && !(isZero && isNegative) ? INTEGER : NUMBER;
  integer = isNegative ? -(<f64>value) : <f64>value;
  if (at < end && load<u8>(at) == 0x2e) {
    kind = NUMBER;
    const part = ++at;
    while (at < end && isDigit(load<u8>(at))) at++;
    if (at == part) return 0;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    kind = NUMBER;
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const power = at;
    while (at < end && isDigit(load<u8>(at))) at++;
    if (at == power) return 0;
  }
  return at;
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u8): bool {
  return <u32>byte - 0x30 < 10;
}

/** The place after an object or array, or 0. */
function nested(from: usize, end: usize): usize {
  let depth: u32 = 0;
  let at = from;
  while (at != 0 && at < end) {
    const first = <u32>load<u8>(at);
    if (first == 0x7b || first == 0x5b) {
      if (depth == depthMax) return 0;
      const closing = first + 2;
      store<u8>(closings + <usize>depth, closing);
      depth++;
      at = spaces(at + 1, end);
      if (at >= end) return 0;
      if (<u32>load<u8>(at) != closing) {
        if (closing == 0x7d) at = name(at, end);
        continue;
      }
    } else {
      at = scalar(at, end);
      if (at == 0) return 0;
      at = spaces(at, end);
    }
    while (at < end && load<u8>(at) == load<u8>(closings + <usize>depth - 1)) {
      if (--depth == 0) return at + 1;
      at = spaces(at + 1, end);
    }
    if (at >= end || load<u8>(at) != 0x2c) return 0;
    at = spaces(at + 1, end);
    if (load<u8>(closings + <usize>depth - 1) == 0x7d) at = name(at, end);
  }
  return 0;
}

/** The place of the quote that closes a text that begins at `from`, or 0. Sets its kind. */
function textEnd(from: usize, end: usize): usize {
  const quotes = i8x16.splat(0x22);
  const backslashes = i8x16.splat(0x5c);
  const controls = i8x16.splat(0x20);
  kind = TEXT;
  backslash = 0;
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    seen = v128.or(seen, bytes);
    const marks = v128.or(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes)), i8x16.lt_u(bytes, controls));
    const bits = i8x16.bitmask(marks);
    if (bits == 0) {
      at += 16;
      continue;
    }
    at += ctz(bits);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 0x22) return at;
    if (byte != 0x5c) return 0;
    if (kind == TEXT) backslash = at;
    kind = ESCAPED_TEXT;
    const escaped = at + 1 < end ? <u32>load<u8>(at + 1) : 0;
    if (escaped == 0x75) {
      if (at + 5 >= end || !isHex(at + 2)) return 0;
      at += 6;
    } else {
      if (!isEscape(escaped)) return 0;
      at += 2;
    }
  }
  return 0;
}

/** `"`, `/`, `\`, b, f, n, r, t. */
function isEscape(c: u32): bool {
  return c == 0x22 || c == 0x2f || c == 0x5c || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
}

/** Four digits of 16. */
function isHex(from: usize): bool {
  for (let at = from; at < from + 4; at++) {
    const byte = <u32>load<u8>(at);
    if (byte - 0x30 >= 10 && (byte | 0x20) - 0x61 >= 6) return false;
  }
  return true;
}
