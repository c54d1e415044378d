// Templates and columns of values (docs/format.md) → the lines of a block. Everything read is checked: what is not as it
// should be is refused, and nothing outside of the given memory is written.
import { isAtEnd, isBad, openInput, openMemory, readCount } from './line-columns/input';
import { openLines, readLines } from './line-columns/read-templates';

/** `table`: of each leaf its address and bytes. `memory` is for what is made on the way. */
export function openDecoder(
  directory: usize,
  directoryEnd: usize,
  table: usize,
  leaves: u32,
  memoryFrom: usize,
  memoryEnd: usize,
): void {
  openInput(directory, directoryEnd, table, leaves);
  openMemory(memoryFrom, memoryEnd);
}

/**
 * Writes the lines, a newline behind each, and up to 64 bytes more that mean nothing; returns their bytes, at most
 * `bytesMax`, or 0: damaged. `starts` and `ends`, unless 0, are arrays for where lines are, counted from `out`.
 */
export function rebuildLines(out: usize, bytesMax: u32, linesMax: u32, starts: usize, ends: usize): u32 {
  const lines = readCount(linesMax);
  if (lines == 0) return 0;
  openLines(out, bytesMax, starts, ends);
  const bytes = <u32>readLines(lines);
  return isBad || !isAtEnd() ? 0 : bytes;
}
