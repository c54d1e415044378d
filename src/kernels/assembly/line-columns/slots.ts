// Slots: the parts of a line, or of a value, that differ between those of one template. A stack; scanners push.
import { setItem } from './bytes';

let starts: usize = 0;
let ends: usize = 0;
let keys: usize = 0;
let columns: usize = 0;
let slotsMax: u32 = 0;
export let slotCount: u32 = 0;

/** Takes 16 bytes a slot from `from` on. */
export function openSlots(from: usize, count: u32): void {
  const bytes = <usize>count << 2;
  starts = from;
  ends = from + bytes;
  keys = from + 2 * bytes;
  columns = from + 3 * bytes;
  slotsMax = count;
  slotCount = 0;
}

// @ts-ignore: decorator
@inline
export function slotStart(slot: u32): usize {
  return <usize>load<u32>(starts + (<usize>slot << 2));
}

// @ts-ignore: decorator
@inline
export function slotEnd(slot: u32): usize {
  return <usize>load<u32>(ends + (<usize>slot << 2));
}

/** What tells a field's slot in all templates: a hash of its path. */
// @ts-ignore: decorator
@inline
export function slotKey(slot: u32): u32 {
  return load<u32>(keys + (<usize>slot << 2));
}

// @ts-ignore: decorator
@inline
export function slotColumn(slot: u32): u32 {
  return load<u32>(columns + (<usize>slot << 2));
}

export function setSlotColumn(slot: u32, column: u32): void {
  setItem(columns, slot, column);
}

/** False when there is no room. */
// @ts-ignore: decorator
@inline
export function pushSlot(start: usize, end: usize, key: u32): bool {
  if (slotCount >= slotsMax) return false;
  const at = <usize>slotCount << 2;
  store<u32>(starts + at, <u32>start);
  store<u32>(ends + at, <u32>end);
  store<u32>(keys + at, key);
  slotCount++;
  return true;
}

export function releaseSlots(mark: u32): void {
  slotCount = mark;
}
