// Items (lines, or values of a column) by what they have in common: one template for all whose bytes between slots are
// the same. Those whose template few others share are parts of no template.
import { equalBytes, hashBytes, item, mix, setItem } from './bytes';
import { anyTemplate, jsonTemplate, logfmtTemplate } from './kinds';
import { giveUp, hasGivenUp, hasScratch, scratch } from './output';
import { scanJson } from './scan-json';
import { scanLogfmt, scanRuns, scanText, scanWords } from './scan-text';
import { releaseSlots, slotCount, slotEnd, slotKey, slotStart } from './slots';

/** How items are read: as lines, or values as words, as runs of digits, as free text. */
export const asLines: u32 = 0;
export const asWords: u32 = 1;
export const asRuns: u32 = 2;
export const asText: u32 = 3;

/** Fields times bytes of a line: below this no parser leaves out fields of its nested objects for their long names. */
const nestedNamesMax: u64 = 1 << 22;
/** A line of free text with more slots has no template. */
const slotsOfItemMax: u32 = 200;
/** {@link TemplateSet.numbers} of one that is not kept. */
export const noNumber: u32 = 0xffffffff;

@unmanaged
export class TemplateSet {
  items: u32 = 0;
  /** Addresses of the items. */
  starts: usize = 0;
  ends: usize = 0;
  /** Of each item its template and, one more than there are items, its first slot. */
  templateOf: usize = 0;
  firstSlot: usize = 0;
  templates: u32 = 0;
  /** Of each template an item that has it, how many have it, its kind, and its number when kept. */
  examples: usize = 0;
  uses: usize = 0;
  kinds: usize = 0;
  numbers: usize = 0;
  kept: u32 = 0;
  /** Items that no kept template covers; bytes of those, and of those of templates without fields. */
  restItems: u32 = 0;
  fieldlessBytes: usize = 0;
}

/** Null when there is no room: that columns are no use is then decided. */
export function readTemplates(starts: usize, ends: usize, items: u32, how: u32): TemplateSet | null {
  let slotsOfTable: u32 = 16;
  while (slotsOfTable < items * 2) slotsOfTable <<= 1;
  const words = <usize>items * 6 + slotsOfTable + 64;
  if (hasGivenUp || !hasScratch((words << 2) + 4096)) {
    giveUp();
    return null;
  }
  const set = changetype<TemplateSet>(scratch(offsetof<TemplateSet>()));
  const array = <usize>(items + 1) << 2;
  set.items = items;
  set.starts = starts;
  set.ends = ends;
  set.templateOf = scratch(array);
  set.firstSlot = scratch(array);
  set.examples = scratch(array);
  set.uses = scratch(array);
  set.kinds = scratch(array);
  set.numbers = scratch(array);
  set.templates = 0;
  const table = scratch(<usize>slotsOfTable << 2);
  memory.fill(table, 0, <usize>slotsOfTable << 2);
  for (let i: u32 = 0; i < items; i++) {
    setItem(set.firstSlot, i, slotCount);
    const kind = scan(item(starts, i), item(ends, i), how);
    setItem(set.firstSlot, i + 1, slotCount);
    setItem(set.templateOf, i, templateOf(set, i, kind, table, slotsOfTable - 1));
  }
  return set;
}

function scan(start: usize, end: usize, how: u32): u32 {
  const mark = slotCount;
  if (how == asLines) {
    if (scanJson(start, end) && <u64>(slotCount - mark) * <u64>(end - start) <= nestedNamesMax) return jsonTemplate;
    releaseSlots(mark);
    if (scanLogfmt(start, end)) return logfmtTemplate;
    releaseSlots(mark);
  }
  const fits = how == asWords ? scanWords(start, end) : how == asRuns ? scanRuns(start, end) : scanText(start, end);
  if (!fits || slotCount - mark > slotsOfItemMax) releaseSlots(mark);
  return anyTemplate;
}

function templateOf(set: TemplateSet, i: u32, kind: u32, table: usize, mask: u32): u32 {
  let place = <u32>staticHash(set, i, kind) & mask;
  while (true) {
    const known = item(table, place);
    if (known == 0) break;
    const template = known - 1;
    if (item(set.kinds, template) == kind && haveEqualStatics(set, item(set.examples, template), i)) {
      setItem(set.uses, template, item(set.uses, template) + 1);
      return template;
    }
    place = (place + 1) & mask;
  }
  const template = set.templates++;
  setItem(table, place, template + 1);
  setItem(set.examples, template, i);
  setItem(set.uses, template, 1);
  setItem(set.kinds, template, kind);
  return template;
}

function staticHash(set: TemplateSet, i: u32, kind: u32): u64 {
  let hash = <u64>kind;
  let at: usize = item(set.starts, i);
  const end = item(set.firstSlot, i + 1);
  for (let slot = item(set.firstSlot, i); slot < end; slot++) {
    hash = hashBytes(hash, at, slotStart(slot));
    at = slotEnd(slot);
  }
  return hashBytes(hash, at, item(set.ends, i));
}

function haveEqualStatics(set: TemplateSet, a: u32, b: u32): bool {
  let slotA = item(set.firstSlot, a);
  let slotB = item(set.firstSlot, b);
  const endA = item(set.firstSlot, a + 1);
  if (endA - slotA != item(set.firstSlot, b + 1) - slotB) return false;
  let atA: usize = item(set.starts, a);
  let atB: usize = item(set.starts, b);
  while (true) {
    const isLast = slotA == endA;
    const stopA: usize = isLast ? <usize>item(set.ends, a) : slotStart(slotA);
    const stopB: usize = isLast ? <usize>item(set.ends, b) : slotStart(slotB);
    if (stopA - atA != stopB - atB || !equalBytes(atA, atB, stopA - atA)) return false;
    if (isLast) return true;
    atA = slotEnd(slotA++);
    atB = slotEnd(slotB++);
  }
}

/** Keeps templates of at least `usesMin` items, at most `keptMax`. */
export function keepTemplates(set: TemplateSet, usesMin: u32, keptMax: u32): void {
  set.kept = 0;
  for (let template: u32 = 0; template < set.templates; template++) {
    const isKept = item(set.uses, template) >= usesMin && set.kept < keptMax;
    setItem(set.numbers, template, isKept ? set.kept++ : noNumber);
  }
  set.restItems = 0;
  set.fieldlessBytes = 0;
  for (let i: u32 = 0; i < set.items; i++) {
    const isRest = numberOf(set, i) == noNumber;
    if (isRest) set.restItems++;
    if (isRest || item(set.kinds, item(set.templateOf, i)) == anyTemplate)
      set.fieldlessBytes += item(set.ends, i) - item(set.starts, i);
  }
}

// @ts-ignore: decorator
@inline
export function numberOf(set: TemplateSet, i: u32): u32 {
  return item(set.numbers, item(set.templateOf, i));
}

/** Equal for slots whose values belong into one column: of one field, or of one place in one template. */
export function columnKey(set: TemplateSet, template: u32, slot: u32, place: u32): u32 {
  if (item(set.kinds, template) != anyTemplate) return slotKey(slot) | 1;
  return <u32>mix(<u64>template + 1, <u64>place) << 1;
}

