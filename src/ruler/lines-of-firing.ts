// Alerts that begin to fire get the lines that they are about.
import { type Labels, labelsKey } from '../model/labels.ts';
import { type AlertLines, linesQuery, linesText, linesWanted, redactPatterns } from './alert-lines.ts';
import type { EvaluationSettings, RuleQueries } from './evaluate-rule.ts';
import type { AlertingRule } from './rule-group.ts';
import { type Alert, type AlertSample, type AlertStep, alertKey } from './step.ts';

/** Of one evaluation: each is a query. */
const alertsAtOnceMax = 10;
/** Of a rule: they are kept as long as the alert is. */
const alertsWithLinesMax = 100;
const timeoutMsMax = 5000;

export interface Stepped {
  readonly rule: AlertingRule;
  readonly step: AlertStep;
  readonly samples: readonly AlertSample[];
}

/** `errors`: of lines that could not be read; the alert fires without them. */
export async function withLines(
  { rule, step, samples }: Stepped,
  queries: RuleQueries,
  settings: EvaluationSettings,
  signal: AbortSignal,
): Promise<AlertStep & { readonly errors: readonly string[] }> {
  const limit = linesWanted(rule);
  const held = [...step.alerts.values()].filter((alert) => alert.lines !== undefined).length;
  const firing = step.transitions
    .filter(({ to }) => limit > 0 && to === 'firing')
    .slice(0, Math.min(alertsAtOnceMax, alertsWithLinesMax - held));
  if (firing.length === 0) return { ...step, errors: [] };
  const series = new Map(samples.map((sample) => [alertKey(rule, sample), sample.labels]));
  const patterns = redactPatterns(rule, settings.redact);
  const found = new Map<string, AlertLines>();
  const errors: string[] = [];
  const look = async (alert: Alert): Promise<void> => {
    const key = labelsKey(alert.labels);
    const query = linesQuery(rule.query, series.get(key) ?? [], settings.timeMs - settings.queryOffsetMs);
    if (query === undefined) return;
    const timeoutMs = Math.min(timeoutMsMax, settings.timeoutMs || timeoutMsMax);
    try {
      const answer = await queries.lines({ tenant: settings.tenant, ...query, limit, timeoutMs }, signal);
      const text = linesText(linesIn(answer).slice(-limit), patterns);
      if (text !== '') found.set(key, { ...query, text });
    } catch (error) {
      signal.throwIfAborted();
      errors.push(`the lines of an alert cannot be read: ${(error as Error).message}`);
    }
  };
  await Promise.all(firing.map(({ alert }) => look(alert)));
  const enriched = (alert: Alert): Alert => {
    const lines = found.get(labelsKey(alert.labels));
    return lines === undefined ? alert : { ...alert, lines };
  };
  return {
    alerts: new Map([...step.alerts].map(([key, alert]) => [key, enriched(alert)])),
    transitions: step.transitions,
    notices: step.notices.map((notice) => ({ ...notice, alert: enriched(notice.alert) })),
    errors,
  };
}

interface StreamResult {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

/** Of all streams, oldest first. */
function linesIn(json: Uint8Array): readonly string[] {
  const streams = JSON.parse(new TextDecoder().decode(json)) as readonly StreamResult[];
  return streams
    .flatMap(({ values }) => values.map(([ns, line]) => ({ at: BigInt(ns), line })))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ line }) => line);
}

/** The alert's annotations, and what it is about: `lines` and, where links lead somewhere, `lines_link`. */
export function shownAnnotations(
  { annotations, lines }: Alert,
  linkOf: (lines: AlertLines) => string,
): Labels {
  if (lines === undefined) return annotations;
  const link = linkOf(lines);
  const own = [['lines', lines.text] as const, ...(link === '' ? [] : [['lines_link', link] as const])];
  const named = new Set(annotations.map(([name]) => name));
  return [...annotations, ...own.filter(([name]) => !named.has(name))].sort(([a], [b]) => (a < b ? -1 : 1));
}
