// Template sets and columns → directory and leaves. A column of values may itself be a template set, and so on.
import { item, setItem } from './bytes';
import { chooseKind, hasSameWords } from './value-statistics';
import * as kinds from './kinds';
import {
  countValues,
  directoryPosition,
  giveUp,
  hasGivenUp,
  hasScratch,
  insertSizes,
  leafCount,
  releaseScratch,
  scratch,
  scratchMark,
  writeBytes,
  writeVarint,
} from './output';
import { releaseSlots, setSlotColumn, slotColumn, slotCount, slotEnd, slotStart } from './slots';
import {
  asRuns,
  asText,
  asWords,
  columnKey,
  keepTemplates,
  noNumber,
  numberOf,
  readTemplates,
  TemplateSet,
} from './template-set';
import { writeDictionary, writeDigits, writeHex, writeNumbers } from './write-values';
import { writeIntegers, writeTexts } from './write-integers';

const columnsMax: u32 = 2048;
const valuesMax: u32 = 1048576;
/** What the arrays of one column take besides their values. */
const scratchOfColumn: usize = 320;
/** A column of fewer values is not looked into. */
const innerValuesMin: u32 = 16;
const innerTemplatesMax: u32 = 200;
const bytesOfTextMin: usize = 40;

@unmanaged
class Columns {
  count: u32 = 0;
  /** Of each column: what its slots have in common, how many values, addresses of their starts and ends. */
  keys: usize = 0;
  values: usize = 0;
  starts: usize = 0;
  ends: usize = 0;
}

export function writeTemplates(set: TemplateSet, depth: u32): void {
  const mark = scratchMark();
  const values = slotCount - item(set.firstSlot, 0) + set.restItems;
  countValues(values, valuesMax);
  if (hasGivenUp || !hasScratch((<usize>values << 3) + (<usize>set.items << 4) + <usize>columnsMax * scratchOfColumn + 65536)) {
    giveUp();
    return;
  }
  const columns = changetype<Columns>(scratch(offsetof<Columns>()));
  const array = <usize>columnsMax << 2;
  columns.keys = scratch(array);
  columns.values = scratch(array);
  columns.starts = scratch(array);
  columns.ends = scratch(array);
  columns.count = 0;
  if (!nameColumns(set, columns)) {
    giveUp();
    return;
  }
  collectValues(set, columns);
  writeVarint(set.kept + (set.restItems > 0 ? 1 : 0));
  for (let template: u32 = 0; template < set.templates; template++)
    if (item(set.numbers, template) != noNumber) writeTemplate(set, template);
  if (set.restItems > 0) {
    // All of the item in one slot.
    writeVarint(kinds.anyTemplate);
    writeVarint(1);
    writeVarint(0);
    writeVarint(0);
    writeVarint(columns.count - 1);
  }
  const sequence = scratch(<usize>set.items << 3);
  for (let i: u32 = 0; i < set.items; i++) {
    const template = numberOf(set, i);
    store<i64>(sequence + (<usize>i << 3), template == noNumber ? set.kept : template);
  }
  writeIntegers(sequence, set.items);
  writeVarint(columns.count);
  for (let c: u32 = 0; c < columns.count; c++)
    writeColumn(item(columns.starts, c), item(columns.ends, c), item(columns.values, c), depth);
  releaseScratch(mark);
}

/** Gives each slot of the kept templates a column; the last is of items without template. */
function nameColumns(set: TemplateSet, columns: Columns): bool {
  let tableSize: u32 = columnsMax * 2;
  const table = scratch(<usize>tableSize << 2);
  memory.fill(table, 0, <usize>tableSize << 2);
  for (let template: u32 = 0; template < set.templates; template++) {
    if (item(set.numbers, template) == noNumber) continue;
    const example = item(set.examples, template);
    const first = item(set.firstSlot, example);
    const end = item(set.firstSlot, example + 1);
    for (let slot = first; slot < end; slot++) {
      const key = columnKey(set, template, slot, slot - first);
      let place = (key * 0x9e3779b1) & (tableSize - 1);
      while (item(table, place) != 0 && item(columns.keys, item(table, place) - 1) != key)
        place = (place + 1) & (tableSize - 1);
      if (item(table, place) == 0) {
        if (columns.count + 1 >= columnsMax) return false;
        setItem(columns.keys, columns.count, key);
        setItem(columns.values, columns.count, 0);
        setItem(table, place, ++columns.count);
      }
      const column = item(table, place) - 1;
      setSlotColumn(slot, column);
      setItem(columns.values, column, item(columns.values, column) + item(set.uses, template));
    }
  }
  if (set.restItems > 0) setItem(columns.values, columns.count++, set.restItems);
  return true;
}

function collectValues(set: TemplateSet, columns: Columns): void {
  for (let c: u32 = 0; c < columns.count; c++) {
    const bytes = <usize>item(columns.values, c) << 2;
    setItem(columns.starts, c, <u32>scratch(bytes));
    setItem(columns.ends, c, <u32>scratch(bytes));
    setItem(columns.values, c, 0);
  }
  for (let i: u32 = 0; i < set.items; i++) {
    if (numberOf(set, i) == noNumber) {
      addValue(columns, columns.count - 1, item(set.starts, i), item(set.ends, i));
      continue;
    }
    let model = item(set.firstSlot, item(set.examples, item(set.templateOf, i)));
    const end = item(set.firstSlot, i + 1);
    for (let slot = item(set.firstSlot, i); slot < end; slot++)
      addValue(columns, slotColumn(model++), slotStart(slot), slotEnd(slot));
  }
}

// @ts-ignore: decorator
@inline
function addValue(columns: Columns, column: u32, start: usize, end: usize): void {
  const at = item(columns.values, column);
  setItem(item(columns.starts, column), at, <u32>start);
  setItem(item(columns.ends, column), at, <u32>end);
  setItem(columns.values, column, at + 1);
}

/** Its kind, the number of slots, the bytes before, between and behind them, and their columns. */
function writeTemplate(set: TemplateSet, template: u32): void {
  const example = item(set.examples, template);
  const first = item(set.firstSlot, example);
  const end = item(set.firstSlot, example + 1);
  writeVarint(item(set.kinds, template));
  writeVarint(end - first);
  let at: usize = item(set.starts, example);
  for (let slot = first; slot <= end; slot++) {
    const stop: usize = slot < end ? slotStart(slot) : item(set.ends, example);
    writeVarint(stop - at);
    writeBytes(at, stop - at);
    if (slot < end) at = slotEnd(slot);
  }
  for (let slot = first; slot < end; slot++) writeVarint(slotColumn(slot));
}

/** How many bytes and leaves its description has, so that a reader may step over it, and the description. */
function writeColumn(starts: usize, ends: usize, count: u32, depth: u32): void {
  const from = directoryPosition();
  const leaves = leafCount();
  describeColumn(starts, ends, count, depth);
  if (!hasGivenUp) insertSizes(from, leafCount() - leaves);
}

function describeColumn(starts: usize, ends: usize, count: u32, depth: u32): void {
  if (hasGivenUp) return;
  const mark = scratchMark();
  writeVarint(count);
  const kind = chooseKind(starts, ends, count);
  if (hasGivenUp) return;
  if (kind == kinds.text) {
    if (!writeInner(starts, ends, count, depth)) {
      writeVarint(kinds.text);
      if (hasScratch((<usize>count << 3) + 4096)) writeTexts(starts, ends, count);
      else giveUp();
    }
  } else {
    writeVarint(kind);
    if (kind == kinds.dictionary) writeDictionary(count);
    else if (kind == kinds.number) writeNumbers(count);
    else if (kind == kinds.digits) writeDigits(starts, count);
    else writeHex(starts, count);
  }
  releaseScratch(mark);
}

/** True when the values were written as templates: enough of them have few. */
function writeInner(starts: usize, ends: usize, count: u32, depth: u32): bool {
  if (depth + 1 >= kinds.depthMax || count < innerValuesMin) return false;
  if (hasSameWords(starts, ends, count)) return writeInnerAs(starts, ends, count, depth, asWords);
  if (writeInnerAs(starts, ends, count, depth, asRuns)) return true;
  let bytes: usize = 0;
  for (let i: u32 = 0; i < count; i++) bytes += item(ends, i) - item(starts, i);
  return bytes >= bytesOfTextMin * count && writeInnerAs(starts, ends, count, depth, asText);
}

function writeInnerAs(starts: usize, ends: usize, count: u32, depth: u32, how: u32): bool {
  const mark = scratchMark();
  const slotMark = slotCount;
  let isWritten = false;
  const set = readTemplates(starts, ends, count, how);
  if (set !== null) {
    keepTemplates(set, max<u32>(2, count >> 7), innerTemplatesMax + 1);
    const slots = slotCount - slotMark;
    if (set.kept > 0 && set.kept <= innerTemplatesMax && slots > 0 && 10 * set.restItems <= 3 * count) {
      writeVarint(kinds.templates);
      writeTemplates(set, depth + 1);
      isWritten = true;
    }
  }
  releaseSlots(slotMark);
  releaseScratch(mark);
  return isWritten;
}
