// A rule of a running group: what the last evaluation left behind.

import { AlertTemplate, type TemplateEnvironment } from './alert-template.ts';
import {
  type GroupKey,
  isDirective,
  labelsOfRule,
  type Rule,
  type RuleGroup,
  ruleIdentities,
} from './rule-group.ts';
import type { Alerts, RecordedSeries } from './step.ts';

/** As of the last evaluation. */
export interface RuleHealth {
  readonly health: 'unknown' | 'ok' | 'err';
  readonly lastError: string;
  /** When it began, Unix ms; undefined: not yet. */
  readonly lastEvaluationMs: number | undefined;
  readonly evaluationSeconds: number;
}

export const unknownHealth: RuleHealth = {
  health: 'unknown',
  lastError: '',
  lastEvaluationMs: undefined,
  evaluationSeconds: 0,
};

/** What changes with each evaluation. */
export interface RuleState {
  readonly alerts: Alerts;
  readonly series: RecordedSeries;
}

export type Templates = readonly (readonly [name: string, template: AlertTemplate])[];

export interface RuleRecord {
  readonly rule: Rule;
  readonly identity: string;
  readonly labels: Templates;
  readonly annotations: Templates;
  state: RuleState;
  health: RuleHealth;
}

/** Where a group comes from. Those of files cannot be changed through the API. */
export type GroupOrigin = 'api' | 'file';

export interface LoadedGroup {
  readonly key: GroupKey;
  readonly group: RuleGroup;
  readonly origin: GroupOrigin;
}

/** The group's rules; `statesOf` gives what is kept of a rule by its identity. */
export function ruleRecords(
  group: RuleGroup,
  environment: TemplateEnvironment,
  statesOf: (identity: string) => RuleState | undefined,
): readonly RuleRecord[] {
  const identities = ruleIdentities(group);
  return group.rules.map((rule, index) => {
    const identity = identities[index] ?? '';
    const compiled = (texts: readonly (readonly [string, string])[]): Templates =>
      texts.map(([name, text]) => [name, new AlertTemplate(rule.name, text, environment)] as const);
    return {
      rule,
      identity,
      labels: rule.kind === 'alerting' ? compiled(labelsOfRule(group, rule)) : [],
      annotations:
        rule.kind === 'alerting' ? compiled(rule.annotations.filter(([name]) => !isDirective(name))) : [],
      state: statesOf(identity) ?? { alerts: new Map(), series: new Map() },
      health: unknownHealth,
    };
  });
}
