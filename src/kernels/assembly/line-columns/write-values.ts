// Columns whose kind value-statistics.ts has just chosen → directory and leaves.
import { isDigit, item } from './bytes';
import * as kinds from './kinds';
import { addLeaf, giveUp, hasScratch, leafNumbers, scratch, writeBytes, writeVarint } from './output';
import {
  decimals,
  distinct,
  distinctEnds,
  distinctOf,
  distinctStarts,
  fixedBytes,
  integers,
} from './value-statistics';
import { writeIntegers, writeMeasured, writeTexts } from './write-integers';

export function writeDictionary(count: u32): void {
  writeVarint(distinct);
  if (!hasScratch((<usize>distinct << 3) + 4096)) {
    giveUp();
    return;
  }
  writeTexts(distinctStarts, distinctEnds, distinct);
  const planes: u32 = distinct == 1 ? 0 : distinct <= 256 ? 1 : 2;
  for (let plane: u32 = 0; plane < planes; plane++) {
    const out = addLeaf(leafNumbers, <usize>count);
    for (let i: u32 = 0; i < count; i++) store<u8>(out + <usize>i, <u8>(item(distinctOf, i) >> (plane << 3)));
  }
}

export function writeNumbers(count: u32): void {
  writeVarint(decimals);
  writeMeasured(integers, count);
}

/** The first value as a model, then its digits in groups, the first of which may be shorter. */
export function writeDigits(starts: usize, count: u32): void {
  const model: usize = item(starts, 0);
  writeVarint(fixedBytes);
  writeBytes(model, fixedBytes);
  if (!hasScratch((<usize>count << 3) + 4096)) {
    giveUp();
    return;
  }
  const group = scratch(<usize>count << 3);
  let left: u32 = 0;
  for (let j: usize = 0; j < fixedBytes; j++) if (isDigit(load<u8>(model + j))) left++;
  let from: usize = 0;
  while (left > 0) {
    const digitCount = left % kinds.groupDigits == 0 ? kinds.groupDigits : left % kinds.groupDigits;
    let to = from;
    for (let seen: u32 = 0; seen < digitCount; to++) if (isDigit(load<u8>(model + to))) seen++;
    for (let i: u32 = 0; i < count; i++) {
      const value: usize = item(starts, i);
      let number: i64 = 0;
      for (let j = from; j < to; j++)
        if (isDigit(load<u8>(model + j))) number = number * 10 + <i64>(load<u8>(value + j) - 0x30);
      store<i64>(group + (<usize>i << 3), number);
    }
    writeIntegers(group, count);
    from = to;
    left -= digitCount;
  }
}

/** The first value as a model of where dashes stand, then all other bytes as nibbles, the high one first. */
export function writeHex(starts: usize, count: u32): void {
  const model: usize = item(starts, 0);
  writeVarint(fixedBytes);
  writeBytes(model, fixedBytes);
  let nibbles: usize = 0;
  for (let j: usize = 0; j < fixedBytes; j++) if (load<u8>(model + j) != 0x2d) nibbles++;
  const bytes = (<usize>count * nibbles + 1) >> 1;
  const out = addLeaf(leafNumbers, bytes);
  memory.fill(out, 0, bytes);
  let at: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value: usize = item(starts, i);
    for (let j: usize = 0; j < fixedBytes; j++) {
      const c = <u32>load<u8>(value + j);
      if (c == 0x2d) continue;
      const nibble = c < 0x3a ? c - 0x30 : c - 0x57;
      const place = out + (at >> 1);
      store<u8>(place, load<u8>(place) | (at & 1 ? nibble : nibble << 4));
      at++;
    }
  }
}
