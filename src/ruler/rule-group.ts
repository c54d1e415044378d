// Rule groups as files and the API give them: Prometheus' model with LogQL.
import type { Expr } from '../logql/ast.ts';

/** Where a group is: its namespace is a file's name, or what the API's path says. */
export interface GroupKey {
  readonly tenant: string;
  readonly namespace: string;
  readonly group: string;
}

/** For maps; none of the parts can hold NUL. */
export const groupKeyText = ({ tenant, namespace, group }: GroupKey): string =>
  [tenant, namespace, group].join('\0');

/** Names and values, or templates, as written; sorted by name. */
export type Texts = readonly (readonly [name: string, text: string])[];

export interface AlertingRule {
  readonly kind: 'alerting';
  readonly name: string;
  /** As written, without newlines at its end. */
  readonly expr: string;
  readonly query: Expr;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
  /** How long an alert goes on firing when the condition is gone. */
  readonly keepFiringForMs: number;
  /** Templates. */
  readonly labels: Texts;
  /** Templates. */
  readonly annotations: Texts;
}

export interface RecordingRule {
  readonly kind: 'recording';
  readonly name: string;
  readonly expr: string;
  readonly query: Expr;
  readonly labels: Texts;
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  readonly name: string;
  /** 0: the ruler's own. */
  readonly intervalMs: number;
  /** Series or alerts that one rule may give; 0: no bound of the group's own. */
  readonly limit: number;
  /** Evaluations look at the logs as they were so long before; undefined: the ruler's own. */
  readonly queryOffsetMs: number | undefined;
  /** True: slots are whole multiples of the interval. */
  readonly aligned: boolean;
  /** For every rule that has no label of the name. */
  readonly labels: Texts;
  readonly rules: readonly Rule[];
}

/** Annotations that tell the ruler something, and nobody else; rule files have no room for keys of our own. */
export const isDirective = (annotation: string): boolean => annotation.startsWith('skald_');

/** Receivers that an alert's rule names by `skald_notify`; undefined: it names none. */
export function namedReceivers({ annotations }: AlertingRule): readonly string[] | undefined {
  const text = annotations.find(([name]) => name === 'skald_notify')?.[1];
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The labels of a rule, those of its group included. */
export function labelsOfRule(group: RuleGroup, rule: Rule): Texts {
  if (group.labels.length === 0) return rule.labels;
  return [...new Map([...group.labels, ...rule.labels])].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * What stays the same of a rule when the rest of it is edited: its kind, name and labels. Alerts belong to it. Equal
 * rules of a group are told apart by their order.
 */
export function ruleIdentities(group: RuleGroup): readonly string[] {
  const seen = new Map<string, number>();
  return group.rules.map((rule) => {
    const identity = JSON.stringify([rule.kind, rule.name, labelsOfRule(group, rule)]);
    const before = seen.get(identity) ?? 0;
    seen.set(identity, before + 1);
    return before === 0 ? identity : `${identity}#${before}`;
  });
}

/** The rule's name; its identity itself where another version wrote that. */
export function nameOfIdentity(identity: string): string {
  const text = /^\["(?:alerting|recording)",("(?:[^"\\]|\\.)*"),/.exec(identity)?.[1];
  return text === undefined ? identity : (JSON.parse(text) as string);
}
