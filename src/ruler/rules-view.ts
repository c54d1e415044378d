// Rules and alerts as Prometheus' API shows them: /prometheus/api/v1/rules and /alerts.

import { formatFloatE } from '../go/float-verbs.ts';
import { compileMatchers, matchesLabels } from '../logql/matchers.ts';
import { parseSelector } from '../logql/parser.ts';
import { printExpr } from '../logql/print.ts';
import { type Labels, labelsFromPairs, labelsKey, labelsToRecord } from '../model/labels.ts';
import type { GroupRunner } from './group-runner.ts';
import { shownAnnotations } from './lines-of-firing.ts';
import { success } from './prometheus-answer.ts';
import type { RuleRecord } from './rule-record.ts';
import type { Alert } from './step.ts';

/** Parameters of a request by name, as often as they are given. */
export type ViewParameters = ReadonlyMap<string, readonly string[]>;

/** A parameter that cannot be understood. */
export class ViewParameterError extends Error {
  override readonly name = 'ViewParameterError';
}

/** The body. Throws {@link ViewParameterError}, ParseError. */
export function rulesView(groups: readonly GroupRunner[], parameters: ViewParameters): string {
  const keeps = ruleFilter(parameters);
  const all = (name: string): readonly string[] => [
    ...(parameters.get(name) ?? []),
    ...(parameters.get(`${name}[]`) ?? []),
  ];
  const wantedGroups = all('rule_group');
  const wantedFiles = all('file');
  const isNarrowed = ['type', 'rule_name', 'rule_name[]', 'match[]'].some((name) => parameters.has(name));
  const withAlerts = parameters.get('exclude_alerts')?.[0] !== 'true';
  const shown = groups.flatMap((runner) => {
    const { group, namespace } = runner.loaded.key;
    if (wantedGroups.length > 0 && !wantedGroups.includes(group)) return [];
    if (wantedFiles.length > 0 && !wantedFiles.includes(namespace)) return [];
    const records = runner.records.filter(keeps);
    return records.length === 0 && isNarrowed ? [] : [groupView(runner, records, withAlerts)];
  });
  return success(page(shown, parameters));
}

/** Pending and firing alerts of all groups. */
export function alertsView(groups: readonly GroupRunner[]): string {
  const alerts = groups.flatMap(({ records }) =>
    records.flatMap((record) => activeAlerts(record).map(alertView)),
  );
  return success({ alerts });
}

function ruleFilter(parameters: ViewParameters): (record: RuleRecord) => boolean {
  const type = parameters.get('type')?.[0]?.toLowerCase() ?? '';
  if (!['', 'alert', 'record'].includes(type))
    throw new ViewParameterError(`not supported value ${JSON.stringify(parameters.get('type')?.[0])}`);
  const names = [...(parameters.get('rule_name') ?? []), ...(parameters.get('rule_name[]') ?? [])];
  const selectors = (parameters.get('match[]') ?? []).map((text) =>
    compileMatchers(parseSelector(text, { allowEmptyMatch: true })),
  );
  return ({ rule }) => {
    if (type !== '' && type !== (rule.kind === 'alerting' ? 'alert' : 'record')) return false;
    if (names.length > 0 && !names.includes(rule.name)) return false;
    const labels: Labels = labelsFromPairs(rule.labels);
    return selectors.length === 0 || selectors.some((matchers) => matchesLabels(matchers, labels));
  };
}

interface GroupView {
  readonly name: string;
  readonly file: string;
}

/** `group_limit` groups at a time; the token names the first of the next. */
function page(groups: readonly GroupView[], parameters: ViewParameters): object {
  const limitText = parameters.get('group_limit')?.[0] ?? '';
  const limit = Number(limitText);
  if (limitText !== '' && !(Number.isSafeInteger(limit) && limit > 0))
    throw new ViewParameterError(`invalid group_limit ${JSON.stringify(limitText)}`);
  const token = parameters.get('group_next_token')?.[0] ?? '';
  const from = token === '' ? 0 : groups.findIndex((group) => tokenOf(group) === token);
  if (from < 0) throw new ViewParameterError('invalid group_next_token');
  const kept = limitText === '' ? groups.slice(from) : groups.slice(from, from + limit);
  const next = groups[from + kept.length];
  return { groups: kept, ...(next !== undefined && { groupNextToken: tokenOf(next) }) };
}

const tokenOf = ({ file, name }: GroupView): string => Buffer.from(`${file}\0${name}`).toString('base64url');

function groupView(runner: GroupRunner, records: readonly RuleRecord[], withAlerts: boolean): GroupView {
  const { group, key } = runner.loaded;
  return {
    name: key.group,
    file: key.namespace,
    rules: records.map((record) => ruleView(record, withAlerts)),
    interval: runner.intervalMs / 1000,
    limit: group.limit,
    lastEvaluation: time(runner.lastEvaluationMs),
    evaluationTime: runner.evaluationSeconds,
  } as GroupView;
}

function ruleView(record: RuleRecord, withAlerts: boolean): object {
  const { rule, health } = record;
  const query = printExpr(rule.query);
  const labels = labelsToRecord(rule.labels);
  const evaluation = {
    health: health.health,
    lastError: health.lastError,
    type: rule.kind,
    lastEvaluation: time(health.lastEvaluationMs),
    evaluationTime: health.evaluationSeconds,
  };
  if (rule.kind === 'recording') return { name: rule.name, query, labels, ...evaluation };
  const alerts = activeAlerts(record);
  return {
    state: health.health === 'unknown' && alerts.length === 0 ? 'unknown' : worstState(alerts),
    name: rule.name,
    query,
    duration: rule.forMs / 1000,
    ...(rule.keepFiringForMs > 0 && { keepFiringFor: rule.keepFiringForMs / 1000 }),
    labels,
    annotations: labelsToRecord(rule.annotations),
    alerts: withAlerts ? alerts.map(alertView) : [],
    ...evaluation,
  };
}

/** Sorted by labels. */
function activeAlerts({ state }: RuleRecord): readonly Alert[] {
  return [...state.alerts.values()]
    .filter((alert) => alert.state !== 'resolved')
    .map((alert) => [labelsKey(alert.labels), alert] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, alert]) => alert);
}

const worstState = (alerts: readonly Alert[]): string =>
  alerts.some(({ state }) => state === 'firing') ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive';

const alertView = (alert: Alert): object => ({
  labels: labelsToRecord(alert.labels),
  annotations: labelsToRecord(shownAnnotations(alert, () => '')),
  state: alert.state,
  activeAt: time(alert.activeAtMs),
  ...(alert.keptSinceMs !== undefined && { keepFiringSince: time(alert.keptSinceMs) }),
  value: formatFloatE(alert.value, -1, 'e'),
});

/** Go's zero time stands for "never". */
const time = (ms: number | undefined): string =>
  ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString();
