// What the decoder reads: the directory, leaves in their order, and memory for what it makes of them. After anything
// that is not as it should be `isBad` is set, and what functions return is zero.

let at: usize = 0;
let end: usize = 0;
let leafTable: usize = 0;
export let leavesLeft: u32 = 0;
let memoryTop: usize = 0;
let memoryEnd: usize = 0;
export let isBad: bool = false;

const leafEntryBytes: usize = 8;
/** Vectors are read and written as a whole: so much behind a range may be touched. */
export const slackBytes: usize = 64;

/** `table`: of each leaf its address and bytes. */
export function openInput(directory: usize, directoryEnd: usize, table: usize, leaves: u32): void {
  at = directory;
  end = directoryEnd;
  leafTable = table;
  leavesLeft = leaves;
  isBad = false;
}

export function openMemory(from: usize, to: usize): void {
  memoryTop = from;
  memoryEnd = to;
}

export function refuse(): void {
  isBad = true;
}

export function directoryPosition(): usize {
  return at;
}

export function isAtEnd(): bool {
  return at == end && leavesLeft == 0;
}

/** At most 2^53. */
export function readVarint(): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 56; shift += 7) {
    if (at >= end) break;
    const byte = <u64>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (value <= 1 << 53) return value;
      break;
    }
  }
  isBad = true;
  return 0;
}

/** A number that counts something: refused above `most`. */
export function readCount(most: u32): u32 {
  const value = readVarint();
  if (value <= <u64>most) return <u32>value;
  isBad = true;
  return 0;
}

/** The address of so many bytes of the directory. */
export function readBytes(bytes: u32): usize {
  if (<usize>bytes > end - at) {
    isBad = true;
    return 0;
  }
  const from = at;
  at += bytes;
  return from;
}

/** The address of the next leaf, which must have this many bytes. */
export function readLeaf(bytes: u32): usize {
  if (leavesLeft == 0 || load<u32>(leafTable, 4) != bytes) {
    isBad = true;
    return 0;
  }
  const from = <usize>load<u32>(leafTable);
  leafTable += leafEntryBytes;
  leavesLeft--;
  return from;
}

/** Uninitialised; 0 when there is no more. */
export function allocate(bytes: u64): usize {
  const from = (memoryTop + 15) & ~15;
  if (isBad || bytes > <u64>memoryEnd || <u64>from + bytes + slackBytes > <u64>memoryEnd) {
    isBad = true;
    return 0;
  }
  memoryTop = from + <usize>bytes + slackBytes;
  return from;
}
