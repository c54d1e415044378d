// detected_level of many lines at once. What the names and words are is the caller's; this file brings them into the
// shape the kernel reads.
import { copyLineGroup, type LineRanges } from './line-group.ts';
import { LineMemory, lineRegions } from './line-memory.ts';
import { instantiateKernel } from './wasm.ts';

export interface LevelTables {
  /**
   * Keys that hold a level, the first one first: matched exactly in JSON, in any case in logfmt. ASCII, at least three
   * letters; their last letters and last three letters may be at most four and eight different ones, case aside.
   */
  readonly names: readonly string[];
  /** Values of such keys (lower-case, matched in any case) and the level each means, above 0. */
  readonly words: readonly (readonly [word: string, level: number])[];
  /** Words (lower-case) looked for in the whole line; of two that begin alike, the first that stands alone. */
  readonly searched: readonly (readonly [word: string, level: number])[];
  /** Characters that may come before and after a searched word, besides the line's ends. ASCII. */
  readonly before: string;
  readonly behind: string;
  /** The level of a line that tells none. */
  readonly unknown: number;
}

// As assembly/levels.ts reads them.
const tablesAt = lineRegions.end;
const layout = { classes: 0, luts: 256, lasts: 352, suffixes: 356, names: 400, words: 1024, searched: 2048 };
const textAt = 4096;
const tablesBytes = 8192;
const bucketsMax = 8;
const prefixLetters = 3;

/** Keep one for each thread: it owns a memory. */
export class LevelDetector {
  private readonly memory = new LineMemory(tablesBytes);
  private readonly kernels = instantiateKernel('levels', this.memory.memory, ['setTables', 'detect']);
  private readonly view = new DataView(this.memory.memory.buffer, tablesAt, tablesBytes);
  private textEnd = textAt;

  /** Throws RangeError when the tables are larger than the kernel's. */
  constructor(tables: LevelTables) {
    this.writeClasses(tables);
    this.writePrefixes(tables.searched.map(([word]) => word));
    this.writeSuffixes(tables.names);
    this.writeWords(
      layout.names,
      layout.words,
      tables.names.map((name) => [name, 0] as const),
    );
    this.writeWords(layout.words, layout.searched, tables.words);
    this.writeWords(layout.searched, textAt, tables.searched);
    this.kernels.setTables(tablesAt, tables.unknown);
  }

  /**
   * Sets `level[i]` of each line i whose level is `wanted`. A line that does not fit the memory keeps `wanted`: the
   * caller looks at it by itself.
   */
  detect(lines: LineRanges, level: Uint8Array, wanted: number): void {
    for (let from = 0; from < lines.count; ) {
      const group = copyLineGroup(lines, from, this.memory);
      if (group === undefined) {
        from++;
        continue;
      }
      const count = group.until - from;
      this.memory.level.set(level.subarray(from, group.until));
      const { bytes, starts, ends, level: levels } = lineRegions;
      this.kernels.detect(bytes, starts, ends, count, wanted, levels);
      level.set(this.memory.level.subarray(0, count), from);
      from = group.until;
    }
  }

  /** Bit 1: may come before a searched word. Bit 2: may stand after one. */
  private writeClasses({ before, behind }: LevelTables): void {
    const classes = new Uint8Array(this.memory.memory.buffer, tablesAt + layout.classes, 256);
    for (const byte of Buffer.from(before)) classes[byte] = (classes[byte] as number) | 1;
    for (const byte of Buffer.from(behind)) classes[byte] = (classes[byte] as number) | 2;
  }

  /**
   * Two tables of 16 for each of the first three letters: by low and by high nibble, the set (as bits) of the prefixes
   * with such a letter there. A prefix whose bit is left by all six may be there.
   */
  private writePrefixes(searched: readonly string[]): void {
    const prefixes = distinct(searched.map((word) => word.slice(0, prefixLetters)));
    if (prefixes.length > bucketsMax)
      throw new RangeError(`${prefixes.length} different beginnings of words`);
    const luts = new Uint8Array(this.memory.memory.buffer, tablesAt + layout.luts, prefixLetters * 32);
    prefixes.forEach((prefix, bucket) => {
      for (const [position, byte] of Buffer.from(prefix).entries()) {
        const low = position * 32 + (byte & 15);
        const high = position * 32 + 16 + (byte >> 4);
        luts[low] = (luts[low] as number) | (1 << bucket);
        luts[high] = (luts[high] as number) | (1 << bucket);
      }
    });
  }

  private writeSuffixes(names: readonly string[]): void {
    const lasts = distinct(names.map((name) => name.slice(-1).toLowerCase()));
    const suffixes = distinct(names.map((name) => name.slice(-3).toLowerCase()));
    if (lasts.length > 4 || suffixes.length > 8) throw new RangeError('level names end in too many ways');
    for (let i = 0; i < 4; i++) {
      this.view.setUint8(layout.lasts + i, (lasts[i] ?? (lasts[0] as string)).charCodeAt(0));
    }
    this.view.setUint32(layout.suffixes, suffixes.length, true);
    suffixes.forEach((suffix, i) => {
      const [a, b, c] = Buffer.from(suffix) as unknown as [number, number, number];
      this.view.setUint32(layout.suffixes + 4 + 4 * i, a | (b << 8) | (c << 16), true);
    });
  }

  /** A count, then for each word: address, length, level. */
  private writeWords(at: number, end: number, list: readonly (readonly [string, number])[]): void {
    this.view.setUint32(at, list.length, true);
    let entry = at + 8;
    for (const [word, level] of list) {
      const bytes = Buffer.from(word);
      if (entry + 16 > end || this.textEnd + bytes.length > tablesBytes)
        throw new RangeError('too many level words');
      this.view.setUint32(entry, tablesAt + this.textEnd, true);
      this.view.setUint32(entry + 4, bytes.length, true);
      this.view.setUint32(entry + 8, level, true);
      new Uint8Array(this.memory.memory.buffer, tablesAt).set(bytes, this.textEnd);
      this.textEnd += bytes.length;
      entry += 16;
    }
  }
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
