// The history of alerts: what each became, when, and why.
import { type Labels, labelsToRecord } from '../model/labels.ts';
import type { NewRuleEvent, RuleEventQuery, StoredRuleEvent } from '../store/rule-store.ts';
import type { QueryCost } from './evaluate-rule.ts';
import { ViewParameterError, type ViewParameters } from './rules-view.ts';
import type { Transition } from './step.ts';

/** Transitions of all tenants that are kept; the oldest go first. */
export const eventsMax = 100_000;

interface EventBody {
  readonly to: Transition['to'];
  readonly labels: Labels;
  /** Null: NaN, or an infinity. */
  readonly value: number | null;
  readonly activeAtMs: number;
  /** Of the evaluation; undefined: the rule itself has ended. */
  readonly evaluation?: { readonly seconds: number } & QueryCost;
}

/** As the store keeps it. */
export function ruleEvent(
  rule: string,
  timeMs: number,
  { alert, to }: Transition,
  evaluation?: EventBody['evaluation'],
): NewRuleEvent {
  const { labels, value, activeAtMs } = alert;
  const body: EventBody = { to, labels, value, activeAtMs, ...(evaluation && { evaluation }) };
  return { timeMs, rule, event: JSON.stringify(body) };
}

const limits = { default: 100, max: 5000 } as const;

/** `namespace`, `group`, `rule`, `start` and `end` (Unix ms or RFC 3339), `before` (an id), `limit`. Throws {@link ViewParameterError}. */
export function historyQuery(tenant: string, parameters: ViewParameters): RuleEventQuery {
  const text = (name: string): string | undefined => parameters.get(name)?.[0] || undefined;
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(parsed))
      throw new ViewParameterError(`invalid ${name} ${JSON.stringify(value)}`);
    return parsed;
  };
  const time = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined || /^\d+$/.test(value)) return number(name);
    const ms = Date.parse(value);
    if (!Number.isFinite(ms)) throw new ViewParameterError(`invalid ${name} ${JSON.stringify(value)}`);
    return ms;
  };
  return {
    tenant,
    namespace: text('namespace'),
    group: text('group'),
    rule: text('rule'),
    fromMs: time('start') ?? 0,
    toMs: time('end') ?? Number.MAX_SAFE_INTEGER,
    beforeId: number('before'),
    limit: Math.min(limits.max, number('limit') || limits.default),
  };
}

/** Newest first; `next`, where there may be more, is the `before` of the next question. */
export function historyView(events: readonly StoredRuleEvent[], limit: number): object {
  const last = events.at(-1);
  return {
    transitions: events.map(transitionView),
    ...(events.length === limit && last !== undefined && { next: String(last.id) }),
  };
}

function transitionView({ id, namespace, group, rule, timeMs, event }: StoredRuleEvent): object {
  const { to, labels, value, activeAtMs, evaluation } = JSON.parse(event) as EventBody;
  return {
    id: String(id),
    time: new Date(timeMs).toISOString(),
    namespace,
    group,
    rule,
    to,
    labels: labelsToRecord(labels),
    value: String(value ?? Number.NaN),
    activeAt: new Date(activeAtMs).toISOString(),
    ...(evaluation && {
      evaluationTime: evaluation.seconds,
      linesRead: evaluation.linesRead,
      bytesRead: evaluation.bytesRead,
    }),
  };
}
