// Rules on the finished tree: every matcher and regex compiles, selectors select, stages have sound parameters.
import { RegexError } from '../regex/re2.ts';
import { compileRegex } from '../regex/regex.ts';
import type { Expr, LabelFilter, LogQuery, Matcher, MetricExpr, Stage } from './ast.ts';
import { logfmtKeyError, parseJsonPath } from './extraction-path.ts';
import { parseIpPattern } from './ip-pattern.ts';
import { compileMatcher } from './matchers.ts';
import { patternFilterError, patternStageError } from './pattern.ts';
import { printStage } from './print-stage.ts';
import { meaningError } from './token-stream.ts';

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
  switch (stage.kind) {
    case 'regexp':
      failOn(regexpStageError(stage.pattern), (text) => `invalid regexp parser: ${text}`);
      return;
    case 'pattern':
      failOn(patternStageError(stage.pattern), (text) => `invalid pattern parser: ${text}`);
      return;
    default:
      failOn(stageError(stage), (text) => `stage '${printStage(stage)}' : ${text}`);
  }
}

function failOn(text: string | undefined, wording: (text: string) => string): void {
  if (text !== undefined) throw meaningError(wording(text));
}

function stageError(stage: Stage): string | undefined {
  switch (stage.kind) {
    case 'lineFilter':
      return firstOf(stage.alternatives, ({ text, ip }) => {
        if (ip) return stage.op === '|=' || stage.op === '!=' ? ipError(text) : 'ip: invalid operation';
        if (stage.op === '|~' || stage.op === '!~') return regexError(text);
        return stage.op === '|>' || stage.op === '!>' ? patternFilterError(text) : undefined;
      });
    case 'labelFilter':
      return filterError(stage.filter);
    case 'json':
      return firstOf(stage.expressions, ({ path }) => {
        const steps = parseJsonPath(path);
        return typeof steps === 'string' ? `cannot parse expression [${path}]: ${steps}` : undefined;
      });
    case 'logfmt':
      return firstOf(stage.expressions, ({ path }) => {
        const wrong = logfmtKeyError(path);
        return wrong === undefined ? undefined : `cannot parse expression [${path}]: ${wrong}`;
      });
    case 'labelFormat': {
      const names = new Set<string>();
      return firstOf(stage.assignments, ({ name }) => {
        if (name === '__error__') return '__error__ cannot be formatted';
        if (names.has(name)) return `multiple label name '${name}' not allowed in a single format operation`;
        names.add(name);
        return undefined;
      });
    }
    case 'drop':
    case 'keep':
      return firstOf(stage.labels, ({ matcher }) => matcher && matcherError(matcher));
    default:
      return undefined;
  }
}

function firstOf<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const wrong = check(item);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function filterError(filter: LabelFilter): string | undefined {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filterError(filter.left) ?? filterError(filter.right);
    case 'string':
      return matcherError(filter.matcher);
    case 'ip':
      return ipError(filter.pattern);
    default:
      return undefined;
  }
}

const ipError = (pattern: string): string | undefined =>
  parseIpPattern(pattern) === undefined ? `ip: invalid pattern: "${pattern}"` : undefined;

function matcherError(matcher: Matcher): string | undefined {
  return errorOf(() => compileMatcher(matcher));
}

const regexError = (pattern: string): string | undefined => errorOf(() => compileRegex(pattern));

function regexpStageError(pattern: string): string | undefined {
  const compiled = errorOf(() => compileRegex(pattern));
  const twice = /^error parsing regexp: duplicate capture group name: `(.*)`$/s.exec(compiled ?? '');
  if (twice !== null) return `duplicate extracted label name '${twice[1]}'`;
  if (compiled !== undefined) return compiled;
  const names = compileRegex(pattern).groupNames.filter((name) => name !== '');
  return names.length === 0 ? 'at least one named capture must be supplied' : undefined;
}

function errorOf(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (error instanceof RegexError) return error.message;
    throw error;
  }
}

function compiling<T>(compile: () => T, wording: (text: string) => string = (text) => text): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof RegexError) throw meaningError(wording(error.message));
    throw error;
  }
}
