// Alerts as Alertmanager's API v2 takes them: POST <url>/api/v2/alerts.
import type { Expr } from '../logql/ast.ts';
import { printExpr } from '../logql/print.ts';
import { type Labels, labelsFromPairs, labelsToRecord } from '../model/labels.ts';
import type { AlertLines } from './alert-lines.ts';
import { shownAnnotations } from './lines-of-firing.ts';
import type { ToldAlert } from './notify/message.ts';
import type { RulerSettings } from './settings.ts';
import type { Alert } from './step.ts';

/** Of one post. */
const alertsPerPost = 256;
/** A firing alert ends by itself when this many reminders did not come. */
const remindersMissed = 4;

export interface PostedRule {
  /** Undefined: there is no link to it. */
  readonly query: Expr | undefined;
  readonly intervalMs: number;
}

type LinkSettings = Pick<RulerSettings, 'externalUrl' | 'datasourceUid' | 'externalLabels' | 'resendDelayMs'>;

/** Bodies of posts, of {@link alertsPerPost} alerts at most. `toldAtMs` of each alert is the evaluation's time. */
export function alertBodies(
  alerts: readonly Alert[],
  rule: PostedRule,
  settings: LinkSettings,
): readonly string[] {
  const bodies: string[] = [];
  for (let from = 0; from < alerts.length; from += alertsPerPost) {
    const some = alerts.slice(from, from + alertsPerPost);
    bodies.push(JSON.stringify(some.map((alert) => postedAlert(alert, rule, settings))));
  }
  return bodies;
}

function postedAlert(alert: Alert, rule: PostedRule, settings: LinkSettings): object {
  const { labels, firedAtMs, resolvedAtMs, toldAtMs } = alert;
  const annotations = shownAnnotations(alert, (lines) => linesLink(lines, settings));
  const validMs = remindersMissed * Math.max(rule.intervalMs, settings.resendDelayMs);
  const at = toldAtMs ?? alert.activeAtMs;
  return {
    ...(annotations.length > 0 && { annotations: labelsToRecord(annotations) }),
    endsAt: time(resolvedAtMs ?? at + validMs),
    startsAt: time(firedAtMs ?? alert.activeAtMs),
    ...(settings.externalUrl !== '' &&
      rule.query !== undefined && { generatorURL: exploreLink(rule.query, settings) }),
    labels: labelsToRecord(withExternalLabels(labels, settings.externalLabels)),
  };
}

/** A firing alert as receivers are told of it; `generatorUrl` is that of its rule. */
export const toldAlert = (alert: Alert, generatorUrl: string, settings: LinkSettings): ToldAlert => ({
  labels: withExternalLabels(alert.labels, settings.externalLabels),
  annotations: shownAnnotations(alert, (lines) => linesLink(lines, settings)),
  startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
  generatorUrl,
});

const time = (ms: number): string => new Date(ms).toISOString();

const withExternalLabels = (labels: Labels, external: Labels): Labels =>
  labelsFromPairs([...external, ...labels]);

/** The query in Grafana's Explore; '' where nobody said where that is. */
export const exploreLink = (query: Expr, settings: LinkSettings): string =>
  linkTo(printExpr(query), { from: 'now-1h', to: 'now' }, settings);

const linesLink = ({ expr, fromMs, toMs }: AlertLines, settings: LinkSettings): string =>
  linkTo(expr, { from: String(fromMs), to: String(toMs) }, settings);

function linkTo(
  expr: string,
  range: { readonly from: string; readonly to: string },
  { externalUrl, datasourceUid }: LinkSettings,
): string {
  if (externalUrl === '') return '';
  const datasource = { type: 'loki', ...(datasourceUid !== '' && { uid: datasourceUid }) };
  const pane = {
    ...(datasourceUid !== '' && { datasource: datasourceUid }),
    queries: [{ refId: 'A', expr, queryType: 'range', datasource }],
    range,
  };
  const parameters = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify({ rule: pane }) });
  return `${externalUrl.replace(/\/$/, '')}/explore?${parameters}`;
}
