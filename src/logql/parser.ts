// LogQL → syntax tree. A recursive-descent parser, split by grammar area:
//
//   lexer.ts               text → tokens
//   token-stream.ts        one token of lookahead, syntax errors, bounds on nesting
//   parse-matchers.ts      selectors                 parse-label-filter.ts   label filters
//   parse-stages.ts        stages, each of which is a file of stages/ and an entry of stages.ts
//   parse-metric.ts        aggregations, operators   parse-range.ts          what is inside `…_over_time( )`
//   build.ts               rules on a node's parts, constant folding
//   check.ts               rules on the finished tree: selectors that match everything, bad regexes, patterns, …
//
// Error texts follow Loki's generated parser: `expecting …` names at most four tokens, in the order of its grammar.
import type { Expr, LogQuery, Matcher, MetricExpr } from './ast.ts';
import { checkExpr, checkMatchers } from './check.ts';
import { meaningError, ParseError } from './parse-error.ts';
import { parseOperators } from './parse-metric.ts';
import { TokenStream } from './token-stream.ts';

/** Longest query, in bytes of UTF-8; Loki's bound. */
export const queryBytesMax = 131_072;

/** Parses and checks any LogQL query. Throws ParseError; templates are not looked into. */
export function parseExpr(text: string): Expr {
  const expr = parseUnchecked(text);
  checkExpr(expr);
  return expr;
}

/** Parses a log query; a metric query is a ParseError `only log selector is supported`. */
export function parseLogQuery(text: string): LogQuery {
  const expr = parseExpr(text);
  if (expr.kind !== 'logQuery') throw new ParseError('only log selector is supported');
  return expr;
}

/** Parses a metric query; a log query is a ParseError. */
export function parseMetricExpr(text: string): MetricExpr {
  const expr = parseExpr(text);
  if (expr.kind === 'logQuery') throw new ParseError('only metric queries are supported');
  return expr;
}

/**
 * Parses the matchers of `{…}`; anything more is a ParseError `only label matchers are supported`. With
 * `allowEmptyMatch`, selectors that match every stream (`{}`, `{a=~".*"}`) pass: label and series endpoints take them.
 */
export function parseSelector(text: string, options?: { allowEmptyMatch?: boolean }): readonly Matcher[] {
  const expr = parseUnchecked(text);
  if (expr.kind !== 'logQuery' || expr.stages.length > 0) {
    throw new ParseError('only label matchers are supported');
  }
  checkMatchers(expr.matchers, options?.allowEmptyMatch ?? false);
  return expr.matchers;
}

function parseUnchecked(text: string): Expr {
  const bytes = Buffer.byteLength(text);
  if (bytes > queryBytesMax) {
    throw meaningError(`input size too long (${bytes} > ${queryBytesMax})`);
  }
  const stream = new TokenStream(text);
  const expr = parseOperators(stream);
  stream.expectEnd();
  return expr;
}
