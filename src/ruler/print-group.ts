// Rule groups as YAML, in the form that rulers keep: fixed order of keys, nothing that has no value. Grafana refuses the
// whole list for one key that it does not know, so there is none of our own.
import { stringify } from 'yaml';
import { formatPrometheusDuration } from '../go/prometheus-duration.ts';
import { nsPerMs } from '../model/time.ts';
import type { Rule, RuleGroup, Texts } from './rule-group.ts';

const indent = 4;

/** One group. */
export const printGroup = (group: RuleGroup): string => yamlOf(plainGroup(group));

/** Namespaces and their groups. */
export const printNamespaces = (namespaces: ReadonlyMap<string, readonly RuleGroup[]>): string =>
  yamlOf(new Map([...namespaces].map(([name, groups]) => [name, groups.map(plainGroup)])));

const yamlOf = (value: unknown): string =>
  stringify(value, { indent, lineWidth: 0, aliasDuplicateObjects: false });

const duration = (ms: number): string => formatPrometheusDuration(BigInt(ms) * nsPerMs);

function plainGroup(group: RuleGroup): object {
  const { name, intervalMs, limit, queryOffsetMs, aligned, labels, rules } = group;
  return {
    name,
    ...(intervalMs !== 0 && { interval: duration(intervalMs) }),
    ...(queryOffsetMs !== undefined && { query_offset: duration(queryOffsetMs) }),
    ...(limit !== 0 && { limit }),
    ...(aligned && { align_evaluation_time_on_interval: true }),
    ...texts('labels', labels),
    rules: rules.map(plainRule),
  };
}

function plainRule(rule: Rule): object {
  if (rule.kind === 'recording')
    return { record: rule.name, expr: rule.expr, ...texts('labels', rule.labels) };
  const { name, expr, forMs, keepFiringForMs, labels, annotations } = rule;
  return {
    alert: name,
    expr,
    ...(forMs !== 0 && { for: duration(forMs) }),
    ...(keepFiringForMs !== 0 && { keep_firing_for: duration(keepFiringForMs) }),
    ...texts('labels', labels),
    ...texts('annotations', annotations),
  };
}

/** A map has names that an object would order as numbers. */
const texts = (key: string, pairs: Texts): object => (pairs.length === 0 ? {} : { [key]: new Map(pairs) });
