// Literal search in lines that lie in somebody else's memory (segments): copies them in, at memory speed.
import { copyLineGroup, type LineRanges } from './line-group.ts';
import { LineMemory } from './line-memory.ts';
import { bytesHold, type Needle } from './needle.ts';

/** Keep one for each thread: it owns a memory. */
export class LineSearcher {
  private readonly memory = new LineMemory();
  private found = new Uint32Array(1024);

  /**
   * Indices, ascending and unique, of the lines that contain the needle. A view of reused memory, valid until the
   * next call. A line that does not fit the memory is searched where it lies, slower.
   */
  search(lines: LineRanges, needle: Needle): Uint32Array {
    if (this.found.length < lines.count) this.found = new Uint32Array(lines.count);
    let found = 0;
    for (let from = 0; from < lines.count; ) {
      const group = copyLineGroup(lines, from, this.memory);
      if (group === undefined) {
        const line = lines.bytes.subarray(lines.lineStarts[from], lines.lineEnds[from]);
        if (bytesHold(line, needle)) this.found[found++] = from;
        from++;
        continue;
      }
      for (const index of this.memory.search(needle, group.until - from, group.ascending)) {
        this.found[found++] = from + index;
      }
      from = group.until;
    }
    return this.found.subarray(0, found);
  }
}
