// Integers as byte planes: distances from the least, or zigzag steps from one to the next, whichever has fewer bits.
import { addLeaf, leafNumbers, scratch, writeVarint } from './output';
import { planesMax } from './kinds';

const widthMax: u64 = 0xffffffff;

/** What {@link measureIntegers} found. */
let bySteps: bool = false;
let top: u64 = 0;
let base: i64 = 0;

// @ts-ignore: decorator
@inline
function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}

// @ts-ignore: decorator
@inline
function bits(value: u64): u64 {
  return 64 - clz(value);
}

// @ts-ignore: decorator
@inline
export function integer(integers: usize, i: u32): i64 {
  return load<i64>(integers + (<usize>i << 3));
}

/** False when neither form fits into {@link planesMax} planes. */
export function measureIntegers(integers: usize, count: u32): bool {
  let least = integer(integers, 0);
  let most = least;
  for (let i: u32 = 1; i < count; i++) {
    const value = integer(integers, i);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  let distanceBits: u64 = 0;
  let stepBits: u64 = 0;
  let stepTop: u64 = 0;
  let last = integer(integers, 0);
  for (let i: u32 = 0; i < count; i++) {
    const value = integer(integers, i);
    const step = zigzag(value - last);
    last = value;
    distanceBits += bits(<u64>(value - least));
    stepBits += bits(step);
    if (step > stepTop) stepTop = step;
  }
  const distanceTop = <u64>(most - least);
  bySteps = stepTop <= widthMax && (distanceTop > widthMax || 5 * stepBits < 4 * distanceBits);
  top = bySteps ? stepTop : distanceTop;
  base = bySteps ? integer(integers, 0) : least;
  return top <= widthMax;
}

/** Of integers that {@link measureIntegers} has just looked at. */
export function writeMeasured(integers: usize, count: u32): void {
  const planes: u32 = top == 0 ? 0 : top < 0x100 ? 1 : top < 0x10000 ? 2 : top < 0x1000000 ? 3 : planesMax;
  writeVarint(<u64>((planes << 1) | (bySteps ? 1 : 0)));
  writeVarint(zigzag(base));
  for (let plane: u32 = 0; plane < planes; plane++) {
    const out = addLeaf(leafNumbers, <usize>count);
    const shift = <u64>plane << 3;
    let last = base;
    for (let i: u32 = 0; i < count; i++) {
      const value = integer(integers, i);
      const stored = bySteps ? zigzag(value - last) : <u64>(value - base);
      last = value;
      store<u8>(out + <usize>i, <u8>(stored >> shift));
    }
  }
}

export function writeIntegers(integers: usize, count: u32): void {
  measureIntegers(integers, count);
  writeMeasured(integers, count);
}

/** Of ranges: their lengths, then their bytes one after the other. */
export function writeTexts(starts: usize, ends: usize, count: u32): void {
  const lengths = scratch(<usize>count << 3);
  let bytes: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const length = <usize>(load<u32>(ends + (<usize>i << 2)) - load<u32>(starts + (<usize>i << 2)));
    store<i64>(lengths + (<usize>i << 3), <i64>length);
    bytes += length;
  }
  writeIntegers(lengths, count);
  let out = addLeaf(0, bytes);
  for (let i: u32 = 0; i < count; i++) {
    const length = <usize>integer(lengths, i);
    memory.copy(out, <usize>load<u32>(starts + (<usize>i << 2)), length);
    out += length;
  }
}
