// Leftmost-first matching with captures by trying one way after the other, and no place of the program twice at a place
// of the text: linear in both, whatever the number of groups, since only the way being tried has captures. It takes a
// bit for each pair of places, so it is for texts of some hundred characters to the largest programs.
import { assertsHold } from './position-walker.ts';
import {
  edge,
  opAssert,
  opCapture,
  opClass,
  opMatch,
  opSet,
  opSplit,
  type RuneProgram,
} from './rune-program.ts';
import type { RegexWork } from './work-limit.ts';

/** Pairs of places: half a megabyte of bits, and at worst 32 MB for the ways that wait. */
const pairsMax = 4 * 1024 * 1024;
/** Numbers kept for the next search: 256 KB. */
const stackKept = 65_536;
/** Between two looks at the limit. */
const stepsAtOnce = 4_096;

// A search is never interrupted by another one, so all programs share the memory.
/** Bits: places of the program, by offset from where the search began. */
let visited = new Uint32Array(0);
/** Ways that wait: a place of the program and one of the text, or ~slot and what it held before. */
let stack = new Int32Array(stackKept);

export class Backtracker {
  readonly #program: RuneProgram;
  /** Words of `visited` for one place of the text. */
  readonly #stride: number;
  /** Captures of the way being tried; -1: not noted. */
  readonly #captures: Int32Array;

  constructor(program: RuneProgram) {
    this.#program = program;
    this.#stride = Math.ceil(program.opcode.length / 32);
    this.#captures = new Int32Array(program.slots);
  }

  /** Whether this is for texts of so many UTF-16 code units. */
  static fits({ opcode }: RuneProgram, length: number): boolean {
    return opcode.length * (length + 1) <= pairsMax;
  }

  /**
   * The slots (UTF-16 offsets, -1: none) of the leftmost match at or after `from`, or undefined. Anchors and `\b` see
   * the whole text. `full`: the match must be all of the text. Throws RegexWorkError.
   */
  find(text: string, from: number, work: RegexWork, full = false): Int32Array | undefined {
    const words = this.#stride * (text.length - from + 1);
    if (visited.length < words) visited = new Uint32Array(words);
    const search: Search = { text, from, work, full, seen: from };
    visited.fill(0, 0, this.#stride);
    try {
      for (let at = from; ; at += widthAt(text, at)) {
        this.#see(search, at);
        this.#captures.fill(-1);
        const end = this.#try(search, at);
        if (end >= 0) {
          this.#captures[0] = at;
          this.#captures[1] = end;
          return this.#captures.slice();
        }
        if (full || at >= text.length) return undefined;
      }
    } finally {
      if (stack.length > stackKept) stack = new Int32Array(stackKept);
    }
  }

  /** Tries all ways that begin at `start`, in order of preference: the end of the first match, or -1. */
  #try(search: Search, start: number): number {
    const { opcode, arg, next, other, members, classes } = this.#program;
    const { text, from, work, full } = search;
    const captures = this.#captures;
    const stride = this.#stride;
    let steps = 0;
    let top = 0;
    stack[top++] = this.#program.start;
    stack[top++] = start;
    while (top > 0) {
      let at = stack[--top] as number;
      let place = stack[--top] as number;
      if (place < 0) {
        captures[~place] = at;
        continue;
      }
      // Straight on as long as there is a way; the other ways of splits wait on the stack.
      for (;;) {
        const word = (at - from) * stride + (place >> 5);
        const bit = 1 << (place & 31);
        if (((visited[word] as number) & bit) !== 0) break;
        visited[word] = (visited[word] as number) | bit;
        if (++steps === stepsAtOnce) {
          work.add(steps);
          steps = 0;
        }
        const op = opcode[place];
        if (op === opSplit || op === opCapture) {
          if (top + 2 > stack.length) growStack();
          const slot = arg[place] as number;
          stack[top++] = op === opSplit ? (other[place] as number) : ~slot;
          stack[top++] = op === opSplit ? at : (captures[slot] as number);
          if (op === opCapture) captures[slot] = at;
        } else if (op === opClass || op === opSet) {
          if (at >= text.length) break;
          const taken = classes.of(text.codePointAt(at) as number);
          const takes = op === opClass ? arg[place] === taken : members[(arg[place] as number) + taken] === 1;
          if (!takes) break;
          at += widthAt(text, at);
          this.#see(search, at);
        } else if (op === opAssert) {
          if (!this.#holds(arg[place] as number, text, at)) break;
        } else if (op === opMatch && (!full || at === text.length)) {
          work.add(steps);
          return at;
        } else break;
        place = next[place] as number;
      }
    }
    work.add(steps + stepsPerCharacter);
    return -1;
  }

  /** Clears what belongs to places of the text that the search comes to for the first time. */
  #see(search: Search, at: number): void {
    if (at <= search.seen) return;
    visited.fill(0, (search.seen - search.from + 1) * this.#stride, (at - search.from + 1) * this.#stride);
    search.seen = at;
  }

  #holds(asserts: number, text: string, at: number): boolean {
    const { kinds, classes } = this.#program;
    // Half of a pair is, as the pair is, neither a word's nor a line's end.
    const before = at === 0 ? edge : (kinds[classes.of(text.charCodeAt(at - 1))] as number);
    const after = at >= text.length ? edge : (kinds[classes.of(text.codePointAt(at) as number)] as number);
    return assertsHold(asserts, before, after);
  }
}

interface Search {
  readonly text: string;
  readonly from: number;
  readonly work: RegexWork;
  readonly full: boolean;
  /** The last place of the text whose bits are in use. */
  seen: number;
}

/** What a place of the text takes besides the steps from there. */
const stepsPerCharacter = 12;

function growStack(): void {
  const grown = new Int32Array(stack.length * 2);
  grown.set(stack);
  stack = grown;
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
