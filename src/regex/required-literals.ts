// Which texts every match of a pattern must contain: what block filters and substring search can use before any
// regex runs. Conservative: a construct that is not understood gives no literals, never a wrong one.
import { parseSyntax, type SyntaxFlags } from './parse-syntax.ts';
import { runeCases } from './rune-ranges.ts';
import { type RegexNode, type RuneRanges, UnsupportedRegexError } from './syntax-tree.ts';

export interface RequiredLiteral {
  readonly text: string;
  /**
   * Cases of ASCII letters do not matter; the text is lower-case. (The signs U+212A and U+017F, which fold to k and
   * s, are not counted as cases: a search that folds ASCII is exact but for these two.)
   */
  readonly ignoreCase: boolean;
}

export interface RequiredLiterals {
  /** A match contains each of these. */
  readonly all: readonly RequiredLiteral[];
  /** Of each list a match contains at least one. Lists of one are in `all` instead. */
  readonly anyOf: readonly (readonly RequiredLiteral[])[];
  /** The pattern, searched without anchors, is nothing but "contains one of these". An empty text: matches always. */
  readonly only: readonly RequiredLiteral[] | undefined;
}

/** Alternatives followed at one place; more give no literals from it. */
const alternativesMax = 64;
/** Alternatives that a concatenation may multiply to. */
const productMax = 16;
/** Members of a class that count as alternatives: `[Ee]`, but not `\d`. */
const classSizeMax = 4;
/** Longest literal in UTF-16 code units. */
const literalLengthMax = 256;

/** Analyses a valid RE2 pattern that is searched for anywhere in a text. */
export function requiredLiterals(pattern: string, flags: SyntaxFlags = {}): RequiredLiterals {
  let found: Found;
  try {
    found = analyze(stripOuterWildcards(parseSyntax(pattern, flags)));
  } catch (error) {
    if (error instanceof UnsupportedRegexError) return { all: [], anyOf: [], only: undefined };
    throw error;
  }
  const clauses = withExact(found);
  return {
    all: clauses.flatMap((clause) => (clause.length === 1 ? clause.map(toLiteral) : [])),
    anyOf: clauses.filter((clause) => clause.length > 1).map((clause) => clause.map(toLiteral)),
    only: found.exact !== undefined && found.pure ? found.exact.map(toLiteral) : undefined,
  };
}

/** Without leading and trailing `.*`, which mean nothing to a search without anchors. */
function stripOuterWildcards(node: RegexNode): RegexNode {
  if (isWildcard(node)) return { kind: 'empty' };
  if (node.kind !== 'concat') return node;
  let first = 0;
  let end = node.parts.length;
  while (first < end && isWildcard(node.parts[first] as RegexNode)) first++;
  while (end > first && isWildcard(node.parts[end - 1] as RegexNode)) end--;
  return first === 0 && end === node.parts.length
    ? node
    : { kind: 'concat', parts: node.parts.slice(first, end) };
}

const isWildcard = (node: RegexNode): boolean =>
  node.kind === 'repeat' &&
  node.min === 0 &&
  node.max === undefined &&
  node.part.kind === 'class' &&
  node.part.ranges.length >= 2 &&
  coversAllButNewline(node.part.ranges);

function coversAllButNewline(ranges: RuneRanges): boolean {
  const whole = ranges.length === 2 && ranges[0] === 0 && ranges[1] === 0x10ffff;
  const noNewline =
    ranges.length === 4 && ranges[0] === 0 && ranges[1] === 9 && ranges[2] === 11 && ranges[3] === 0x10ffff;
  return whole || noNewline;
}

interface Literal {
  readonly text: string;
  /** Has letters whose case does not matter. */
  readonly folds: boolean;
  /** Has letters whose case matters: cannot be joined with one that folds. */
  readonly strict: boolean;
}
type Clause = readonly Literal[];

interface Found {
  /** All the texts the node matches, when they are few. */
  readonly exact: Clause | undefined;
  /** False when `exact` leaves out an assertion. */
  readonly pure: boolean;
  readonly clauses: readonly Clause[];
}

const emptyLiteral: Literal = { text: '', folds: false, strict: false };
const nothing: Found = { exact: undefined, pure: false, clauses: [] };

const toLiteral = ({ text, folds }: Literal): RequiredLiteral => ({ text, ignoreCase: folds });

/** The clauses, with `exact` as one of them. */
const withExact = ({ exact, clauses }: Found): readonly Clause[] =>
  exact === undefined || !isClause(exact) ? clauses : [...clauses, exact];

const isClause = (literals: Clause): boolean =>
  literals.length > 0 && literals.every((literal) => literal.text !== '');

function analyze(node: RegexNode): Found {
  switch (node.kind) {
    case 'empty':
      return { exact: [emptyLiteral], pure: true, clauses: [] };
    case 'assert':
      return { exact: [emptyLiteral], pure: false, clauses: [] };
    case 'rune': {
      const literal = runeLiteral(node.rune, node.fold);
      return literal === undefined ? nothing : { exact: [literal], pure: true, clauses: [] };
    }
    case 'class':
      return analyzeClass(node.ranges);
    case 'concat':
      return analyzeConcat(node.parts);
    case 'alternate':
      return analyzeAlternate(node.parts);
    case 'repeat':
      return analyzeRepeat(node.part, node.min, node.max);
  }
}

function runeLiteral(rune: number, fold: boolean): Literal | undefined {
  if (rune >= 0xd800 && rune < 0xe000) return undefined; // no text holds it
  const text = String.fromCodePoint(rune);
  if (!fold) return { text, folds: false, strict: runeCases(rune).length > 1 };
  if (!/[a-zA-Z]/.test(text)) return undefined;
  return { text: text.toLowerCase(), folds: true, strict: false };
}

function analyzeClass(ranges: RuneRanges): Found {
  const literals: Literal[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let rune = ranges[i] as number; rune <= (ranges[i + 1] as number); rune++) {
      if (literals.length === classSizeMax) return nothing;
      const literal = runeLiteral(rune, false);
      if (literal === undefined) return nothing;
      literals.push(literal);
    }
  }
  return literals.length === 0 ? nothing : { exact: literals, pure: true, clauses: [] };
}

function analyzeConcat(parts: readonly RegexNode[]): Found {
  const clauses: Clause[] = [];
  let run: Clause = [emptyLiteral];
  let pure = true;
  let whole = true;
  const flush = (): void => {
    if (isClause(run)) clauses.push(run);
    run = [emptyLiteral];
    whole = false;
  };
  for (const part of parts) {
    const found = analyze(part);
    pure &&= found.pure;
    if (found.exact === undefined) {
      flush();
      clauses.push(...found.clauses);
      continue;
    }
    const joined = product(run, found.exact);
    if (joined !== undefined) {
      run = joined;
    } else {
      flush();
      run = found.exact;
    }
  }
  if (whole) return { exact: run, pure, clauses: [] };
  if (isClause(run)) clauses.push(run);
  return { exact: undefined, pure: false, clauses };
}

function product(left: Clause, right: Clause): Clause | undefined {
  if (left.length * right.length > Math.max(productMax, left.length, right.length)) return undefined;
  const out: Literal[] = [];
  for (const a of left) {
    for (const b of right) {
      if ((a.folds && b.strict) || (a.strict && b.folds)) return undefined;
      if (a.text.length + b.text.length > literalLengthMax) return undefined;
      out.push({ text: a.text + b.text, folds: a.folds || b.folds, strict: a.strict || b.strict });
    }
  }
  return out;
}

function analyzeAlternate(parts: readonly RegexNode[]): Found {
  const all = parts.map(analyze);
  const exact: Literal[] = [];
  let isExact = true;
  for (const found of all) {
    if (found.exact === undefined) isExact = false;
    else exact.push(...found.exact);
  }
  if (isExact && exact.length <= alternativesMax) {
    return { exact, pure: all.every((found) => found.pure), clauses: [] };
  }
  const union: Literal[] = [];
  for (const found of all) {
    const best = bestClause(withExact(found));
    if (best === undefined) return nothing;
    union.push(...best);
  }
  return union.length > alternativesMax ? nothing : { exact: undefined, pure: false, clauses: [union] };
}

/** The clause whose shortest text is longest; of equal ones that with fewer texts. */
function bestClause(clauses: readonly Clause[]): Clause | undefined {
  const shortest = (clause: Clause): number => Math.min(...clause.map(({ text }) => text.length));
  let best: Clause | undefined;
  for (const clause of clauses) {
    const gain = best === undefined ? 1 : shortest(clause) - shortest(best);
    if (gain > 0 || (gain === 0 && best !== undefined && clause.length < best.length)) best = clause;
  }
  return best;
}

function analyzeRepeat(part: RegexNode, min: number, max: number | undefined): Found {
  const found = analyze(part);
  if (min === 0) {
    if (max !== 1 || found.exact === undefined || found.exact.length >= productMax) return nothing;
    return { exact: [...found.exact, emptyLiteral], pure: found.pure, clauses: [] };
  }
  if (found.exact === undefined) return { exact: undefined, pure: false, clauses: found.clauses };
  let run: Clause = found.exact;
  for (let times = 1; times < min; times++) {
    const joined = product(run, found.exact);
    if (joined === undefined) return { exact: undefined, pure: false, clauses: isClause(run) ? [run] : [] };
    run = joined;
  }
  if (max === min) return { exact: run, pure: found.pure, clauses: [] };
  return { exact: undefined, pure: false, clauses: isClause(run) ? [run] : [] };
}
