// What is right as a rule and yet hardly meant so.
import type { Expr, MetricExpr, RangeAggregation } from '../logql/ast.ts';
import { rangesOf } from '../logql/walk.ts';
import { type Rule, type RuleGroup, ruleIdentities } from './rule-group.ts';

export interface Finding {
  readonly rule: string;
  readonly message: string;
}

/** Findings in the order of the rules. `intervalMs`: of groups that name none. */
export function lintGroup(group: RuleGroup, intervalMs: number): readonly Finding[] {
  const everyMs = group.intervalMs || intervalMs;
  const identities = ruleIdentities(group);
  return group.rules.flatMap((rule, index) => {
    const isTwice = identities[index]?.includes('#') === true;
    const messages = [
      ...(isTwice ? ['another rule of the group has the same name and labels'] : []),
      ...lintRule(rule, everyMs),
    ];
    return messages.map((message) => ({ rule: rule.name, message }));
  });
}

function lintRule(rule: Rule, everyMs: number): readonly string[] {
  const { query } = rule;
  if (query.kind === 'logQuery')
    return ['a log query cannot be evaluated: count its lines with count_over_time(… [5m])'];
  const ranges = rangesOf(query).map(({ range }) => range);
  return [
    ...(rule.kind === 'alerting' ? lintCondition(query, ranges) : []),
    ...(rule.kind === 'alerting' && rule.labels.some(([, text]) => namesValue.test(text))
      ? ['$value in a label makes another alert of each value: put it into an annotation']
      : []),
    ...ranges.flatMap((range) => lintRange(range, everyMs)),
    ...(isUnbounded(query)
      ? ['every field of the lines becomes a label: aggregate, as in sum by (app) (…)']
      : []),
  ];
}

const namesValue = /\$value\b|\.Value\b/;

function lintCondition(query: MetricExpr, ranges: readonly RangeAggregation[]): readonly string[] {
  if (ranges.length === 0) return ['reads no logs: it is always true, or never'];
  if (query.kind === 'binary' && query.returnBool)
    return ['bool gives 0 or 1, and both are alerts: it is always true'];
  if (!hasCondition(query)) return ['compares with nothing: it is true as long as there are any lines'];
  return [];
}

/** Something that can take a series away. */
function hasCondition(query: Expr): boolean {
  switch (query.kind) {
    case 'binary':
      return comparing.has(query.op) || hasCondition(query.left) || hasCondition(query.right);
    case 'vectorAggregation':
    case 'labelReplace':
      return hasCondition(query.expr);
    case 'rangeAggregation':
      return query.op === 'absent_over_time';
    case 'logQuery':
    case 'vector':
    case 'literal':
      return false;
  }
}

const comparing: ReadonlySet<string> = new Set(['==', '!=', '>', '>=', '<', '<=', 'and', 'unless']);

function lintRange({ log, rangeNs }: RangeAggregation, everyMs: number): readonly string[] {
  const isSeen = Number(rangeNs / 1_000_000n) >= everyMs;
  const names = log.matchers.some(({ op }) => op === '=');
  return [
    ...(isSeen
      ? []
      : [`looks at less than the ${everyMs / 1000} s between two evaluations: some lines are never seen`]),
    ...(names
      ? []
      : ['selects streams by no fixed label: it may match the own log of the gateway, which has its text']),
  ];
}

/** A parser's fields reach the result. */
function isUnbounded(query: Expr): boolean {
  switch (query.kind) {
    case 'rangeAggregation':
      return query.grouping === undefined && query.log.stages.some(({ kind }) => parsing.has(kind));
    case 'binary':
      return isUnbounded(query.left) || isUnbounded(query.right);
    case 'labelReplace':
      return isUnbounded(query.expr);
    case 'vectorAggregation':
      return query.grouping?.kind === 'without' && isUnbounded(query.expr);
    case 'logQuery':
    case 'vector':
    case 'literal':
      return false;
  }
}

const parsing: ReadonlySet<string> = new Set(['json', 'logfmt', 'pattern', 'regexp', 'unpack']);
