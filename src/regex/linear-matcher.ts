// A lazy automaton over UTF-8: "does the pattern match somewhere in bytes[start, end)?" in one table look-up a
// character, always linear, without making strings. Exact, assertions and broken UTF-8 included.
//
// A state of the automaton is a set of program positions with what the character before it was (for `^`, `\b`).
// Assertions look at both sides, so they are settled when the next character is known: a transition first follows
// splits and assertions, then takes the character. The end of the text is one more "character". States are made when
// first reached and kept in one Int32Array; when it is full, it is emptied and filled again. A pattern that fills it
// all the time (`(a|b)*a(a|b){20}`) is followed position by position instead.
import { LRUCache } from 'lru-cache';
import type { SyntaxFlags } from './parse-syntax.ts';
import { PositionWalker } from './position-walker.ts';
import { compileRe2 } from './re2.ts';
import { edge, other, type RuneProgram, runeProgramOf } from './rune-program.ts';
import { decodeRune } from './utf8-decode.ts';
import { matchStepsMax, RegexWork } from './work-limit.ts';

export interface LinearMatcher {
  /**
   * True when the pattern matches somewhere in `bytes[start, end)`; anchors mean these bounds. Throws RegexWorkError
   * when a large pattern has no table to go by and the text is too long for it.
   */
  test(bytes: Uint8Array, start: number, end: number): boolean;
}

/** States kept before the table is emptied. */
const statesMax = 2_048;
/** Numbers in the table: 2 MB. Patterns of very many classes keep fewer states. */
const tableMax = 524_288;
/** A table that fills before this many bytes a state were read does not pay. */
const bytesPerStateMin = 10;
/** Program positions in all kept states together: 4 MB. `a{1000}b` has half a million on a line of a's. */
const positionsMax = 1_048_576;
/** Matchers kept with their tables, for the next line of a pattern that is asked for again and again. */
const keptMatchersMax = 8;

export interface LinearMatcherOptions extends SyntaxFlags {
  /** The whole text must match. */
  readonly full?: boolean;
  /** Steps after which a text is given up. Default: {@link matchStepsMax}. */
  readonly stepsMax?: number;
  /** For tests. */
  readonly statesMax?: number;
}

const keptMatchers = new LRUCache<string, LinearMatcher>({ max: keptMatchersMax });

/** Compiles a pattern, or finds it compiled; a matcher holds nothing of the texts it was given. Throws RegexError. */
export function compileLinearMatcher(pattern: string, options: LinearMatcherOptions = {}): LinearMatcher {
  const { full = false, dotAll, ignoreCase, stepsMax = matchStepsMax, statesMax: max = statesMax } = options;
  const key = `${full},${dotAll === true},${ignoreCase === true},${stepsMax},${max},${pattern}`;
  let matcher = keptMatchers.get(key);
  if (matcher === undefined) {
    matcher = new Automaton(runeProgramOf(compileRe2(pattern, options)), { full, stepsMax, statesMax: max });
    keptMatchers.set(key, matcher);
  }
  return matcher;
}

/** Table entries that are no state. States are at their offset in the table, and offset 0 is never a target. */
const unknown = 0;
const matched = -1;
const dead = -2;
/** The table filled too soon: this matcher goes on without it. */
const gaveUp = -3;

interface State {
  /** Positions of characters, assertions and nothing else; sorted. */
  readonly positions: Int32Array;
  readonly before: number;
}

class Automaton implements LinearMatcher {
  readonly #walker: PositionWalker;
  readonly #program: RuneProgram;
  /** Columns of the table: classes and the end of the text. */
  readonly #width: number;
  readonly #statesMax: number;
  #table: Int32Array;
  /** By offset / width. Index 0 is unused, so that no state has offset 0. */
  #states: State[] = [];
  /** Hash of positions → offsets of states. */
  #offsets = new Map<number, number[]>();
  #positionCount = 0;
  #start = 0;
  #gaveUp = false;
  /** Bytes read since the table was emptied, those of the running call counted in advance. */
  #bytesSinceReset = 0;
  /** Of the running call. */
  readonly #work: RegexWork;

  constructor(
    program: RuneProgram,
    { full, stepsMax, statesMax }: Required<Omit<LinearMatcherOptions, keyof SyntaxFlags>>,
  ) {
    this.#work = new RegexWork(stepsMax);
    this.#walker = new PositionWalker(program, full);
    this.#program = program;
    this.#width = program.classes.count + 1;
    this.#statesMax = Math.min(statesMax, Math.max(3, Math.floor(tableMax / this.#width)));
    this.#table = new Int32Array(this.#width * 4);
    this.#reset();
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    let table = this.#table;
    let state = this.#start;
    if (state === matched) return true;
    if (state === dead) return false; // a class without members
    if (this.#gaveUp) return this.#simulate(bytes, start, end);
    const { low } = this.#program.classes;
    this.#bytesSinceReset += end - start;
    this.#work.restart();
    let at = start;
    while (at < end) {
      let taken = bytes[at] as number;
      if (taken < 0x80) {
        taken = low[taken] as number;
        at++;
      } else {
        const rune = decodeRune(bytes, at, end);
        taken = this.#program.classes.of(rune >> 3);
        at += rune & 7;
      }
      let next = table[state + taken] as number;
      if (next <= unknown) {
        if (next === unknown) {
          next = this.#fill(state, taken, end - at);
          table = this.#table;
          if (next === gaveUp) return this.#simulate(bytes, start, end);
        }
        if (next === matched) return true;
        if (next === dead) return false;
      }
      state = next;
    }
    const last = this.#width - 1;
    const next = table[state + last] as number;
    return (next === unknown ? this.#fill(state, last, 0) : next) === matched;
  }

  /** The same verdict without the table, from the first byte. */
  #simulate(bytes: Uint8Array, start: number, end: number): boolean {
    const walker = this.#walker;
    const { classes, kinds, asserts } = this.#program;
    this.#work.restart();
    walker.entries[0] = this.#program.start;
    let count = walker.follow(1, edge);
    let before = edge;
    let at = start;
    for (;;) {
      if (count < 0) return true;
      let taken = classes.count;
      const isEnd = at >= end;
      if (!isEnd) {
        const byte = bytes[at] as number;
        const rune = byte < 0x80 ? (byte << 3) | 1 : decodeRune(bytes, at, end);
        taken = classes.of(rune >> 3);
        at += rune & 7;
      }
      const entryCount = walker.step(walker.found, count, before, taken);
      if (entryCount < 0) return true;
      if (isEnd || entryCount === 0) return false;
      this.#work.add(count + entryCount);
      before = asserts === 0 ? other : (kinds[taken] as number);
      count = walker.follow(entryCount, before);
    }
  }

  #reset(): void {
    this.#states = [{ positions: new Int32Array(0), before: other }];
    this.#offsets.clear();
    this.#positionCount = 0;
    this.#table.fill(0);
    this.#walker.entries[0] = this.#program.start;
    this.#start = this.#intern(1, edge);
  }

  /** Works out one transition and writes it down; returns its target. `bytesLeft`: of the running call. */
  #fill(offset: number, taken: number, bytesLeft: number): number {
    const state = this.#states[offset / this.#width] as State;
    const atEnd = taken === this.#width - 1;
    this.#work.add(state.positions.length);
    const entryCount = this.#walker.step(state.positions, state.positions.length, state.before, taken);
    const before = this.#program.asserts === 0 ? other : (this.#program.kinds[taken] as number);
    let target: number;
    if (entryCount < 0) {
      target = matched;
    } else if (atEnd) {
      target = dead;
    } else if (this.#states.length < this.#statesMax && this.#positionCount <= positionsMax) {
      target = this.#intern(entryCount, before);
    } else {
      if (this.#bytesSinceReset - bytesLeft < bytesPerStateMin * this.#states.length) {
        this.#gaveUp = true;
        return gaveUp;
      }
      this.#bytesSinceReset = bytesLeft;
      // The state we stand in is lost with the rest; only the target is needed to go on.
      const entries = this.#walker.entries.slice(0, entryCount);
      this.#reset();
      this.#walker.entries.set(entries);
      return this.#intern(entryCount, before);
    }
    this.#table[offset + taken] = target;
    return target;
  }

  /** The offset of the state made of the walker's entries; `matched` when one is a match, `dead` when none leads on. */
  #intern(entryCount: number, before: number): number {
    const count = this.#walker.follow(entryCount, before);
    if (count < 0) return matched;
    if (count === 0) return dead;
    const positions = this.#walker.found.slice(0, count).sort();
    let hash = before;
    for (let i = 0; i < count; i++) hash = (Math.imul(hash, 0x01000193) ^ (positions[i] as number)) | 0;
    const sameHash = this.#offsets.get(hash);
    for (const offset of sameHash ?? []) {
      const state = this.#states[offset / this.#width] as State;
      if (state.before === before && equal(state.positions, positions)) return offset;
    }
    const offset = this.#states.length * this.#width;
    this.#states.push({ positions, before });
    this.#positionCount += count;
    if (sameHash === undefined) this.#offsets.set(hash, [offset]);
    else sameHash.push(offset);
    if (offset + this.#width > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2);
      grown.set(this.#table);
      this.#table = grown;
    }
    return offset;
  }
}

function equal(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
