// What the encoder writes: the directory, leaves, and scratch memory that is given back like a stack.

let scratchTop: usize = 0;
let scratchEnd: usize = 0;
let directoryTop: usize = 0;
let directoryEnd: usize = 0;
let leafStart: usize = 0;
let leafTop: usize = 0;
let leafEnd: usize = 0;
let leafTable: usize = 0;
let leafTableEnd: usize = 0;
let leaves: u32 = 0;
/** Values of all columns so far: a decoder's memory grows with them. */
let values: u32 = 0;
/** The lines do not suit: nothing that was written counts. */
export let hasGivenUp: bool = false;

export const leafText: u32 = 0;
export const leafNumbers: u32 = 1;

const leafEntryBytes: usize = 12;
const sizesAt = memory.data(16, 8);
const slackBytes: usize = 128;

export function openScratch(from: usize, end: usize): void {
  scratchTop = from;
  scratchEnd = end;
  values = 0;
  hasGivenUp = false;
}

export function openDirectory(from: usize, end: usize): void {
  directoryTop = from;
  directoryEnd = end;
}

/** `table`: of each leaf its class, address and bytes. */
export function openLeaves(from: usize, end: usize, table: usize, tableEnd: usize): void {
  leafStart = from;
  leafTop = from;
  leafEnd = end;
  leafTable = table;
  leafTableEnd = tableEnd;
  leaves = 0;
}

export function giveUp(): void {
  hasGivenUp = true;
}

/** To be asked before all that {@link scratch} is asked for. */
// @ts-ignore: decorator
@inline
export function hasScratch(bytes: usize): bool {
  return scratchTop + bytes <= scratchEnd;
}

export function scratch(bytes: usize): usize {
  const at = (scratchTop + 15) & ~15;
  scratchTop = at + bytes + slackBytes;
  if (scratchTop > scratchEnd + slackBytes + 16) unreachable();
  return at;
}

export function scratchMark(): usize {
  return scratchTop;
}

export function releaseScratch(mark: usize): void {
  scratchTop = mark;
}

export function countValues(count: u32, valuesMax: u32): void {
  values += count;
  if (values > valuesMax) giveUp();
}

export function directoryPosition(): usize {
  return directoryTop;
}

export function writeVarint(value: u64): void {
  if (directoryTop + 10 > directoryEnd) {
    giveUp();
    return;
  }
  let v = value;
  while (v >= 0x80) {
    store<u8>(directoryTop++, <u8>(v | 0x80));
    v >>= 7;
  }
  store<u8>(directoryTop++, <u8>v);
}

/** Puts the bytes of what was written from there on, and a number of leaves, in front of it. */
export function insertSizes(from: usize, leaves: u32): void {
  const bytes = directoryTop - from;
  writeVarint(bytes);
  writeVarint(leaves);
  if (hasGivenUp) return;
  const sizes = directoryTop - from - bytes;
  // At most two varints.
  store<u64>(sizesAt, load<u64>(directoryTop - sizes));
  store<u64>(sizesAt, load<u64>(directoryTop - sizes, 8), 8);
  memory.copy(from + sizes, from, bytes);
  memory.copy(from, sizesAt, sizes);
}

export function writeBytes(from: usize, bytes: usize): void {
  if (directoryTop + bytes > directoryEnd) {
    giveUp();
    return;
  }
  memory.copy(directoryTop, from, bytes);
  directoryTop += bytes;
}

/** The address of a new leaf's bytes, uninitialised. `bytes` is at most the room there is for all leaves. */
export function addLeaf(kind: u32, bytes: usize): usize {
  if (leafTop + bytes > leafEnd || leafTable + leafEntryBytes > leafTableEnd) {
    giveUp();
    return leafStart;
  }
  const at = leafTop;
  store<u32>(leafTable, kind);
  store<u32>(leafTable, <u32>at, 4);
  store<u32>(leafTable, <u32>bytes, 8);
  leafTable += leafEntryBytes;
  leaves++;
  leafTop += bytes;
  return at;
}

export function leafCount(): u32 {
  return leaves;
}

export function leafTablePosition(): usize {
  return leafTable;
}
