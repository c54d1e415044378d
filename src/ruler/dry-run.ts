// A group evaluated once, as of now, without being kept: what it would give, what that costs, and what is hardly meant.
import { labelsToRecord } from '../model/labels.ts';
import type { TemplateEnvironment } from './alert-template.ts';
import { type EvaluationSettings, evaluateRule, type RuleQueries } from './evaluate-rule.ts';
import { shownAnnotations } from './lines-of-firing.ts';
import { lintGroup } from './lint-group.ts';
import type { RuleGroup } from './rule-group.ts';
import { type RuleRecord, ruleRecords } from './rule-record.ts';

export interface DryRunRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  /** Why it cannot be evaluated; '' when it can. */
  readonly error: string;
  /** Series that it gives, the first of them shown. */
  readonly series: number;
  readonly shown: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    /** As text: it may be NaN. */
    readonly value: string;
  }[];
  readonly evaluationTime: number;
  readonly linesRead: number;
  readonly bytesRead: number;
  readonly findings: readonly string[];
}

const seriesShownMax = 20;
/** Of all rules together. */
const timeMsMax = 30_000;

export async function dryRun(
  group: RuleGroup,
  environment: TemplateEnvironment,
  queries: RuleQueries,
  settings: EvaluationSettings,
  intervalMs: number,
): Promise<readonly DryRunRule[]> {
  const deadline = AbortSignal.timeout(timeMsMax);
  const findings = lintGroup(group, intervalMs);
  const rules: DryRunRule[] = [];
  for (const record of ruleRecords(group, environment, () => undefined)) {
    const { name } = record.rule;
    const own = findings.filter(({ rule }) => rule === name).map(({ message }) => message);
    rules.push({ ...(await evaluated(group, record, queries, settings, deadline)), findings: own });
  }
  return rules;
}

async function evaluated(
  group: RuleGroup,
  record: RuleRecord,
  queries: RuleQueries,
  settings: EvaluationSettings,
  signal: AbortSignal,
): Promise<Omit<DryRunRule, 'findings'>> {
  const { name, kind: type } = record.rule;
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const nothing = { name, type, series: 0, shown: [], linesRead: 0, bytesRead: 0 };
  if (signal.aborted) return { ...nothing, error: `not within ${timeMsMax} ms`, evaluationTime: 0 };
  try {
    const { state, samples, cost } = await evaluateRule(group, record, queries, settings, signal);
    const alerts = [...state.alerts.values()].map((alert) => ({
      ...alert,
      annotations: shownAnnotations(alert, () => ''),
    }));
    const all =
      type === 'alerting'
        ? alerts
        : samples.map(({ labels, value = Number.NaN }) => ({ labels, value, annotations: [] }));
    return {
      ...nothing,
      ...cost,
      error: '',
      series: all.length,
      shown: all.slice(0, seriesShownMax).map(({ labels, annotations, value }) => ({
        labels: labelsToRecord(labels),
        annotations: labelsToRecord(annotations),
        value: String(value),
      })),
      evaluationTime: seconds(),
    };
  } catch (error) {
    return { ...nothing, error: (error as Error).message, evaluationTime: seconds() };
  }
}
