// The lines of a block → templates and columns of values (docs/format.md): a directory, and leaves that the caller
// compresses. Nothing outside of the given memory is touched.
import { item, setItem } from './line-columns/bytes';
import {
  directoryPosition,
  hasGivenUp,
  hasScratch,
  leafTablePosition,
  openDirectory,
  openLeaves,
  openScratch,
  scratch,
  writeVarint,
} from './line-columns/output';
import { openSlots } from './line-columns/slots';
import { asLines, keepTemplates, readTemplates } from './line-columns/template-set';
import { writeTemplates } from './line-columns/write-templates';

const templateUsesMin: u32 = 3;
const templatesMax: u32 = 4000;

/** `slotsFrom`: 16 bytes for each of `slotsMax`. */
export function openEncoder(slotsFrom: usize, slotsMax: u32, scratchFrom: usize, scratchEnd: usize): void {
  openSlots(slotsFrom, slotsMax);
  openScratch(scratchFrom, scratchEnd);
}

/** `table` gets 12 bytes for each leaf: its class (0 text, 1 numbers), address, bytes. */
export function openOutput(
  directory: usize,
  directoryEnd: usize,
  leaves: usize,
  leavesEnd: usize,
  table: usize,
  tableEnd: usize,
): void {
  openDirectory(directory, directoryEnd);
  openLeaves(leaves, leavesEnd, table, tableEnd);
}

/**
 * The lines stand at `text`, a newline behind each, as long as `starts` and `ends` are apart. False when they do not suit: those that are no JSON
 * or logfmt of a template have more than `fieldlessShareMax` hundredths of all `bytes`, or there is too much of something.
 */
export function encodeLines(
  text: usize,
  starts: usize,
  ends: usize,
  count: u32,
  bytes: u32,
  fieldlessShareMax: u32,
): bool {
  writeVarint(count);
  if (!hasScratch((<usize>count << 3) + 4096)) return false;
  const from = scratch(<usize>count << 2);
  const to = scratch(<usize>count << 2);
  let at = <u32>text;
  for (let i: u32 = 0; i < count; i++) {
    setItem(from, i, at);
    at += item(ends, i) - item(starts, i);
    setItem(to, i, at++);
  }
  const set = readTemplates(from, to, count, asLines);
  if (set === null) return false;
  keepTemplates(set, templateUsesMin, templatesMax);
  if (100 * <u64>set.fieldlessBytes > <u64>fieldlessShareMax * <u64>bytes) return false;
  writeTemplates(set, 0);
  return !hasGivenUp;
}

export function directoryEnd(): usize {
  return directoryPosition();
}

export function leafTableEnd(): usize {
  return leafTablePosition();
}
