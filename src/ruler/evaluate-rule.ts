// One rule at one time: ask, expand templates, step.
import type { Labels } from '../model/labels.ts';
import { absentBy } from './absent-by.ts';
import type { LinesRequest } from './alert-lines.ts';
import { withLines } from './lines-of-firing.ts';
import { labelsOfRule, type RuleGroup } from './rule-group.ts';
import type { RuleRecord, RuleState, Templates } from './rule-record.ts';
import {
  type AlertSample,
  type Notice,
  type RecordedSample,
  RuleStepError,
  stepAlerts,
  stepRecording,
  type Transition,
} from './step.ts';
import type { QueriedSample } from './template-functions.ts';

/** What rules ask. */
export interface RuleQueries {
  /** An instant metric query. Rejects with the text for the rule's reader. */
  instant(request: RuleQuery, signal: AbortSignal): Promise<RuleAnswer>;
  /** The newest lines of a log query, as `data.result` of its answer in JSON. Rejects as `instant` does. */
  lines(request: LinesRequest, signal: AbortSignal): Promise<Uint8Array>;
}
/** What the rules of a group ask together. */
export interface GroupQueries extends RuleQueries {
  /** Answers in the order of the questions: as those of single queries, with what is common to them read once. */
  instants(request: GroupQuery, signal: AbortSignal): Promise<readonly RuleOutcome[]>;
}
export interface GroupQuery extends Omit<RuleQuery, 'expr' | 'absentBy'> {
  readonly questions: readonly Pick<RuleQuery, 'expr' | 'absentBy'>[];
  /** The same is asked again so much later. */
  readonly intervalMs: number;
}
/** `seconds`: how long the query took. */
export type RuleOutcome = { readonly seconds: number } & (
  | { readonly answer: RuleAnswer }
  | { readonly error: string }
);

export interface RuleAnswer {
  readonly samples: readonly QueriedSample[];
  readonly cost: QueryCost;
}
/** What a query had to read. */
export interface QueryCost {
  readonly linesRead: number;
  readonly bytesRead: number;
}
export interface RuleQuery {
  readonly tenant: string;
  readonly expr: string;
  /** With labels here the answer is what has fallen silent: see absent-by.ts. */
  readonly absentBy: readonly string[];
  /** Unix ms. */
  readonly timeMs: number;
  readonly timeoutMs: number;
}

export interface RuleEvaluation {
  readonly state: RuleState;
  readonly transitions: readonly Transition[];
  readonly notices: readonly Notice[];
  readonly samples: readonly RecordedSample[];
  /** Series that the query gave. */
  readonly seriesCount: number;
  readonly cost: QueryCost;
  /** Of templates; the alert is told of all the same. */
  readonly templateErrors: readonly string[];
}

export interface EvaluationSettings {
  readonly tenant: string;
  /** Of the slot. */
  readonly timeMs: number;
  /** The query is asked as of so long before. */
  readonly queryOffsetMs: number;
  readonly timeoutMs: number;
  readonly resendDelayMs: number;
  /** Patterns of what is not to be seen in an alert's lines. */
  readonly redact: readonly string[];
}

/** Rejects when the rule cannot be evaluated: its state stays. */
export async function evaluateRule(
  group: RuleGroup,
  record: RuleRecord,
  queries: RuleQueries,
  settings: EvaluationSettings,
  signal: AbortSignal,
): Promise<RuleEvaluation> {
  const { rule, state } = record;
  if (rule.query.kind === 'logQuery') throw new RuleStepError('rule result is not a vector or scalar');
  const { tenant, timeMs, queryOffsetMs, timeoutMs, resendDelayMs } = settings;
  const request = {
    tenant,
    expr: rule.expr,
    absentBy: absentBy(rule),
    timeMs: timeMs - queryOffsetMs,
    timeoutMs,
  };
  const { samples, cost } = await queries.instant(request, signal);
  const nothing = {
    transitions: [],
    notices: [],
    samples: [],
    templateErrors: [],
    seriesCount: samples.length,
    cost,
  };
  if (rule.kind === 'recording') {
    const given = { samples, ruleLabels: labelsOfRule(group, rule) };
    const step = stepRecording(rule, state.series, given, timeMs, { limit: group.limit });
    return { ...nothing, state: { ...state, series: step.series }, samples: step.samples };
  }
  const { expanded, errors } = await expand(record, samples, timeMs);
  const step = stepAlerts(rule, state.alerts, expanded, timeMs, { limit: group.limit, resendDelayMs });
  const {
    alerts,
    transitions,
    notices,
    errors: unread,
  } = await withLines({ rule, step, samples: expanded }, queries, settings, signal);
  const templateErrors = [...errors, ...unread];
  return { ...nothing, state: { ...state, alerts }, transitions, notices, templateErrors };
}

async function expand(
  { labels, annotations }: RuleRecord,
  samples: readonly QueriedSample[],
  timeMs: number,
): Promise<{ readonly expanded: readonly AlertSample[]; readonly errors: readonly string[] }> {
  const errors: string[] = [];
  const texts = async (templates: Templates, sample: QueriedSample) => {
    const pairs: (readonly [string, string])[] = [];
    for (const [name, template] of templates) {
      const { text, error } = await template.expand({ labels: sample.labels, value: sample.value, timeMs });
      if (error !== undefined && errors.length === 0) errors.push(error);
      pairs.push([name, text]);
    }
    return pairs;
  };
  const expanded: AlertSample[] = [];
  for (const sample of samples)
    expanded.push({
      labels: withoutName(sample.labels),
      value: sample.value,
      ruleLabels: await texts(labels, sample),
      annotations: await texts(annotations, sample),
    });
  return { expanded, errors };
}

const withoutName = (labels: Labels): Labels => labels.filter(([name]) => name !== '__name__');
