// Leftmost-first matching with captures (Pike's machine): all ways at once, in order of preference, each with its
// own captures. For large patterns over long texts, where re2js would take seconds: this one counts its steps.
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
import { capturesMax, type RegexWork, RegexWorkError } from './work-limit.ts';

/** Positions of the program in order of preference, each with the captures of the way to it. */
interface Ways {
  readonly positions: Int32Array;
  /** Captures of the way at index i begin at i * slots. */
  captures: Int32Array;
  count: number;
}

/** A step of following splits, or with `slot` >= 0 the restoring of a capture when the ways after it are done. */
interface Frames {
  readonly at: Int32Array;
  readonly slot: Int32Array;
}

export class CaptureMachine {
  readonly #program: RuneProgram;
  readonly #marks: Uint32Array;
  #mark = 0;
  #now: Ways;
  #next: Ways;
  readonly #frames: Frames;
  /** Captures of the way being followed; -1: not noted. */
  readonly #captures: Int32Array;
  /** Since the last were counted. */
  #steps = 0;

  constructor(program: RuneProgram) {
    const size = program.opcode.length;
    this.#program = program;
    this.#marks = new Uint32Array(size);
    this.#now = { positions: new Int32Array(size), captures: new Int32Array(program.slots), count: 0 };
    this.#next = { positions: new Int32Array(size), captures: new Int32Array(program.slots), count: 0 };
    this.#frames = { at: new Int32Array(2 * size + 2), slot: new Int32Array(2 * size + 2) };
    this.#captures = new Int32Array(program.slots);
  }

  /**
   * The slots (UTF-16 offsets, -1: none) of the leftmost match at or after `from`, or undefined. Anchors and `\b` see
   * the whole text. `full`: the match must be all of the text. Throws RegexWorkError.
   */
  find(text: string, from: number, work: RegexWork, full = false): Int32Array | undefined {
    try {
      return this.#find(text, from, work, full);
    } finally {
      for (const ways of [this.#now, this.#next])
        if (ways.captures.length > capturesKept) ways.captures = new Int32Array(this.#program.slots);
    }
  }

  #find(text: string, from: number, work: RegexWork, full: boolean): Int32Array | undefined {
    const { kinds, start, slots, classes } = this.#program;
    let found: Int32Array | undefined;
    let before = from === 0 ? edge : (kinds[classes.of(text.charCodeAt(from - 1))] as number);
    let rune = runeAt(text, from);
    let taken = this.#classOf(rune);
    this.#now.count = 0;
    this.#nextMark();
    for (let at = from; ; ) {
      const after = kinds[taken] as number;
      if (found === undefined && !(full && at > from)) {
        // After all ways begun further left. The marks are still those of the ways into `now`.
        this.#captures.fill(-1);
        this.#captures[0] = at;
        this.#follow(this.#now, start, at, before, after);
      }
      if (this.#now.count === 0 && (full || found !== undefined)) return found;
      work.add(stepsPerCharacter + this.#now.count + this.#steps);
      this.#steps = 0;
      const end = at + (rune > 0xffff ? 2 : 1);
      rune = runeAt(text, end);
      const following = this.#classOf(rune);
      const ended = this.#step(taken, end, after, kinds[following] as number, full);
      if (ended >= 0) {
        found = this.#now.captures.slice(ended * slots, (ended + 1) * slots);
        found[1] = at;
      }
      if (at >= text.length) return found;
      [this.#now, this.#next] = [this.#next, this.#now];
      before = after;
      taken = following;
      at = end;
    }
  }

  #classOf(rune: number): number {
    const { classes } = this.#program;
    return rune < 0 ? classes.count : classes.of(rune);
  }

  /** Takes a character: from `now` to `next`. Returns the index of the way that is a match here, or -1. */
  #step(taken: number, position: number, before: number, after: number, full: boolean): number {
    const { opcode, arg, next, members, classes, slots } = this.#program;
    const { count, positions, captures } = this.#now;
    const ways = this.#next;
    ways.count = 0;
    const marks = this.#marks;
    const mark = this.#nextMark();
    for (let i = 0; i < count; i++) {
      const at = positions[i] as number;
      const op = opcode[at];
      if (op === opMatch) {
        if (full && taken !== classes.count) continue;
        return i; // ways of less preference end here
      }
      const takes =
        op === opClass
          ? arg[at] === taken
          : taken !== classes.count && members[(arg[at] as number) + taken] === 1;
      if (!takes) continue;
      const to = next[at] as number;
      if ((opcode[to] as number) > opSet) {
        copyCaptures(captures, i * slots, this.#captures, 0, slots);
        this.#follow(ways, to, position, before, after);
      } else if (marks[to] !== mark) {
        marks[to] = mark;
        this.#add(ways, to, captures, i * slots);
      }
    }
    return -1;
  }

  /** Adds the ways from `entry` on to `ways`, those it has left out. */
  #follow(ways: Ways, entry: number, position: number, before: number, after: number): void {
    const { opcode, arg, next, other } = this.#program;
    const { at: frames, slot: restores } = this.#frames;
    const captures = this.#captures;
    let top = 0;
    frames[top] = entry;
    restores[top++] = -1;
    while (top > 0) {
      const restored = restores[--top] as number;
      if (restored >= 0) {
        captures[restored] = frames[top] as number;
        continue;
      }
      // Straight on as long as there is a way; the other ways of splits wait on the stack.
      for (let at = frames[top] as number; this.#marks[at] !== this.#mark; ) {
        this.#marks[at] = this.#mark;
        this.#steps++;
        const op = opcode[at];
        if (op === opSplit) {
          frames[top] = other[at] as number;
          restores[top++] = -1;
        } else if (op === opCapture) {
          const slot = arg[at] as number;
          frames[top] = captures[slot] as number;
          restores[top++] = slot;
          captures[slot] = position;
        } else if (op !== opAssert || !assertsHold(arg[at] as number, before, after)) {
          if (op === opClass || op === opSet || op === opMatch) this.#add(ways, at, captures, 0);
          break;
        }
        at = next[at] as number;
      }
    }
  }

  #add(ways: Ways, at: number, captures: Int32Array, capturesAt: number): void {
    const { slots } = this.#program;
    const from = ways.count * slots;
    if (from + slots > ways.captures.length) {
      if (from + slots > capturesMax)
        throw new RegexWorkError(
          `regular expression too expensive: more than ${capturesMax} offsets of groups at once`,
        );
      const grown = new Int32Array(ways.captures.length * 2);
      grown.set(ways.captures);
      ways.captures = grown;
    }
    ways.positions[ways.count++] = at;
    copyCaptures(captures, capturesAt, ways.captures, from, slots);
    this.#steps += slots >> 3;
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

/** -1: the end. */
const runeAt = (text: string, at: number): number => text.codePointAt(at) ?? -1;

function copyCaptures(from: Int32Array, fromAt: number, to: Int32Array, toAt: number, slots: number): void {
  if (slots <= manySlots) for (let k = 0; k < slots; k++) to[toAt + k] = from[fromAt + k] as number;
  else to.set(from.subarray(fromAt, fromAt + slots), toAt);
}

/** Offsets of groups kept for the next match: many programs are kept, too. */
const capturesKept = 16_384;

/** From here on the engine's copying is faster than a loop. */
const manySlots = 48;

/** What a character takes besides the ways over it. */
const stepsPerCharacter = 12;
