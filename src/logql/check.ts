// Rules on the finished tree: every matcher and regex compiles, selectors select, no stage has a fault.
import { RegexError } from '../regex/re2.ts';
import { compileRegex } from '../regex/regex.ts';
import type { Expr, LogQuery, Matcher, MetricExpr } from './ast.ts';
import { compileMatcher } from './matchers.ts';
import { meaningError } from './parse-error.ts';
import { type Stage, syntaxOf } from './stages.ts';

/** Throws ParseError when the tree breaks a rule. */
export function checkExpr(expr: Expr): void {
  switch (expr.kind) {
    case 'logQuery':
      checkLogQuery(expr);
      return;
    case 'rangeAggregation':
      checkLogQuery(expr.log);
      for (const filter of expr.unwrap?.postFilters ?? []) checkStage({ kind: 'labelFilter', filter });
      return;
    default:
      checkMetric(expr);
  }
}

/** Matchers must compile, and one must refuse the empty value, or every stream would be read. */
export function checkMatchers(matchers: readonly Matcher[], allowEmptyMatch = false): void {
  let selective = false;
  for (const matcher of matchers) {
    const test = compiling(() => compileMatcher(matcher));
    if (!test('')) selective = true;
  }
  if (!selective && !allowEmptyMatch) throw meaningError(emptyMatch);
}

const emptyMatch =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

function checkMetric(expr: Exclude<MetricExpr, { kind: 'rangeAggregation' }>): void {
  switch (expr.kind) {
    case 'vectorAggregation':
      checkExpr(expr.expr);
      return;
    case 'binary':
      checkExpr(expr.left);
      checkExpr(expr.right);
      return;
    case 'labelReplace':
      compiling(
        () => compileRegex(`^(?:${expr.regex})$`),
        (text) => `invalid regex in label_replace: ${text}`,
      );
      checkExpr(expr.expr);
      return;
    case 'literal':
    case 'vector':
      return;
  }
}

function checkLogQuery(query: LogQuery): void {
  checkMatchers(query.matchers);
  for (const stage of query.stages) checkStage(stage);
}

function checkStage(stage: Stage): void {
  const fault = syntaxOf(stage).fault(stage);
  if (fault !== undefined) throw meaningError(fault);
}

function compiling<T>(compile: () => T, wording: (text: string) => string = (text) => text): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof RegexError) throw meaningError(wording(error.message));
    throw error;
  }
}
