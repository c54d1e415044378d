// RE2 pattern → tree. Only for patterns that re2js has accepted: bad ones are not told apart here.
import { foldRanges, negateRanges, normalizeRanges, runeCases, runeMax } from './rune-ranges.ts';
import { type RegexNode, type RuneRanges, UnsupportedRegexError } from './syntax-tree.ts';

/** Groups inside one another. */
const nestingMax = 1_000;
/** Repetitions of one atom one upon the other, which RE2 takes only with something between them: `a*(?i)*`. */
const repeatsMax = 100;

export interface SyntaxFlags {
  readonly dotAll?: boolean;
  readonly ignoreCase?: boolean;
  /** What the tree does not know of Unicode's classes: they are refused, or nodes that say nothing of their members. */
  readonly unicodeClasses?: 'refused' | 'empty';
}

/** Parses a valid RE2 pattern. Throws UnsupportedRegexError for constructs the tree does not know. */
export function parseSyntax(pattern: string, flags: SyntaxFlags = {}): RegexNode {
  const parser: Parser = {
    pattern,
    at: 0,
    depth: 0,
    unicodeClasses: flags.unicodeClasses ?? 'refused',
    flags: { fold: flags.ignoreCase ?? false, dotAll: flags.dotAll ?? false, multiLine: false },
  };
  const node = parseAlternation(parser);
  if (parser.at < pattern.length) throw new UnsupportedRegexError('text after the end');
  return node;
}

interface Flags {
  readonly fold: boolean;
  readonly dotAll: boolean;
  readonly multiLine: boolean;
}
interface Parser {
  readonly pattern: string;
  at: number;
  depth: number;
  readonly unicodeClasses: 'refused' | 'empty';
  flags: Flags;
}

function parseAlternation(parser: Parser): RegexNode {
  const parts = [parseConcat(parser)];
  while (parser.pattern[parser.at] === '|') {
    parser.at++;
    parts.push(parseConcat(parser));
  }
  return parts.length === 1 ? (parts[0] as RegexNode) : { kind: 'alternate', parts };
}

function parseConcat(parser: Parser): RegexNode {
  const parts: RegexNode[] = [];
  for (;;) {
    const char = parser.pattern[parser.at];
    if (char === undefined || char === '|' || char === ')') break;
    if (parser.pattern.startsWith('\\Q', parser.at)) {
      for (const node of parseQuoted(parser)) parts.push(node);
    } else {
      const atom = parseAtom(parser);
      if (atom !== undefined) parts.push(atom);
    }
    // A repetition concerns the last atom, also across flags and quotes: `a(?i)*`, `a\Q\E*`, `\Qab\E*`.
    const last = parts.pop();
    if (last !== undefined) parts.push(parseRepeats(parser, last));
  }
  return parts.length === 1 ? (parts[0] as RegexNode) : { kind: 'concat', parts };
}

function parseQuoted(parser: Parser): RegexNode[] {
  const start = parser.at + 2;
  const end = parser.pattern.indexOf('\\E', start);
  const text = parser.pattern.slice(start, end < 0 ? undefined : end);
  parser.at = end < 0 ? parser.pattern.length : end + 2;
  return [...text].map((char) => runeNode(parser, char.codePointAt(0) as number));
}

function parseRepeats(parser: Parser, atom: RegexNode): RegexNode {
  let node = atom;
  let repeats = 0;
  for (let inner = atom; inner.kind === 'repeat' && repeats <= repeatsMax; inner = inner.part) repeats++;
  for (;;) {
    const { pattern, at } = parser;
    const char = pattern[at];
    let min: number;
    let max: number | undefined;
    let length = 1;
    if (char === '*') [min, max] = [0, undefined];
    else if (char === '+') [min, max] = [1, undefined];
    else if (char === '?') [min, max] = [0, 1];
    else if (char === '{') {
      counted.lastIndex = at;
      const found = counted.exec(pattern);
      if (found === null) return node;
      min = Number(found[1]);
      max = found[2] === undefined ? min : found[3] === '' ? undefined : Number(found[3]);
      length = found[0].length;
    } else {
      return node;
    }
    parser.at += length;
    // Greedy or not is no matter of whether there is a match.
    if (pattern[parser.at] === '?') parser.at++;
    if (++repeats > repeatsMax) throw new UnsupportedRegexError('repetitions too deep');
    node = { kind: 'repeat', part: node, min, max };
  }
}

const counted = /\{(\d+)(,(\d*))?\}/y;

const dot: RuneRanges = [0, runeMax];
const dotNoNewline: RuneRanges = [0, 9, 11, runeMax];

/** One atom, or undefined for a group of flags alone. */
function parseAtom(parser: Parser): RegexNode | undefined {
  const { pattern, flags } = parser;
  const rune = pattern.codePointAt(parser.at) as number;
  const char = String.fromCodePoint(rune);
  switch (char) {
    case '(':
      return parseGroup(parser);
    case '[':
      return { kind: 'class', ranges: parseClass(parser) };
    case '\\':
      return parseEscape(parser);
    case '.':
      parser.at++;
      return { kind: 'class', ranges: flags.dotAll ? dot : dotNoNewline };
    case '^':
      parser.at++;
      return { kind: 'assert', assert: flags.multiLine ? 'beginLine' : 'beginText' };
    case '$':
      parser.at++;
      return { kind: 'assert', assert: flags.multiLine ? 'endLine' : 'endText' };
    default:
      parser.at += char.length;
      return runeNode(parser, rune);
  }
}

function runeNode(parser: Parser, rune: number): RegexNode {
  return { kind: 'rune', rune, fold: parser.flags.fold && runeCases(rune).length > 1 };
}

function parseGroup(parser: Parser): RegexNode | undefined {
  const outer = parser.flags;
  if (++parser.depth > nestingMax) throw new UnsupportedRegexError('groups too deep');
  parser.at++;
  if (parser.pattern[parser.at] === '?') {
    groupName.lastIndex = parser.at;
    const named = groupName.exec(parser.pattern);
    if (named !== null) {
      parser.at += named[0].length;
    } else {
      groupFlags.lastIndex = parser.at;
      const found = groupFlags.exec(parser.pattern);
      if (found === null) throw new UnsupportedRegexError('unknown group');
      parser.at += found[0].length;
      parser.flags = applyFlags(outer, found[1] as string, found[2] ?? '');
      if (found[3] === ')') {
        parser.depth--;
        return undefined; // the flags hold to the end of the enclosing group
      }
    }
  }
  const node = parseAlternation(parser);
  if (parser.pattern[parser.at] !== ')') throw new UnsupportedRegexError('group without an end');
  parser.at++;
  parser.depth--;
  parser.flags = outer;
  return node;
}

const groupName = /\?P?<[^>]*>/y;
const groupFlags = /\?([imsU]*)(?:-([imsU]*))?([:)])/y;

function applyFlags(flags: Flags, on: string, off: string): Flags {
  const value = (letter: string, before: boolean): boolean =>
    off.includes(letter) ? false : on.includes(letter) ? true : before;
  return {
    fold: value('i', flags.fold),
    dotAll: value('s', flags.dotAll),
    multiLine: value('m', flags.multiLine),
  };
}

function parseEscape(parser: Parser): RegexNode {
  const letter = parser.pattern[parser.at + 1];
  switch (letter) {
    case 'A':
      parser.at += 2;
      return { kind: 'assert', assert: 'beginText' };
    case 'z':
      parser.at += 2;
      return { kind: 'assert', assert: 'endText' };
    case 'b':
      parser.at += 2;
      return { kind: 'assert', assert: 'wordBoundary' };
    case 'B':
      parser.at += 2;
      return { kind: 'assert', assert: 'noWordBoundary' };
    default: {
      const ranges = parseClassEscape(parser);
      if (ranges !== undefined) return { kind: 'class', ranges };
      return runeNode(parser, parseRuneEscape(parser));
    }
  }
}

const perlClasses: Readonly<Record<string, RuneRanges>> = {
  d: [0x30, 0x39],
  s: [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20],
  w: [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a],
};

/** `\d` and its kin; undefined when the escape is of one character. */
function parseClassEscape(parser: Parser): RuneRanges | undefined {
  const letter = parser.pattern[parser.at + 1] ?? '';
  if (letter === 'p' || letter === 'P') return unicodeClass(parser);
  const ranges = perlClasses[letter.toLowerCase()];
  if (ranges === undefined) return undefined;
  parser.at += 2;
  // Case folding widens \w to the Kelvin sign and the long s.
  const folded = parser.flags.fold ? foldRanges(ranges) : ranges;
  return letter === letter.toLowerCase() ? folded : negateRanges(folded);
}

const unicodeEscape = /\\[pP](?:\{[^}]*\}|.)/suy;

function unicodeClass(parser: Parser): RuneRanges {
  unicodeEscape.lastIndex = parser.at;
  const found = unicodeEscape.exec(parser.pattern);
  if (found === null || parser.unicodeClasses === 'refused')
    throw new UnsupportedRegexError('Unicode classes');
  parser.at += found[0].length;
  return [];
}

const runeEscape = /\\(?:x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|([0-7]{1,3})|([afnrtv])|([^a-zA-Z0-9]))/suy;
const controlRunes: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

function parseRuneEscape(parser: Parser): number {
  runeEscape.lastIndex = parser.at;
  const found = runeEscape.exec(parser.pattern);
  if (found === null) throw new UnsupportedRegexError('unknown escape');
  parser.at += found[0].length;
  const [, braced, hex, octal, control, literal] = found;
  if (braced !== undefined) return Number.parseInt(braced, 16);
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  if (control !== undefined) return controlRunes[control] as number;
  return (literal as string).codePointAt(0) as number;
}

const asciiClasses: Readonly<Record<string, RuneRanges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: [0x30, 0x39],
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};
const asciiClass = /\[:(\^?)([a-z]+):\]/y;

function parseClass(parser: Parser): RuneRanges {
  const { pattern } = parser;
  parser.at++;
  const negated = pattern[parser.at] === '^';
  if (negated) parser.at++;
  const pairs: number[] = [];
  /** Those of which the other cases are still to be added, all at once: each time takes a look at every case there is. */
  const unfolded: number[] = [];
  for (let first = true; first || pattern[parser.at] !== ']'; first = false) {
    if (parser.at >= pattern.length) throw new UnsupportedRegexError('class without an end');
    asciiClass.lastIndex = parser.at;
    const posix = asciiClass.exec(pattern);
    if (posix !== null) {
      const ranges = asciiClasses[posix[2] as string];
      if (ranges === undefined) throw new UnsupportedRegexError('unknown class');
      parser.at += posix[0].length;
      const folded = parser.flags.fold ? foldRanges(ranges) : ranges;
      pairs.push(...(posix[1] === '^' ? negateRanges(folded) : folded));
      continue;
    }
    const perl = pattern[parser.at] === '\\' ? parseClassEscape(parser) : undefined;
    if (perl !== undefined) {
      pairs.push(...perl);
      continue;
    }
    const lo = parseClassRune(parser);
    let hi = lo;
    if (pattern[parser.at] === '-' && pattern[parser.at + 1] !== ']' && parser.at + 1 < pattern.length) {
      parser.at++;
      hi = parseClassRune(parser);
    }
    (parser.flags.fold ? unfolded : pairs).push(lo, hi);
  }
  parser.at++;
  for (const rune of unfolded.length === 0 ? [] : foldRanges(normalizeRanges(unfolded))) pairs.push(rune);
  const ranges = normalizeRanges(pairs);
  return negated ? negateRanges(ranges) : ranges;
}

function parseClassRune(parser: Parser): number {
  if (parser.pattern[parser.at] === '\\') return parseRuneEscape(parser);
  const rune = parser.pattern.codePointAt(parser.at) as number;
  parser.at += rune > 0xffff ? 2 : 1;
  return rune;
}
