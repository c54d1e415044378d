// What the store has of rules that are not running yet: their alerts, and the series that they gave last.
import { type Labels, labelsKey } from '../model/labels.ts';
import type { StoredRules } from '../store/rule-store.ts';
import { seriesOfText } from './alert-posts.ts';
import { alertOfText } from './group-change.ts';
import { groupKeyText } from './rule-group.ts';
import type { RuleState } from './rule-record.ts';
import type { Alert } from './step.ts';

/** By group, then by the rule's identity. */
export type KeptStates = Map<string, ReadonlyMap<string, RuleState>>;

export function keptStates({ alerts, series }: Pick<StoredRules, 'alerts' | 'series'>): KeptStates {
  const groups = new Map<string, Map<string, { alerts: Map<string, Alert>; series: Map<string, Labels> }>>();
  const stateOf = (group: string, rule: string) => {
    const rules =
      groups.get(group) ?? new Map<string, { alerts: Map<string, Alert>; series: Map<string, Labels> }>();
    groups.set(group, rules);
    const state = rules.get(rule) ?? { alerts: new Map(), series: new Map() };
    rules.set(rule, state);
    return state;
  };
  for (const { rule, alert, state, ...key } of alerts)
    stateOf(groupKeyText(key), rule).alerts.set(alert, alertOfText(state));
  for (const { rule, series: text, ...key } of series) {
    const labels = seriesOfText(text);
    stateOf(groupKeyText(key), rule).series.set(labelsKey(labels), labels);
  }
  return groups;
}
