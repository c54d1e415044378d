// Rules about what has fallen silent: `skald_absent_by: host` beside `absent_over_time({host=~".+"}[15m])` makes an alert of
// each host that had lines within the last day and has none in the range. No list of hosts is needed.
import type { Expr, LogQuery, MetricExpr, RangeAggregation } from '../logql/ast.ts';
import { type Labels, labelsFromPairs, labelsKey } from '../model/labels.ts';
import type { Rule, Texts } from './rule-group.ts';
import type { QueriedSample } from './template-functions.ts';

/** How long after its last line a stream is known: then its alert is over. */
export const knownForMs = 24 * 3_600_000;

const directive = 'skald_absent_by';

/** Labels of streams that are told apart; none: the rule is an ordinary one. */
export function absentBy(rule: Rule): readonly string[] {
  return rule.kind === 'alerting' ? namesIn(rule.annotations) : [];
}

const namesIn = (annotations: Texts): readonly string[] => {
  const text = annotations.find(([name]) => name === directive)?.[1];
  return text === undefined ? [] : text.split(',').map((name) => name.trim());
};

/** What is wrong with the annotation; `query` is that of the rule. */
export function absentFault(annotations: Texts, query: Expr): string | undefined {
  const names = namesIn(annotations);
  if (names.length === 0) return undefined;
  const wrong = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (wrong !== undefined) return `invalid annotation ${directive}: ${JSON.stringify(wrong)} is no label`;
  return absentRange(query) === undefined
    ? `invalid annotation ${directive}: the expression must be absent_over_time alone`
    : undefined;
}

const absentRange = (query: Expr): RangeAggregation | undefined =>
  query.kind === 'rangeAggregation' && query.op === 'absent_over_time' ? query : undefined;

export interface AbsentQuestion {
  /** Streams that had lines between these times, Unix ms, are known. */
  readonly selector: LogQuery;
  readonly fromMs: number;
  readonly toMs: number;
  /** Gives a series for each of those that have lines in the range. */
  readonly present: MetricExpr;
}

/** As of `timeMs`. Throws Error for another expression, which {@link absentFault} refuses. */
export function absentQuestion(query: Expr, by: readonly string[], timeMs: number): AbsentQuestion {
  const range = absentRange(query);
  if (range === undefined) throw new Error('the expression must be absent_over_time alone');
  const { log, rangeNs, offsetNs } = range;
  const toMs = timeMs - msOf(offsetNs) - msOf(rangeNs);
  return {
    selector: { ...log, stages: [] },
    fromMs: toMs - knownForMs,
    toMs,
    present: {
      kind: 'vectorAggregation',
      op: 'count',
      grouping: { kind: 'by', labels: by },
      expr: { ...range, op: 'count_over_time' },
    },
  };
}

const msOf = (ns: bigint): number => Number(ns / 1_000_000n);

/** 1 for each that is known and not present. Streams that have none of the labels are nobody. */
export function absentSamples(
  known: readonly Labels[],
  present: readonly Labels[],
  by: readonly string[],
): readonly QueriedSample[] {
  const names = new Set(by);
  const who = (labels: Labels): Labels =>
    labelsFromPairs(labels.filter(([name, value]) => names.has(name) && value !== ''));
  const here = new Set(present.map((labels) => labelsKey(who(labels))));
  const absent = new Map(known.map(who).map((labels) => [labelsKey(labels), labels]));
  return [...absent]
    .filter(([key, labels]) => labels.length > 0 && !here.has(key))
    .map(([, labels]) => ({ labels, value: 1 }));
}
