// Regexes of label filters as Loki reads them. Most must match the whole value, and `.` is no newline in them. Those
// that are nothing but texts, alternatives of texts, and texts with `.*` around them it takes for comparisons, and these
// say other things than the regex does:
//
//   `err`             the value is "err"
//   `err.*`, `.*err`  the value contains "err", wherever
//   `err(or|ata)`     the value contains "error" or "errata"; so for `error|errata`, whose beginnings are alike
//   `.+`              the value is not empty
//   `.*`, ``          any value, and none
//   `err|`            the value is "err": beside another alternative, what allows all is left out
import { parseSyntax } from '../regex/parse-syntax.ts';
import { compileRegex } from '../regex/regex.ts';
import { runeCases } from '../regex/rune-ranges.ts';
import { type RegexNode, type RuneRanges, UnsupportedRegexError } from '../regex/syntax-tree.ts';

/** Compiles the regex of `| label=~"…"` to a test on the label's value, '' when it is missing. Throws RegexError. */
export function compileLabelRegex(pattern: string): (value: string) => boolean {
  const regex = compileRegex(pattern);
  const comparison = comparisonOf(pattern);
  if (comparison === undefined) return (value) => regex.testFull(value);
  const tests = comparison.map(compileTest);
  return tests.length === 0 ? () => true : (value) => tests.some((test) => test(value));
}

interface Text {
  readonly text: string;
  readonly ignoreCase: boolean;
}
type Test =
  | { readonly kind: 'isNotEmpty' }
  | { readonly kind: 'equals' | 'contains'; readonly literal: Text };
/** One of the tests must hold; none: any value will do. */
type Comparison = readonly Test[];

/** A regex in the pieces that matter here. */
type Piece =
  | { readonly kind: 'literal'; readonly literal: Text }
  /** `.*` and `.+`. */
  | { readonly kind: 'anything' | 'something' }
  | { readonly kind: 'alternate'; readonly alternatives: readonly Sequence[] }
  | { readonly kind: 'other'; readonly isOneRune: boolean };
type Sequence = readonly Piece[];

function comparisonOf(pattern: string): Comparison | undefined {
  try {
    return compare(sequenceOf(parseSyntax(pattern)));
  } catch (error) {
    if (error instanceof UnsupportedRegexError) return undefined;
    throw error;
  }
}

function compileTest(test: Test): (value: string) => boolean {
  if (test.kind === 'isNotEmpty') return (value) => value !== '';
  const { text, ignoreCase } = test.literal;
  if (ignoreCase) {
    const regex = compileRegex(quoted(text), { ignoreCase });
    return test.kind === 'equals' ? (value) => regex.testFull(value) : (value) => regex.test(value);
  }
  return test.kind === 'equals' ? (value) => value === text : (value) => value.includes(text);
}

const quoted = (text: string): string =>
  Array.from(text, (char) => `\\x{${(char.codePointAt(0) as number).toString(16)}}`).join('');

// ---- comparisons -------------------------------------------------------------------

function compare(pieces: Sequence): Comparison | undefined {
  const [only] = pieces;
  if (only === undefined) return [];
  if (pieces.length > 1) return compareConcat(pieces, undefined);
  switch (only.kind) {
    case 'literal':
      return [{ kind: 'equals', literal: only.literal }];
    case 'anything':
      return [];
    case 'something':
      return [{ kind: 'isNotEmpty' }];
    case 'alternate':
      return anyOf(only.alternatives.map(compare));
    case 'other':
      return undefined;
  }
}

function anyOf(comparisons: readonly (Comparison | undefined)[]): Comparison | undefined {
  const tests: Test[] = [];
  for (const comparison of comparisons) {
    if (comparison === undefined) return undefined;
    tests.push(...comparison);
  }
  return tests;
}

/** A text, alternatives that go on from it, and `.*`, in any order; `before` is what was read to the left. */
function compareConcat(pieces: Sequence, before: Text | undefined): Comparison | undefined {
  let literal = before;
  let alternatives: Comparison | undefined;
  let isOwn = false;
  for (const piece of pieces) {
    if (piece.kind === 'anything') {
      if (before !== undefined && !isOwn) return undefined;
    } else if (piece.kind === 'literal') {
      const joined: Text | undefined = literal === undefined ? piece.literal : join(literal, piece.literal);
      if (isOwn || joined === undefined) return undefined;
      literal = joined;
      isOwn = true;
    } else if (piece.kind === 'alternate' && literal !== undefined) {
      const base = literal;
      const more = anyOf(piece.alternatives.map((alternative) => compareAfter(alternative, base)));
      if (more === undefined) return undefined;
      alternatives = [...(alternatives ?? []), ...more];
    } else return undefined;
  }
  return alternatives ?? (literal === undefined ? undefined : [{ kind: 'contains', literal }]);
}

function compareAfter(alternative: Sequence, base: Text): Comparison | undefined {
  const [only] = alternative;
  if (only === undefined || (alternative.length === 1 && only.kind === 'anything')) {
    return [{ kind: 'contains', literal: base }];
  }
  return compareConcat(alternative, base);
}

function join(a: Text, b: Text): Text | undefined {
  return a.ignoreCase === b.ignoreCase ? { ...a, text: a.text + b.text } : undefined;
}

// ---- pieces ------------------------------------------------------------------------

function sequenceOf(node: RegexNode): Sequence {
  switch (node.kind) {
    case 'empty':
      return [];
    case 'rune':
      return [literalPiece(node.rune, node.fold)];
    case 'class':
      return [classPiece(node.ranges)];
    case 'concat':
      return joinLiterals(node.parts.flatMap(sequenceOf));
    case 'alternate':
      return factored(node.parts.map(sequenceOf));
    case 'repeat':
      if (isDot(node.part) && node.max === undefined && node.min <= 1) {
        return [{ kind: node.min === 0 ? 'anything' : 'something' }];
      }
      return [{ kind: 'other', isOneRune: false }];
    case 'assert':
      return [{ kind: 'other', isOneRune: false }];
  }
}

const literalPiece = (rune: number, ignoreCase: boolean): Piece => ({
  kind: 'literal',
  literal: { text: String.fromCodePoint(rune), ignoreCase },
});

/** A class of one letter is that letter. */
function classPiece(ranges: RuneRanges): Piece {
  const [first, last, second, secondLast] = ranges;
  if (first !== undefined && first === last && (second === undefined || second === secondLast)) {
    if (ranges.length === 2) return literalPiece(first, false);
    const cases = runeCases(first);
    if (ranges.length === 4 && cases.length === 2 && cases.includes(second as number)) {
      return literalPiece(first, true);
    }
  }
  return { kind: 'other', isOneRune: true };
}

/** `.` without the flag `s`. */
const isDot = (node: RegexNode): boolean =>
  node.kind === 'class' &&
  node.ranges.length === 4 &&
  [0, 9, 11, 0x10ffff].every((bound, i) => node.ranges[i] === bound);

function joinLiterals(pieces: Sequence): Sequence {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const literal =
      last?.kind === 'literal' && piece.kind === 'literal'
        ? joinFolding(last.literal, piece.literal)
        : undefined;
    if (literal === undefined) joined.push(piece);
    else joined[joined.length - 1] = { kind: 'literal', literal };
  }
  return joined;
}

/** Characters without cases go with both kinds of text. */
function joinFolding(a: Text, b: Text): Text | undefined {
  const text = a.text + b.text;
  if (a.ignoreCase === b.ignoreCase) return { text, ignoreCase: a.ignoreCase };
  const strict = a.ignoreCase ? b : a;
  return hasCases(strict.text) ? undefined : { text, ignoreCase: true };
}

const hasCases = (text: string): boolean =>
  Array.from(text).some((char) => runeCases(char.codePointAt(0) as number).length > 1);

/**
 * Alternatives as Go's parser leaves them, which is what Loki looks at: neighbours that begin with the same text share
 * it (`error|err` is `err(?:or|)`), neighbours of one character each are a class.
 */
function factored(alternatives: readonly Sequence[]): Sequence {
  const out: Sequence[] = [];
  for (let at = 0; at < alternatives.length; ) {
    const { shared, count } = sharedBeginning(alternatives, at);
    const group = alternatives.slice(at, at + count);
    at += count;
    if (count === 1) out.push(...group);
    else out.push(joinLiterals([shared, ...factored(group.map((one) => withoutBeginning(one, shared)))]));
  }
  const kept = joinOneRunes(out).filter(
    (one, i, all) => one.length > 0 || i === 0 || all[i - 1]?.length !== 0,
  );
  const [only] = kept;
  return only !== undefined && kept.length === 1 ? only : [{ kind: 'alternate', alternatives: kept }];
}

type LiteralPiece = Extract<Piece, { kind: 'literal' }>;

/** The longest text that as many alternatives as possible, from `from` on, begin with. */
function sharedBeginning(
  alternatives: readonly Sequence[],
  from: number,
): { readonly shared: LiteralPiece; readonly count: number } {
  const none: LiteralPiece = { kind: 'literal', literal: { text: '', ignoreCase: false } };
  let shared = alternatives[from]?.[0];
  if (shared?.kind !== 'literal') return { shared: none, count: 1 };
  let count = 1;
  for (; from + count < alternatives.length; count++) {
    const next = alternatives[from + count]?.[0];
    if (next?.kind !== 'literal' || next.literal.ignoreCase !== shared.literal.ignoreCase) break;
    const text = commonPrefix(shared.literal.text, next.literal.text);
    if (text === '') break;
    shared = { kind: 'literal', literal: { ...shared.literal, text } };
  }
  return { shared, count };
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  // Not half of a character.
  const last = length === 0 ? 0 : a.charCodeAt(length - 1);
  return a.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

function withoutBeginning(pieces: Sequence, { literal }: LiteralPiece): Sequence {
  const [first, ...rest] = pieces;
  if (first?.kind !== 'literal') return pieces;
  const text = first.literal.text.slice(literal.text.length);
  return text === '' ? rest : [{ kind: 'literal', literal: { ...first.literal, text } }, ...rest];
}

const oneRuneClass: Sequence = [{ kind: 'other', isOneRune: true }];

function joinOneRunes(alternatives: readonly Sequence[]): readonly Sequence[] {
  const out: Sequence[] = [];
  for (const one of alternatives) {
    const last = out.at(-1);
    if (last !== undefined && isOneRune(last) && isOneRune(one)) out[out.length - 1] = oneRuneClass;
    else out.push(one);
  }
  return out;
}

function isOneRune(pieces: Sequence): boolean {
  const [only] = pieces;
  if (only === undefined || pieces.length > 1) return false;
  if (only.kind === 'literal') {
    const { text } = only.literal;
    return text.length === ((text.codePointAt(0) as number) > 0xffff ? 2 : 1);
  }
  return only.kind === 'other' && only.isOneRune;
}
