// One evaluation of one rule: from what was and what the query gave to what is. No clock, no I/O: the same for live
// evaluation, for slots caught up with, and for tests of rules.
import { type LabelPair, type Labels, labelsFromPairs, labelsKey } from '../model/labels.ts';
import type { AlertLines } from './alert-lines.ts';
import type { AlertingRule, RecordingRule, Texts } from './rule-group.ts';

/** One series of the query's answer. Labels and annotations of alerts are expanded already. */
export interface RuleSample {
  /** The series' own. */
  readonly labels: Labels;
  readonly value: number;
}
export interface AlertSample extends RuleSample {
  readonly ruleLabels: Texts;
  readonly annotations: Texts;
}

/** Times in Unix ms. */
export interface Alert {
  readonly state: 'pending' | 'firing' | 'resolved';
  /** Who it is: series, rule, `alertname`. */
  readonly labels: Labels;
  readonly annotations: Texts;
  readonly value: number;
  /** The condition holds since. */
  readonly activeAtMs: number;
  /** Of a firing or resolved one. */
  readonly firedAtMs?: number;
  /** Fires on although the condition is gone since. */
  readonly keptSinceMs?: number;
  readonly resolvedAtMs?: number;
  /** When its receivers were last told of it. */
  readonly toldAtMs?: number;
  /** What it was about when it began to fire, where its rule asks for that. */
  readonly lines?: AlertLines;
}

/** By {@link labelsKey}. */
export type Alerts = ReadonlyMap<string, Alert>;

export interface Transition {
  readonly alert: Alert;
  /** `inactive`: it was pending and is no longer. */
  readonly to: 'pending' | 'firing' | 'resolved' | 'inactive';
}

export interface AlertStep {
  readonly alerts: Alerts;
  readonly transitions: readonly Transition[];
  readonly notices: readonly Notice[];
}

/** Receivers are to be told of the alert now: its `toldAtMs` is that of this evaluation. */
export interface Notice {
  readonly alert: Alert;
  /** They were told of this state before. */
  readonly isReminder: boolean;
}

export interface StepSettings {
  /** Series or alerts; 0: no bound but {@link alertsPerRuleMax}. */
  readonly limit: number;
  readonly resendDelayMs: number;
}

/** The evaluation failed; what was stays. */
export class RuleStepError extends Error {
  override readonly name = 'RuleStepError';
}

/** Of one rule at one time: more are a rule that says nothing. */
export const alertsPerRuleMax = 10_000;
/** How long receivers are reminded that an alert is resolved. */
const resolvedKeptMs = 15 * 60_000;

/** Throws {@link RuleStepError}. */
export function stepAlerts(
  rule: Pick<AlertingRule, 'name' | 'forMs' | 'keepFiringForMs'>,
  before: Alerts,
  samples: readonly AlertSample[],
  timeMs: number,
  settings: StepSettings,
): AlertStep {
  const given = samplesByKey(rule, samples);
  const bound = settings.limit > 0 ? Math.min(settings.limit, alertsPerRuleMax) : alertsPerRuleMax;
  if (given.size > bound) throw new RuleStepError(`exceeded limit of ${bound} with ${given.size} alerts`);
  const alerts = new Map<string, Alert>();
  const transitions: Transition[] = [];
  const keep = (key: string, alert: Alert | undefined, was: Alert | undefined): void => {
    if (alert !== undefined) alerts.set(key, alert);
    const transition = transitionOf(was, alert);
    if (transition !== undefined) transitions.push(transition);
  };
  for (const [key, { labels, sample }] of given) {
    const was = before.get(key);
    keep(key, active(rule, was, { labels, sample, timeMs }), was);
  }
  for (const [key, was] of before) if (!given.has(key)) keep(key, gone(rule, was, timeMs), was);
  const notices: Notice[] = [];
  for (const [key, alert] of alerts) {
    const due = noticeDue(alert, timeMs, settings.resendDelayMs);
    if (due === undefined) continue;
    const told = { ...alert, toldAtMs: timeMs };
    alerts.set(key, told);
    notices.push({ alert: told, isReminder: due === 'reminder' });
  }
  return { alerts, transitions, notices };
}

/** A resolved alert was inactive already; that it is forgotten is no transition. */
function transitionOf(was: Alert | undefined, alert: Alert | undefined): Transition | undefined {
  const told = alert ?? was;
  const before = was === undefined || was.state === 'resolved' ? 'inactive' : was.state;
  const to = alert?.state ?? 'inactive';
  if (told === undefined || to === before || (before === 'inactive' && to === 'resolved')) return undefined;
  return { alert: told, to };
}

interface Given {
  readonly labels: Labels;
  readonly sample: AlertSample;
}

function samplesByKey(rule: Pick<AlertingRule, 'name'>, samples: readonly AlertSample[]): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const sample of samples) {
    const labels = mergedLabels(sample.labels, [...sample.ruleLabels, ['alertname', rule.name]]);
    const key = labelsKey(labels);
    if (given.has(key))
      throw new RuleStepError('vector contains metrics with the same labelset after applying alert labels');
    given.set(key, { labels, sample });
  }
  return given;
}

/** The alert's key of a series: {@link labelsKey} of its labels. */
export const alertKey = (rule: Pick<AlertingRule, 'name'>, sample: AlertSample): string =>
  labelsKey(mergedLabels(sample.labels, [...sample.ruleLabels, ['alertname', rule.name]]));

/** The rule's labels win; an empty value takes a label away. */
const mergedLabels = (series: Labels, rule: readonly LabelPair[]): Labels =>
  labelsFromPairs([...series.filter(([name]) => name !== '__name__'), ...rule]);

/** The condition holds. */
function active(
  rule: Pick<AlertingRule, 'forMs'>,
  was: Alert | undefined,
  { labels, sample, timeMs }: Given & { readonly timeMs: number },
): Alert {
  const { annotations, value } = sample;
  const now = { labels, annotations, value };
  if (was?.state === 'firing') {
    const { keptSinceMs: _, ...rest } = was;
    return { ...rest, ...now };
  }
  // After the clock was set back nothing has begun in the future.
  const activeAtMs = was?.state === 'pending' ? Math.min(was.activeAtMs, timeMs) : timeMs;
  const base = { ...now, activeAtMs };
  return timeMs - activeAtMs >= rule.forMs
    ? { ...base, state: 'firing', firedAtMs: timeMs }
    : { ...base, state: 'pending' };
}

/** The condition does not hold. Undefined: nothing is left to be told. */
function gone(rule: Pick<AlertingRule, 'keepFiringForMs'>, was: Alert, timeMs: number): Alert | undefined {
  switch (was.state) {
    case 'pending':
      return undefined;
    case 'firing': {
      const keptSinceMs = Math.min(was.keptSinceMs ?? timeMs, timeMs);
      if (rule.keepFiringForMs > 0 && timeMs - keptSinceMs < rule.keepFiringForMs)
        return { ...was, keptSinceMs };
      return resolved(was, timeMs);
    }
    case 'resolved':
      return timeMs - (was.resolvedAtMs ?? timeMs) > resolvedKeptMs ? undefined : was;
  }
}

/** The alert ends now, also when its rule is taken away. */
export function resolved(alert: Alert, timeMs: number): Alert {
  const { keptSinceMs: _, ...rest } = alert;
  return { ...rest, state: 'resolved', resolvedAtMs: timeMs };
}

function noticeDue(alert: Alert, timeMs: number, resendDelayMs: number): 'news' | 'reminder' | undefined {
  if (alert.state === 'pending') return undefined;
  const { toldAtMs, resolvedAtMs } = alert;
  if (toldAtMs === undefined || (resolvedAtMs !== undefined && resolvedAtMs > toldAtMs)) return 'news';
  // After the clock was set back, too.
  return toldAtMs + resendDelayMs < timeMs || toldAtMs > timeMs ? 'reminder' : undefined;
}

/** A recorded series' value; without one the series has ended (a stale marker). */
export interface RecordedSample {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number | undefined;
}

/** By {@link labelsKey}: the series that the last evaluation gave. */
export type RecordedSeries = ReadonlyMap<string, Labels>;

export interface RecordStep {
  readonly series: RecordedSeries;
  readonly samples: readonly RecordedSample[];
}

/** Throws {@link RuleStepError}. */
export function stepRecording(
  rule: Pick<RecordingRule, 'name'>,
  before: RecordedSeries,
  given: { readonly samples: readonly RuleSample[]; readonly ruleLabels: Texts },
  timeMs: number,
  { limit }: Pick<StepSettings, 'limit'>,
): RecordStep {
  const series = new Map<string, Labels>();
  const samples: RecordedSample[] = [];
  for (const { labels: own, value } of given.samples) {
    const labels = mergedLabels(own, [...given.ruleLabels, ['__name__', rule.name]]);
    const key = labelsKey(labels);
    if (series.has(key))
      throw new RuleStepError('vector contains metrics with the same labelset after applying rule labels');
    series.set(key, labels);
    samples.push({ labels, timeMs, value });
  }
  if (limit > 0 && series.size > limit)
    throw new RuleStepError(`exceeded limit of ${limit} with ${series.size} series`);
  for (const [key, labels] of before)
    if (!series.has(key)) samples.push({ labels, timeMs, value: undefined });
  return { series, samples };
}
