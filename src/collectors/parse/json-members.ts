// The members of a JSON object as places in its text, found by one walk that is as strict as JSON.parse and makes no
// objects: of most that a line holds nobody asks.

import {
  type KnownNames,
  knownNames,
  type MemberWalker,
  memberLength,
  memberWalker,
  memberWords,
} from '../../kernels/member-walker.ts';
import { ownText } from '../../model/own-text.ts';

/** What a value is, as far as its text says it without being parsed. */
export const valueKinds = {
  text: 0,
  escapedText: 1,
  integer: 2,
  number: 3,
  boolean: 4,
  null: 5,
  nested: 6,
} as const;
export type ValueKind = (typeof valueKinds)[keyof typeof valueKinds];

const noNames: KnownNames = { bytes: [] };

/** A block of lines that is taken for the walks over them. */
export interface LoadedBlock {
  /** In latin1. */
  readonly text: string;
  /** Of the text's beginning in the walker's memory. */
  readonly at: number;
}

/** Takes a block of lines, of whose bytes `text` is the latin1 from `start` on; undefined when it is too long. */
export function loadBlock(text: string, bytes: Uint8Array, start: number): LoadedBlock | undefined {
  const at = memberWalker().loadBlock(bytes);
  return at === undefined ? undefined : { text, at: at - start };
}

export class JsonMembers {
  /** How many there are; names may repeat. */
  count = 0;
  /** The text of the block that values have their places in; '': they have none. */
  block = '';
  /** Undefined until it is needed. */
  #walker: MemberWalker | undefined;
  #words: Int32Array = new Int32Array(0);
  #last: Int32Array = new Int32Array(0);
  readonly #known: KnownNames;
  readonly #numbers = new Map<string, number>();
  /** Names by the member's place, as they were last: most lines of a source have the same. */
  readonly #names: string[] = [];
  #line: string | undefined;
  #isRead = false;
  /** Of the walker's, for `#line`. */
  #walk = -1;
  /** Where the places count from. */
  #from = 0;
  /** What the places are in, where they are ASCII. */
  #text: string | undefined = '';

  /** `names`: to be told by their place among these, each once; more than a thousand are not. */
  constructor(names: readonly string[] = []) {
    const known = knownNames(names);
    this.#known = known ?? noNames;
    if (known) for (const [number, name] of names.entries()) this.#numbers.set(name, number);
  }

  /**
   * Reads the members of a line; of the one read last nothing is read again. False when it is no JSON object for
   * JSON.parse, or one that is left to it: with escapes in its names, very many members or very deep ones, or very long.
   */
  read(line: string): boolean {
    const walker = this.#open();
    if (line === this.#line && this.#walk === walker.walks) return this.#isRead;
    this.block = '';
    const place = line === '' ? undefined : walker.loadLine(line);
    if (place === undefined) return this.#note(walker, line, -1);
    const isAscii = place.end - place.start === line.length;
    this.#text = isAscii ? line : undefined;
    this.#from = place.start;
    return this.#note(walker, line, walker.walk(this.#known, place.start, place.end));
  }

  /** As `read`, for a line that is `[start, end)` of a block. `line`: its text, if it is to be known by it again. */
  readLoaded(line: string | undefined, { text, at }: LoadedBlock, start: number, end: number): boolean {
    const walker = this.#open();
    const count = walker.walk(this.#known, at + start, at + end);
    const isAscii = walker.areAscii;
    this.block = isAscii ? text : '';
    this.#text = isAscii ? text : undefined;
    this.#from = at;
    return this.#note(walker, line, count);
  }

  /** The last member of that name, which JSON.parse would keep; -1 when there is none. */
  find(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return this.findKnown(known);
    for (let member = this.count - 1; member >= 0; member--) if (this.name(member) === name) return member;
    return -1;
  }

  /** As `find`, by the name's place among those given. */
  findKnown(number: number): number {
    return this.#last[number] as number;
  }

  /** A name's place among those given; -1 when it is none of them. */
  numberOf(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }

  /** Of a member's name: its place among those given; -1 when it is none of them. */
  known(member: number): number {
    return this.#word(member, memberWords.known);
  }

  /** False: no two names are equal. */
  get mayRepeat(): boolean {
    return this.#walker?.mayRepeat ?? false;
  }

  name(member: number): string {
    const start = this.#word(member, memberWords.nameStart);
    const end = this.#word(member, memberWords.nameEnd);
    const last = this.#names[member];
    const text = this.#text;
    if (last?.length === end - start && text?.startsWith(last, start - this.#from)) return last;
    const name = ownText(this.#slice(start, end));
    this.#names[member] = name;
    return name;
  }

  /** As it is written, texts with their quotes. */
  value(member: number): string {
    return this.#slice(this.#word(member, memberWords.valueStart), this.#word(member, memberWords.valueEnd));
  }

  /** What is in the quotes of a text, as it is written. */
  textValue(member: number): string {
    const start = this.#word(member, memberWords.valueStart);
    return this.#slice(start + 1, this.#word(member, memberWords.valueEnd) - 1);
  }

  /** Of a whole number ({@link valueKinds.integer}). */
  integer(member: number): number {
    return this.#walker?.numbers[(member * memberLength + memberWords.escape) / 2] as number;
  }

  kind(member: number): ValueKind {
    return this.#word(member, memberWords.kind) as ValueKind;
  }

  /** In the block that the line was read in, counted in bytes. */
  valueStart(member: number): number {
    return this.#word(member, memberWords.valueStart) - this.#from;
  }

  valueEnd(member: number): number {
    return this.#word(member, memberWords.valueEnd) - this.#from;
  }

  /** Of a text with escapes: where the first of them is. */
  escapeStart(member: number): number {
    return this.#word(member, memberWords.escape) - this.#from;
  }

  #word(member: number, word: number): number {
    return this.#words[member * memberLength + word] as number;
  }

  #slice(start: number, end: number): string {
    if (this.#text !== undefined) return this.#text.slice(start - this.#from, end - this.#from);
    return this.#open().bytes.toString('utf8', start, end);
  }

  #open(): MemberWalker {
    if (!this.#walker) {
      this.#walker = memberWalker();
      this.#words = this.#walker.words;
      this.#last = this.#walker.last;
    }
    return this.#walker;
  }

  #note({ walks }: MemberWalker, line: string | undefined, count: number): boolean {
    this.#line = line;
    this.#walk = walks;
    this.#isRead = count >= 0;
    this.count = Math.max(0, count);
    return this.#isRead;
  }
}
