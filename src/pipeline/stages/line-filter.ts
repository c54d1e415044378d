// Line filters `|= != |~ !~ |> !>` on bytes. The store runs them over whole blocks before any stage; a pipeline runs
// those that stand after a stage which changes the line.

import { type PatternPart, parsePattern } from '../../logql/pattern.ts';
import type { LineFilterStage, LineMatch } from '../../logql/stages/line-filter.ts';
import { type Stage, syntaxOf } from '../../logql/stages.ts';
import { type BytesPredicate, compileBytesSearch, indexOfBytes } from '../byte-search.ts';
import { compileIpMatcher } from '../ip-matcher.ts';
import { compileLineRegex, type LineRegex, type SearchLiteral } from '../line-regex.ts';
import type { CompiledStage } from '../stage.ts';

/** One condition of a conjunction. */
export interface LineCondition {
  readonly matches: BytesPredicate;
  /** Each list holds a literal that is in every line that passes. Empty: nothing is known. */
  readonly required: readonly (readonly SearchLiteral[])[];
  /**
   * Set when the verdict is no more than a search: 'occurs' passes lines with one of `literals` in them, 'absent'
   * those with none. A scan may then search the block and need not call `matches`.
   */
  readonly exact:
    | { readonly verdict: 'occurs' | 'absent'; readonly literals: readonly SearchLiteral[] }
    | undefined;
}

export interface LineFilters {
  readonly conditions: readonly LineCondition[];
  /** All conditions together; the likely cheapest first. */
  readonly matches: BytesPredicate;
}

/** Compiles line filters to one predicate on bytes. Throws ParseError for a bad regex, pattern or address. */
export function compileLineFilters(stages: readonly LineFilterStage[]): LineFilters {
  const conditions = stages.map(compileCondition);
  const ordered = [...conditions].sort((a, b) => costOf(a) - costOf(b)).map(({ matches }) => matches);
  const [first, second] = ordered;
  if (first === undefined) return { conditions, matches: () => true };
  if (second === undefined) return { conditions, matches: first };
  return {
    conditions,
    matches: (bytes, start, end) => {
      for (let i = 0; i < ordered.length; i++)
        if (!(ordered[i] as BytesPredicate)(bytes, start, end)) return false;
      return true;
    },
  };
}

function costOf({ exact, required }: LineCondition): number {
  if (exact !== undefined) return exact.verdict === 'occurs' ? 0 : 1;
  return required.length > 0 ? 2 : 3;
}

/** Compiles a line filter that is between other stages. */
export function compileLineFilter(stage: LineFilterStage): CompiledStage {
  const { matches } = compileCondition(stage);
  return {
    labelsRead: [],
    apply: (entry) => {
      entry.ensureBytes();
      return matches(entry.bytes, entry.lineStart, entry.lineEnd);
    },
  };
}

/**
 * Takes out the line filters that see the line as it is stored: all before the first stage that changes the line.
 * What is between (parsers, label filters) only drops entries or adds labels, so running these filters first
 * changes no answer.
 */
export function hoistLineFilters(stages: readonly Stage[]): {
  readonly lineFilters: readonly LineFilterStage[];
  readonly rest: readonly Stage[];
} {
  const lineFilters: LineFilterStage[] = [];
  const rest: Stage[] = [];
  let changed = false;
  for (const stage of stages) {
    if (stage.kind === 'lineFilter' && !changed) lineFilters.push(stage);
    else rest.push(stage);
    changed ||= syntaxOf(stage).changesLine;
  }
  return { lineFilters, rest };
}

function compileCondition({ op, alternatives }: LineFilterStage): LineCondition {
  const positive = op === '|=' || op === '|~' || op === '|>';
  const parts = alternatives.map((alternative) => compileAlternative(op, alternative));
  const [first, second] = parts.map(({ matches }) => matches);
  const all = parts.map(({ matches }) => matches);
  const any: BytesPredicate =
    first !== undefined && second === undefined
      ? first
      : (bytes, start, end) => {
          for (let i = 0; i < all.length; i++) if ((all[i] as BytesPredicate)(bytes, start, end)) return true;
          return false;
        };
  const literals = parts.every(({ exact }) => exact !== undefined)
    ? parts.flatMap(({ exact }) => exact ?? [])
    : [];
  return {
    matches: positive ? any : (bytes, start, end) => !any(bytes, start, end),
    required: positive ? unionOf(parts.map(({ required }) => required)) : [],
    exact: literals.length === 0 ? undefined : { verdict: positive ? 'occurs' : 'absent', literals },
  };
}

type Clauses = readonly (readonly SearchLiteral[])[];

/** What a line needs that fits one of several alternatives: of each its best list, all in one. */
function unionOf(parts: readonly Clauses[]): Clauses {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const union: SearchLiteral[] = [];
  for (const clauses of parts) {
    const best = clauses.reduce<readonly SearchLiteral[]>(
      (a, b) => (shortest(b) > shortest(a) ? b : a),
      clauses[0] ?? [],
    );
    if (best.length === 0) return [];
    union.push(...best);
  }
  return [union];
}

const shortest = (clause: readonly SearchLiteral[]): number =>
  Math.min(...clause.map(({ bytes }) => bytes.length));

interface Alternative {
  readonly matches: BytesPredicate;
  readonly required: Clauses;
  /** Set when `matches` is just the search for these. */
  readonly exact: readonly SearchLiteral[] | undefined;
}

const always: Alternative = { matches: () => true, required: [], exact: undefined };

function compileAlternative(op: LineFilterStage['op'], { text, ip }: LineMatch): Alternative {
  if (ip) return address(text);
  switch (op) {
    case '|=':
    case '!=':
      return literal(text);
    case '|~':
    case '!~':
      return regex(compileLineRegex(text));
    case '|>':
    case '!>':
      return pattern(parsePattern(text));
  }
}

function literal(text: string): Alternative {
  if (text === '') return always;
  const bytes = Buffer.from(text);
  const found: SearchLiteral = { bytes, ignoreCase: false };
  return { matches: compileBytesSearch(bytes), required: [[found]], exact: [found] };
}

function address(text: string): Alternative {
  const matches = compileIpMatcher(text);
  return {
    // An address holds nothing but ASCII, so bytes beyond it may be read as any characters.
    matches: (bytes, start, end) => matches(bytes.toString('latin1', start, end)),
    required: [],
    exact: undefined,
  };
}

function regex(compiled: LineRegex): Alternative {
  const { matches, required, exact } = compiled;
  if (compiled.always) return always;
  if (exact !== undefined) return { matches: searchAny(exact), required: [exact], exact };
  // One search beforehand is worth its time when the literal is long enough to be rare.
  const best = required.reduce<readonly SearchLiteral[]>((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), []);
  if (scoreOf(best) < 3) return { matches, required, exact };
  const mayMatch = searchAny(best);
  return {
    matches: (bytes, start, end) => mayMatch(bytes, start, end) && matches(bytes, start, end),
    required,
    exact,
  };
}

const scoreOf = (clause: readonly SearchLiteral[]): number =>
  clause.length === 0 || clause.length > 3 ? 0 : shortest(clause);

function searchAny(literals: readonly SearchLiteral[]): BytesPredicate {
  const searches = literals.map(({ bytes, ignoreCase }) => compileBytesSearch(bytes, ignoreCase));
  const [only] = searches;
  if (only !== undefined && searches.length === 1) return only;
  return (bytes, start, end) => {
    for (let i = 0; i < searches.length; i++) {
      if ((searches[i] as BytesPredicate)(bytes, start, end)) return true;
    }
    return false;
  };
}

/**
 * A pattern as a filter: literals in order, the first anywhere in the line, each capture between them at least one byte
 * long, the line used up at the end. An empty line fits an empty pattern only.
 */
function pattern(parts: readonly PatternPart[]): Alternative {
  const literals = parts.map((part) => (part.kind === 'literal' ? Buffer.from(part.text) : undefined));
  const endsOpen = parts.at(-1)?.kind === 'capture';
  const matches: BytesPredicate = (bytes, start, end) => {
    if (start === end || literals.length === 0) return start === end && literals.length === 0;
    let at = start;
    for (let i = 0; i < literals.length; i++) {
      const text = literals[i];
      if (text === undefined) continue;
      const found = indexOfBytes(bytes, text, at, end);
      if (found < 0 || (i > 0 && found === at)) return false;
      at = found + text.length;
    }
    return endsOpen ? at !== end : at === end;
  };
  const required = literals.flatMap((bytes) => (bytes === undefined ? [] : [[{ bytes, ignoreCase: false }]]));
  return { matches, required, exact: undefined };
}
