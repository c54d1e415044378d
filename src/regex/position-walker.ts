// Sets of program positions, moved over a text character by character: the nondeterministic automaton itself. The
// lazy automaton asks it for the transitions it does not know yet.
import {
  assertBeginLine,
  assertBeginText,
  assertEndLine,
  assertEndText,
  assertNoWordBoundary,
  assertWordBoundary,
  edge,
  newline,
  opAssert,
  opCapture,
  opClass,
  opFail,
  opMatch,
  opSet,
  opSplit,
  type RuneProgram,
  word,
} from './rune-program.ts';

export class PositionWalker {
  readonly program: RuneProgram;
  /** Where the program goes on after a character; filled by {@link step}, read by {@link follow}. */
  readonly entries: Int32Array;
  /** Positions of characters and assertions; filled by {@link follow}. */
  readonly found: Int32Array;
  readonly #full: boolean;
  readonly #marks: Uint32Array;
  #mark = 0;
  readonly #stack: Int32Array;

  /** `full`: the match must be the whole text; else it may be anywhere in it. */
  constructor(program: RuneProgram, full: boolean) {
    const size = program.opcode.length;
    this.program = program;
    this.#full = full;
    this.entries = new Int32Array(size + 1);
    this.found = new Int32Array(size);
    this.#marks = new Uint32Array(size);
    this.#stack = new Int32Array(size + 1);
  }

  /**
   * From the first `count` of `positions`, over a character of class `taken` (the count of classes: the end), to
   * where the program goes on: into `entries`. Returns their number, or -1 when a match ends before the character.
   */
  step(positions: Int32Array, count: number, before: number, taken: number): number {
    const { opcode, arg, next, members, kinds, start } = this.program;
    const [marks, entries] = [this.#marks, this.entries];
    const mark = this.#nextMark();
    const after = kinds[taken] as number;
    let entryCount = 0;
    for (let i = 0; i < count; i++) {
      const at = positions[i] as number;
      if (marks[at] === mark) continue;
      const op = opcode[at];
      if (op === opClass) {
        marks[at] = mark;
        if (arg[at] === taken) entries[entryCount++] = next[at] as number;
      } else if (op === opSet) {
        marks[at] = mark;
        if (after !== edge && members[(arg[at] as number) + taken] === 1) {
          entries[entryCount++] = next[at] as number;
        }
      } else {
        entryCount = this.#stepAssert(at, entryCount, before, taken);
        if (entryCount < 0) return -1;
      }
    }
    // A search without anchors may begin after every character.
    if (!this.#full && after !== edge) entries[entryCount++] = start;
    return entryCount;
  }

  /** As {@link step} from one position that is no character's. */
  #stepAssert(position: number, entryCount: number, before: number, taken: number): number {
    const { opcode, arg, next, other, members, kinds } = this.program;
    const [marks, stack, entries, mark] = [this.#marks, this.#stack, this.entries, this.#mark];
    const after = kinds[taken] as number;
    let count = entryCount;
    let top = 0;
    marks[position] = mark;
    stack[top++] = position;
    while (top > 0) {
      const at = stack[--top] as number;
      const op = opcode[at];
      if (op === opClass) {
        if (arg[at] === taken) entries[count++] = next[at] as number;
      } else if (op === opSet) {
        if (after !== edge && members[(arg[at] as number) + taken] === 1)
          entries[count++] = next[at] as number;
      } else if (op === opMatch) {
        if (!this.#full || after === edge) return -1;
      } else if (op === opSplit) {
        top = this.#push(other[at] as number, top);
        top = this.#push(next[at] as number, top);
      } else if (op === opCapture || (op === opAssert && assertsHold(arg[at] as number, before, after))) {
        top = this.#push(next[at] as number, top);
      }
    }
    return count;
  }

  /**
   * From `entries`, splits followed, to positions of characters and assertions: into `found`. Returns their number,
   * -1 for a match. `before`: what comes before the place.
   */
  follow(entryCount: number, before: number): number {
    const { opcode, arg, next, other } = this.program;
    const [marks, stack, entries, found] = [this.#marks, this.#stack, this.entries, this.found];
    const mark = this.#nextMark();
    let count = 0;
    for (let i = 0; i < entryCount; i++) {
      const entry = entries[i] as number;
      if (marks[entry] === mark) continue;
      marks[entry] = mark;
      if ((opcode[entry] as number) <= opSet) {
        found[count++] = entry;
        continue;
      }
      let top = 0;
      stack[top++] = entry;
      while (top > 0) {
        const at = stack[--top] as number;
        const op = opcode[at] as number;
        if (op <= opSet) {
          found[count++] = at;
        } else if (op === opSplit) {
          top = this.#push(other[at] as number, top);
          top = this.#push(next[at] as number, top);
        } else if (op === opCapture) {
          top = this.#push(next[at] as number, top);
        } else if (op === opAssert) {
          // After the beginning no text begins: without these positions an anchored search ends early.
          if (((arg[at] as number) & assertBeginText) === 0 || before === edge) found[count++] = at;
        } else if (op !== opFail) {
          if (!this.#full) return -1;
          found[count++] = at;
        }
      }
    }
    return count;
  }

  /** Puts a position on the stack unless it was there; returns the stack's new height. */
  #push(at: number, top: number): number {
    if (this.#marks[at] === this.#mark) return top;
    this.#marks[at] = this.#mark;
    this.#stack[top] = at;
    return top + 1;
  }

  /** A number no position is marked with. */
  #nextMark(): number {
    if (this.#mark === 0xffff_ffff) {
      this.#marks.fill(0);
      this.#mark = 0;
    }
    return ++this.#mark;
  }
}

/** `asserts`: bits, all of which must hold between the two. */
export function assertsHold(asserts: number, before: number, after: number): boolean {
  if ((asserts & assertBeginText) !== 0 && before !== edge) return false;
  if ((asserts & assertEndText) !== 0 && after !== edge) return false;
  if ((asserts & assertBeginLine) !== 0 && before > newline) return false;
  if ((asserts & assertEndLine) !== 0 && after > newline) return false;
  const atBoundary = (before === word) !== (after === word);
  if ((asserts & assertWordBoundary) !== 0 && !atBoundary) return false;
  return (asserts & assertNoWordBoundary) === 0 || !atBoundary;
}
