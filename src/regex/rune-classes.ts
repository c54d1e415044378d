// Code points that no set of a pattern tells apart, as one class: what an automaton's table has columns for.
import { RegexError } from './re2.ts';
import type { RuneRanges } from './syntax-tree.ts';

/**
 * Intervals of all sets together: more is no pattern anybody writes. A set that is all but one character has as many
 * intervals as there are different characters in the pattern.
 */
const visitsMax = 4_194_304;
/** Below this a class is read from a table, above it is searched for. */
const lowMax = 0x800;

export class RuneClasses {
  readonly count: number;
  /** By code point below 0x800. */
  readonly low: Int32Array;
  /** First code points of the intervals, ascending, and the class of each. */
  readonly #starts: Int32Array;
  readonly #ids: Int32Array;

  #visits = 0;

  /** `sets`: sorted ranges each. Throws RegexError for too many that are too different. */
  constructor(sets: readonly RuneRanges[]) {
    const starts = new Set([0]);
    for (const ranges of sets) {
      for (let i = 0; i < ranges.length; i += 2) {
        starts.add(ranges[i] as number);
        starts.add((ranges[i + 1] as number) + 1);
      }
    }
    this.#starts = Int32Array.from(starts).sort();
    this.#ids = new Int32Array(this.#starts.length);
    for (const ranges of sets) this.#split(ranges);
    const dense = new Map<number, number>();
    for (let i = 0; i < this.#ids.length; i++) {
      const id = this.#ids[i] as number;
      if (!dense.has(id)) dense.set(id, dense.size);
      this.#ids[i] = dense.get(id) as number;
    }
    this.count = dense.size;
    this.low = new Int32Array(lowMax);
    for (let rune = 0, at = 0; rune < lowMax; rune++) {
      if (this.#starts[at + 1] === rune) at++;
      this.low[rune] = this.#ids[at] as number;
    }
  }

  of(rune: number): number {
    return rune < lowMax ? (this.low[rune] as number) : (this.#ids[this.#intervalOf(rune)] as number);
  }

  /** The classes that make up `ranges`, which must be one of the sets. */
  within(ranges: RuneRanges): readonly number[] {
    const found = new Set<number>();
    this.#eachInterval(ranges, (at) => found.add(this.#ids[at] as number));
    return [...found];
  }

  #nextId = 1;

  /** Gives the intervals in `ranges` other ids than those outside. */
  #split(ranges: RuneRanges): void {
    const renamed = new Map<number, number>();
    this.#eachInterval(ranges, (at) => {
      const id = this.#ids[at] as number;
      if (!renamed.has(id)) renamed.set(id, this.#nextId++);
      this.#ids[at] = renamed.get(id) as number;
    });
  }

  #eachInterval(ranges: RuneRanges, visit: (at: number) => void): void {
    for (let i = 0; i < ranges.length; i += 2) {
      const hi = ranges[i + 1] as number;
      for (let at = this.#intervalOf(ranges[i] as number); at < this.#starts.length; at++) {
        if ((this.#starts[at] as number) > hi) break;
        if (++this.#visits > visitsMax) throw new RegexError('error parsing regexp: expression too large');
        visit(at);
      }
    }
  }

  #intervalOf(rune: number): number {
    let lo = 0;
    let hi = this.#starts.length;
    while (hi - lo > 1) {
      const middle = (lo + hi) >> 1;
      if ((this.#starts[middle] as number) <= rune) lo = middle;
      else hi = middle;
    }
    return lo;
  }
}
