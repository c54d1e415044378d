// Template sets → the bytes of their items.
import { allocate, directoryPosition, isBad, leavesLeft, readBytes, readCount, readVarint, refuse } from './input';
import { setItem } from './bytes';
import * as kinds from './kinds';
import {
  copy,
  readDictionary,
  readDigits,
  readHex,
  readIntegers,
  readNumbers,
  readTexts,
  setReference,
  setTotalBytes,
  totalBytes,
} from './read-values';

const templatesMax: u32 = 8192;
const columnsMax: u32 = 4096;
const slotsMax: u32 = 4096;
const leavesMax: u32 = 16384;
/** Of the column read last. */
let columnValues: u32 = 0;
const valuesMax: u32 = 1 << 20;
const staticBytesMax: u32 = 1 << 24;

const pieceBytes: usize = 12;

@unmanaged
class Template {
  slots: u32 = 0;
  /** How many items have it. */
  uses: u32 = 0;
  /** Bytes before the first slot, and of all the static pieces. */
  lead: usize = 0;
  leadBytes: u32 = 0;
  staticBytes: u64 = 0;
  /** For each slot: its column's cursor, address and bytes of what stands behind it. */
  pieces: usize = 0;
}

/** Where lines go: an address, 0 for values of a column; room there; arrays for starts and ends that count from there. */
let linesOut: usize = 0;
let linesBytes: u64 = 0;
let linesStarts: usize = 0;
let linesEnds: usize = 0;

export function openLines(out: usize, bytes: u64, starts: usize, ends: usize): void {
  linesOut = out;
  linesBytes = bytes;
  linesStarts = starts;
  linesEnds = ends;
}

/** Writes lines one after the other, a newline behind each, and returns their bytes; 0 when they do not fit. */
export function readLines(lines: u32): u64 {
  return readSet(lines, 0, true);
}

/** References to items, which stand one after the other in new memory. */
function readTemplates(items: u32, depth: u32): usize {
  return <usize>readSet(items, depth, false);
}

function readSet(items: u32, depth: u32, areLines: bool): u64 {
  if (depth >= kinds.depthMax) refuse();
  const templateCount = readCount(templatesMax);
  if (templateCount == 0) refuse();
  const templates = allocate(<u64>templateCount * offsetof<Template>());
  if (isBad) return 0;
  for (let t: u32 = 0; t < templateCount; t++)
    if (!readTemplate(changetype<Template>(templates + <usize>t * offsetof<Template>()))) return 0;
  const sequence = readSequence(items, templates, templateCount);
  if (isBad) return 0;
  const columnCount = readCount(columnsMax);
  const cursors = allocate(<u64>columnCount << 2);
  const counts = allocate(<u64>columnCount << 2);
  if (isBad) return 0;
  let total: u64 = areLines ? <u64>items : 0;
  for (let c: u32 = 0; c < columnCount; c++) {
    const references = readColumn(depth);
    if (isBad) return 0;
    store<u32>(cursors + (<usize>c << 2), <u32>references);
    store<u32>(counts + (<usize>c << 2), columnValues);
    total += totalBytes;
  }
  for (let t: u32 = 0; t < templateCount; t++) {
    const template = changetype<Template>(templates + <usize>t * offsetof<Template>());
    total += <u64>template.uses * template.staticBytes;
    if (!linkColumns(template, cursors, counts, columnCount)) return 0;
  }
  for (let c: u32 = 0; c < columnCount; c++) if (load<u32>(counts + (<usize>c << 2)) != 0) refuse();
  if (areLines) {
    if (isBad || total > linesBytes) {
      refuse();
      return 0;
    }
    writeItems(items, sequence, linesOut, 0);
    return total;
  }
  const memory = allocate(total);
  const references = allocate(<u64>items << 3);
  if (isBad || total > 0x7fffffff) {
    refuse();
    return 0;
  }
  writeItems(items, sequence, memory, references);
  setTotalBytes(total);
  return references;
}

function readTemplate(template: Template): bool {
  readCount(kinds.logfmtTemplate);
  const slots = readCount(slotsMax);
  template.slots = slots;
  template.uses = 0;
  template.pieces = allocate(<u64>slots * pieceBytes);
  template.staticBytes = 0;
  for (let s: u32 = 0; s <= slots; s++) {
    const bytes = readCount(staticBytesMax);
    const at = readBytes(bytes);
    if (isBad) return false;
    template.staticBytes += bytes;
    if (s == 0) {
      template.lead = at;
      template.leadBytes = bytes;
    } else {
      const piece = template.pieces + <usize>(s - 1) * pieceBytes;
      store<u32>(piece, <u32>at, 4);
      store<u32>(piece, bytes, 8);
    }
  }
  for (let s: u32 = 0; s < slots; s++)
    store<u32>(template.pieces + <usize>s * pieceBytes, readCount(columnsMax));
  return !isBad;
}

/** Of each item the address of its template, in 8 bytes. */
function readSequence(items: u32, templates: usize, templateCount: u32): usize {
  const sequence = readIntegers(items);
  if (isBad) return 0;
  for (let i: u32 = 0; i < items; i++) {
    const place = sequence + (<usize>i << 3);
    const t = load<u64>(place);
    if (t >= <u64>templateCount) {
      refuse();
      return 0;
    }
    const template = templates + <usize>t * offsetof<Template>();
    changetype<Template>(template).uses++;
    store<u64>(place, <u64>template);
  }
  return sequence;
}

function readColumn(depth: u32): usize {
  const bytes = readCount(staticBytesMax);
  const leaves = readCount(leavesMax);
  const position = directoryPosition();
  const left = leavesLeft;
  const count = readCount(valuesMax);
  if (isBad || count == 0) {
    refuse();
    return 0;
  }
  const references = readKind(count, depth);
  if (directoryPosition() - position != bytes || left - leavesLeft != leaves) refuse();
  columnValues = count;
  return references;
}

function readKind(count: u32, depth: u32): usize {
  const kind = readVarint();
  if (kind == kinds.dictionary) return readDictionary(count);
  if (kind == kinds.number) return readNumbers(count);
  if (kind == kinds.digits) return readDigits(count);
  if (kind == kinds.hex) return readHex(count);
  if (kind == kinds.text) return readTexts(count);
  if (kind == kinds.templates) return readTemplates(count, depth + 1);
  refuse();
  return 0;
}

/** Columns' numbers → their cursors; takes what the template's items need off the counts. */
function linkColumns(template: Template, cursors: usize, counts: usize, columnCount: u32): bool {
  for (let s: u32 = 0; s < template.slots; s++) {
    const piece = template.pieces + <usize>s * pieceBytes;
    const column = load<u32>(piece);
    if (column >= columnCount || load<u32>(counts + (<usize>column << 2)) < template.uses) {
      refuse();
      return false;
    }
    const at = <usize>column << 2;
    store<u32>(counts + at, load<u32>(counts + at) - template.uses);
    store<u32>(piece, <u32>(cursors + at));
  }
  return true;
}

/** With `references` 0 a newline behind each item. What is written and read was counted before. */
function writeItems(items: u32, sequence: usize, out: usize, references: usize): void {
  let to = out;
  for (let i: u32 = 0; i < items; i++) {
    const start = to;
    const template = changetype<Template>(<usize>load<u64>(sequence + (<usize>i << 3)));
    to = copy(to, template.lead, template.leadBytes);
    let piece = template.pieces;
    const end = piece + <usize>template.slots * pieceBytes;
    for (; piece < end; piece += pieceBytes) {
      const cursor = <usize>load<u32>(piece);
      const reference = <usize>load<u32>(cursor);
      store<u32>(cursor, <u32>(reference + 8));
      to = copy(to, <usize>load<u32>(reference), load<u32>(reference, 4));
      to = copy(to, <usize>load<u32>(piece, 4), load<u32>(piece, 8));
    }
    if (references != 0) {
      setReference(references, i, start, <u32>(to - start));
      continue;
    }
    if (linesStarts != 0) {
      setItem(linesStarts, i, <u32>(start - out));
      setItem(linesEnds, i, <u32>(to - out));
    }
    store<u8>(to++, 0x0a);
  }
}
