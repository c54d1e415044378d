// User regular expressions: RE2 syntax, linear time. The only door to the engines behind it: re2js, and for large
// patterns over long texts our own automata, whose cost is bounded.
import { LRUCache } from 'lru-cache';
import type { RE2JS } from 're2js';
import { Backtracker } from './backtracker.ts';
import { CaptureMachine } from './capture-machine.ts';
import { compileLinearMatcher } from './linear-matcher.ts';
import type { SyntaxFlags } from './parse-syntax.ts';
import { compileRe2 } from './re2.ts';
import { type RuneProgram, runeProgramOf } from './rune-program.ts';
import { RegexWork } from './work-limit.ts';

export interface RegexMatch {
  /** UTF-16 offsets of the whole match. */
  readonly start: number;
  readonly end: number;
  /** Group 0 is the whole match; undefined: the group took no part. */
  readonly groups: readonly (string | undefined)[];
}

export interface RegexOptions extends SyntaxFlags {
  /** Steps after which a match is given up. Default: matchStepsMax. */
  readonly stepsMax?: number;
}

/** For patterns of the configuration: the operator's own, and what they redact must not slip through. */
export const trustedPattern: RegexOptions = { stepsMax: Number.POSITIVE_INFINITY };

/** All methods throw RegexWorkError when the pattern is too large for a text that long. */
export interface Regex {
  readonly pattern: string;
  /** By group number; index 0 and unnamed groups are ''. */
  readonly groupNames: readonly string[];
  /** True when the pattern matches somewhere in `text`. */
  test(text: string): boolean;
  /** True when the pattern matches the whole of `text`. */
  testFull(text: string): boolean;
  /** Leftmost match at or after `from` (UTF-16 offset); anchors see the whole text. */
  find(text: string, from?: number): RegexMatch | undefined;
  /**
   * As {@link find}, where the groups are instead of what they hold: start and end of group i at 2i and 2i + 1, -1
   * where it took no part.
   */
  findOffsets(text: string, from?: number): ArrayLike<number> | undefined;
  /** Match of the whole of `text`. */
  findFull(text: string): RegexMatch | undefined;
  /** All matches as Go's "All" functions give them: an empty match right after a match is left out. */
  findAll(text: string): Iterable<RegexMatch>;
}

/** Compiles a pattern; the same pattern again gives the same object. Throws RegexError. */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex {
  const { dotAll, ignoreCase, stepsMax = '' } = options;
  const key = `${dotAll ? 's' : ''}${ignoreCase ? 'i' : ''}${stepsMax}:${pattern}`;
  let regex = compiledRegexes.get(key);
  if (regex === undefined) {
    regex = new CompiledRegex(pattern, options);
    if (pattern.length <= cachedPatternLengthMax) compiledRegexes.set(key, regex);
  }
  return regex;
}

/** A query is compiled several times: when checked, when planned, once in each worker. */
const compiledRegexes = new LRUCache<string, Regex>({ max: 256 });
const cachedPatternLengthMax = 1_024;
/**
 * Instructions times characters up to which re2js does the work: for programs of usual size, on which it is the faster
 * one, a quarter of a second at worst; for larger ones, on which it is not, a few milliseconds.
 */
const smallWorkMax = { usual: 8_388_608, large: 131_072 };
const usualSizeMax = 200;
/** The same for all matches of a text, each of which may look at all of it. */
const smallWorkOfAllMax = 33_554_432;
/** Up to this many groups copying them for each way costs no more than following the way. */
const fewGroupsMax = 24;
/** What making a group's text counts as. */
const stepsPerGroup = 8;

class CompiledRegex implements Regex {
  readonly pattern: string;
  readonly groupNames: readonly string[];
  readonly #options: RegexOptions;
  readonly #re2: RE2JS;
  /** Characters up to which re2js does the work; where groups are asked for, which it copies for each way, fewer. */
  readonly #smallLengthMax: number;
  readonly #smallLengthOfGroupsMax: number;
  readonly #smallLengthOfAllMax: number;
  #program: RuneProgram | undefined;
  #captures: CaptureMachine | undefined;
  #backtracker: Backtracker | undefined;

  constructor(pattern: string, options: RegexOptions) {
    this.pattern = pattern;
    this.#options = options;
    this.#re2 = compileRe2(pattern, options);
    const size = this.#re2.programSize();
    this.#smallLengthMax = (size > usualSizeMax ? smallWorkMax.large : smallWorkMax.usual) / size;
    this.#smallLengthOfGroupsMax =
      this.#smallLengthMax / Math.max(1, this.#re2.groupCount() / fewGroupsMax) - 1;
    this.#smallLengthOfAllMax = Math.sqrt(smallWorkOfAllMax / (size * (this.#re2.groupCount() + 1)));
    const groupNames: string[] = new Array(this.#re2.groupCount() + 1).fill('');
    for (const [name, index] of Object.entries(this.#re2.namedGroups())) groupNames[index] = name;
    this.groupNames = groupNames;
  }

  test(text: string): boolean {
    if (text.length <= this.#smallLengthMax) return this.#re2.test(text);
    return this.#testLong(text, false);
  }

  testFull(text: string): boolean {
    if (text.length <= this.#smallLengthMax) return this.#re2.testExact(text);
    return this.#testLong(text, true);
  }

  find(text: string, from = 0): RegexMatch | undefined {
    if (from > text.length) return undefined;
    if (text.length > this.#smallLengthOfGroupsMax) {
      if (from === 0 && !this.#testLong(text, false)) return undefined;
      return this.#findLong(text, from, new RegexWork(this.#options.stepsMax));
    }
    const matcher = this.#re2.matcher(text);
    return matcher.find(from) ? matchOf(matcher, this.groupNames.length) : undefined;
  }

  findOffsets(text: string, from = 0): ArrayLike<number> | undefined {
    if (from > text.length) return undefined;
    if (text.length > this.#smallLengthOfGroupsMax) {
      if (from === 0 && !this.#testLong(text, false)) return undefined;
      return this.#slotsOfLong(text, from, new RegexWork(this.#options.stepsMax), false);
    }
    const matcher = this.#re2.matcher(text);
    if (!matcher.find(from)) return undefined;
    const offsets: number[] = [];
    for (let group = 0; group < this.groupNames.length; group++)
      offsets.push(matcher.start(group), matcher.end(group));
    return offsets;
  }

  findFull(text: string): RegexMatch | undefined {
    if (text.length > this.#smallLengthOfGroupsMax) {
      return this.#testLong(text, true)
        ? this.#findLong(text, 0, new RegexWork(this.#options.stepsMax), true)
        : undefined;
    }
    const matcher = this.#re2.matcher(text);
    return matcher.matches() ? matchOf(matcher, this.groupNames.length) : undefined;
  }

  *findAll(text: string): Iterable<RegexMatch> {
    const isSmall = text.length <= Math.min(this.#smallLengthOfAllMax, this.#smallLengthOfGroupsMax);
    if (!isSmall && !this.#testLong(text, false)) return;
    const work = new RegexWork(this.#options.stepsMax);
    let previousEnd = -1;
    for (let from = 0; from <= text.length; ) {
      const match = isSmall ? this.find(text, from) : this.#findLong(text, from, work);
      if (match === undefined) return;
      const isEmpty = match.start === match.end;
      if (!isEmpty || match.start !== previousEnd) yield match;
      previousEnd = match.end;
      from = isEmpty ? match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1) : match.end;
    }
  }

  #testLong(text: string, full: boolean): boolean {
    const bytes = Buffer.from(text);
    return compileLinearMatcher(this.pattern, { ...this.#options, full }).test(bytes, 0, bytes.length);
  }

  #findLong(text: string, from: number, work: RegexWork, full = false): RegexMatch | undefined {
    const slots = this.#slotsOfLong(text, from, work, full);
    if (slots === undefined) return undefined;
    work.add(stepsPerGroup * this.groupNames.length);
    const groups = this.groupNames.map((_, group) => {
      const start = slots[2 * group] as number;
      const end = slots[2 * group + 1] as number;
      return start < 0 || end < 0 ? undefined : text.slice(start, end);
    });
    return { start: slots[0] as number, end: slots[1] as number, groups };
  }

  #slotsOfLong(text: string, from: number, work: RegexWork, full: boolean): ArrayLike<number> | undefined {
    this.#program ??= runeProgramOf(this.#re2);
    if (this.groupNames.length > fewGroupsMax && Backtracker.fits(this.#program, text.length - from)) {
      this.#backtracker ??= new Backtracker(this.#program);
      return this.#backtracker.find(text, from, work, full);
    }
    this.#captures ??= new CaptureMachine(this.#program);
    return this.#captures.find(text, from, work, full);
  }
}

function matchOf(matcher: ReturnType<RE2JS['matcher']>, groupCount: number): RegexMatch {
  const groups: (string | undefined)[] = [];
  for (let i = 0; i < groupCount; i++) groups.push(matcher.group(i) ?? undefined);
  return { start: matcher.start(), end: matcher.end(), groups };
}
