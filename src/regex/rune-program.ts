// The program re2js compiles a pattern to, as arrays over classes of characters. Taken from re2js and not compiled
// again, so that it means the same to the letter: Unicode classes, folding, flags and repetitions.
import type { RE2JS } from 're2js';
import { RegexError } from './re2.ts';
import { RuneClasses } from './rune-classes.ts';
import { runeCases, runeMax } from './rune-ranges.ts';
import type { RuneRanges } from './syntax-tree.ts';

/** Take a character of the class `arg`, go to `next`. */
export const opClass = 0;
/** Take a character whose class is in the set at `arg`, go to `next`. */
export const opSet = 1;
/** Go to `next`, or else to `other`. */
export const opSplit = 2;
/** Note the position in slot `arg`, go to `next`. */
export const opCapture = 3;
/** Go to `next` when the assertions `arg` hold here. */
export const opAssert = 4;
export const opMatch = 5;
/** No way on. */
export const opFail = 6;

/** Assertions are bits; re2js uses these. */
export const assertBeginLine = 1;
export const assertEndLine = 2;
export const assertBeginText = 4;
export const assertEndText = 8;
export const assertWordBoundary = 16;
export const assertNoWordBoundary = 32;

/** What is at one side of a position, as assertions see it. */
export const edge = 0;
export const newline = 1;
export const word = 2;
export const other = 3;

export interface RuneProgram {
  readonly start: number;
  readonly opcode: Uint8Array;
  readonly arg: Int32Array;
  readonly next: Int32Array;
  readonly other: Int32Array;
  readonly classes: RuneClasses;
  /** `members[arg + class]` is 1 when the set at `arg` has the class. */
  readonly members: Uint8Array;
  /** Class → newline, word or other, as far as an assertion asks; after the classes stands the edge. */
  readonly kinds: Uint8Array;
  /** All assertions of the program. */
  readonly asserts: number;
  /** Two for each group, the whole match first. */
  readonly slots: number;
}

/** Sets of several classes times classes: more is no pattern anybody writes. */
const membersMax = 16_777_216;

/** re2js's own shapes and numbers, which its types leave open. */
interface Re2Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number> | null;
}
interface Re2Program {
  readonly start: number;
  readonly inst: readonly Re2Instruction[];
}
const re2 = {
  alternative: 1,
  alternativeOfMatch: 2,
  capture: 3,
  empty: 4,
  match: 6,
  nothing: 7,
  runes: 8,
  rune: 9,
  any: 10,
  anyButNewline: 11,
};
const re2FoldCase = 1;

const newlineSet: RuneRanges = [10, 10];
const wordSet: RuneRanges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** Throws RegexError for a pattern of too many different classes. */
export function runeProgramOf(compiled: RE2JS): RuneProgram {
  const program: Re2Program = compiled.re2().prog;
  const sets = new Sets();
  const asserts = program.inst.reduce((all, { op, arg }) => (op === re2.empty ? all | arg : all), 0);
  const looksAtLines = (asserts & (assertBeginLine | assertEndLine)) !== 0;
  const looksAtWords = (asserts & (assertWordBoundary | assertNoWordBoundary)) !== 0;
  if (looksAtLines) sets.add(newlineSet);
  if (looksAtWords) sets.add(wordSet);
  const setOf = program.inst.map((inst) => (isRune(inst.op) ? sets.of(inst) : -1));
  const classes = new RuneClasses(sets.all);
  const kinds = new Uint8Array(classes.count + 1).fill(other);
  if (looksAtWords) for (const id of classes.within(wordSet)) kinds[id] = word;
  if (looksAtLines) for (const id of classes.within(newlineSet)) kinds[id] = newline;
  kinds[classes.count] = edge;
  const { args, members } = membersOf(sets.all, classes);
  return {
    ...instructionsOf(program, setOf, args),
    classes,
    members,
    kinds,
    asserts,
    slots: 2 * (compiled.groupCount() + 1),
  };
}

const isRune = (op: number): boolean => op >= re2.runes && op <= re2.anyButNewline;

function instructionsOf(
  { inst, start }: Re2Program,
  setOf: readonly number[],
  args: readonly { readonly op: number; readonly arg: number }[],
): Pick<RuneProgram, 'start' | 'opcode' | 'arg' | 'next' | 'other'> {
  // Instructions that do nothing are passed over.
  const target = (at: number): number => {
    let to = at;
    while (inst[to]?.op === re2.nothing) to = (inst[to] as Re2Instruction).out;
    return to;
  };
  const opcode = new Uint8Array(inst.length).fill(opFail);
  const arg = new Int32Array(inst.length);
  const next = new Int32Array(inst.length);
  const otherNext = new Int32Array(inst.length);
  inst.forEach((from, at) => {
    next[at] = target(from.out);
    arg[at] = from.arg;
    if (isRune(from.op)) {
      const taken = args[setOf[at] as number] as { readonly op: number; readonly arg: number };
      opcode[at] = taken.op;
      arg[at] = taken.arg;
    } else if (from.op === re2.alternative || from.op === re2.alternativeOfMatch) {
      opcode[at] = opSplit;
      otherNext[at] = target(from.arg);
    } else if (from.op === re2.capture) {
      opcode[at] = opCapture;
    } else if (from.op === re2.empty) {
      opcode[at] = opAssert;
    } else if (from.op === re2.match) {
      opcode[at] = opMatch;
    }
  });
  return { start: target(start), opcode, arg, next, other: otherNext };
}

/** The different sets of characters of a program, numbered. */
class Sets {
  readonly all: RuneRanges[] = [];
  readonly #numbers = new Map<string, number>();

  add(ranges: RuneRanges): number {
    const key = ranges.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(ranges) - 1;
  }

  of({ op, arg, runes }: Re2Instruction): number {
    if (op === re2.any) return this.add([0, runeMax]);
    if (op === re2.anyButNewline) return this.add([0, 9, 11, runeMax]);
    const ranges = Array.from(runes ?? []);
    if (ranges.length !== 1) return this.add(ranges);
    const rune = ranges[0] as number;
    const cases = op === re2.runes && (arg & re2FoldCase) !== 0 ? [...runeCases(rune)] : [rune];
    return this.add(cases.sort((a, b) => a - b).flatMap((each) => [each, each]));
  }
}

function membersOf(
  sets: readonly RuneRanges[],
  classes: RuneClasses,
): { readonly args: readonly { readonly op: number; readonly arg: number }[]; readonly members: Uint8Array } {
  const within = sets.map((ranges) => classes.within(ranges));
  const several = within.filter((ids) => ids.length > 1).length;
  if (several * classes.count > membersMax)
    throw new RegexError('error parsing regexp: expression too large');
  const members = new Uint8Array(several * classes.count);
  let used = 0;
  const args = within.map((ids) => {
    if (ids.length === 0) return { op: opFail, arg: 0 };
    if (ids.length === 1) return { op: opClass, arg: ids[0] as number };
    const at = used;
    used += classes.count;
    for (const id of ids) members[at + id] = 1;
    return { op: opSet, arg: at };
  });
  return { args, members };
}
