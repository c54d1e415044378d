// What the evaluation of a group changes, in the store and for its receivers.
import type {
  NewPost,
  NewRuleEvent,
  RuleGroupAddress,
  RuleGroupChange,
  StoredAlert,
  StoredSeries,
} from '../store/rule-store.ts';
import { alertPosts, keptSamples, type PostContext, samplePosts, seriesText } from './alert-posts.ts';
import type { RuleEvaluation } from './evaluate-rule.ts';
import { alertSeries } from './remote-write.ts';
import { ruleEvent } from './rule-history.ts';
import type { RuleRecord } from './rule-record.ts';
import type { Alert, RecordedSample } from './step.ts';

export interface EvaluatedRule {
  /** With its state before. */
  readonly record: RuleRecord;
  readonly evaluation: RuleEvaluation;
}

export function groupChange(
  address: RuleGroupAddress,
  slotMs: number,
  done: readonly EvaluatedRule[],
  context: PostContext,
): RuleGroupChange {
  const alertsPut: StoredAlert[] = [];
  const alertsRemoved: Pick<StoredAlert, 'rule' | 'alert'>[] = [];
  const seriesPut: StoredSeries[] = [];
  const seriesRemoved: StoredSeries[] = [];
  const events: NewRuleEvent[] = [];
  const posts: NewPost[] = [];
  const sent: RecordedSample[] = [];
  const recorded: RecordedSample[] = [];
  const { remoteWrites, keepSeriesMs } = context.settings;
  const isSent = remoteWrites.length > 0;
  for (const { record, evaluation } of done) {
    const { identity: rule } = record;
    const before = record.state.alerts;
    const after = evaluation.state.alerts;
    for (const [alert, state] of after)
      if (isChanged(before.get(alert), state)) alertsPut.push({ rule, alert, state: JSON.stringify(state) });
    for (const alert of before.keys()) if (!after.has(alert)) alertsRemoved.push({ rule, alert });
    for (const transition of evaluation.transitions)
      events.push(
        ruleEvent(record.rule.name, slotMs, transition, {
          seconds: record.health.evaluationSeconds,
          ...evaluation.cost,
        }),
      );
    posts.push(...alertPosts(record.rule.query, evaluation.notices, context));
    if (isSent) sent.push(...evaluation.samples, ...alertSeries(before, after, slotMs));
    else if (keepSeriesMs === 0) continue;
    recorded.push(...evaluation.samples);
    const { series: given } = evaluation.state;
    const { series: was } = record.state;
    for (const [key, labels] of given)
      if (!was.has(key)) seriesPut.push({ rule, series: seriesText(labels) });
    for (const [key, labels] of was)
      if (!given.has(key)) seriesRemoved.push({ rule, series: seriesText(labels) });
  }
  posts.push(...samplePosts(sent, context));
  const samples = keptSamples(recorded, context);
  return { address, slotMs, alertsPut, alertsRemoved, seriesPut, seriesRemoved, samples, events, posts };
}

/** Value and annotations alone are not worth a write: the next evaluation gives them anew. */
function isChanged(was: Alert | undefined, now: Alert): boolean {
  if (was === undefined) return true;
  return (
    was.state !== now.state ||
    was.activeAtMs !== now.activeAtMs ||
    was.firedAtMs !== now.firedAtMs ||
    was.keptSinceMs !== now.keptSinceMs ||
    was.resolvedAtMs !== now.resolvedAtMs ||
    was.toldAtMs !== now.toldAtMs
  );
}

/** The alert as it was kept. */
export function alertOfText(text: string): Alert {
  const alert = JSON.parse(text) as Omit<Alert, 'value'> & { readonly value: number | null };
  // JSON has neither NaN nor infinities.
  return { ...alert, value: alert.value ?? Number.NaN };
}
