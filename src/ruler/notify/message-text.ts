// A message as people read it. What stands in alerts comes from log lines: kinds of receivers whose text has markup
// escape it.
import type { Message, MessageAlert } from './message.ts';

/** Alerts that are written out; the rest is a number. */
const alertsShownMax = 10;
const titleCharactersMax = 200;
const textOfAlertCharactersMax = 1500;

/** `FIRING:2 ManyErrors web`. */
export function messageTitle({
  alerts,
  truncatedAlerts,
  status,
  groupLabels,
  commonLabels,
}: Message): string {
  const count = alerts.filter((alert) => alert.status === status).length + truncatedAlerts;
  const { alertname, ...others } = groupLabels;
  const names = [alertname ?? commonLabels.alertname ?? '', ...Object.values(others)];
  const title = [`[${status.toUpperCase()}:${count}]`, ...names].filter((word) => word !== '').join(' ');
  return cut(title.replace(/\s+/g, ' '), titleCharactersMax);
}

/** Paragraphs, one an alert. */
export function messageParagraphs(message: Message): readonly string[] {
  const { alerts, truncatedAlerts, commonLabels } = message;
  const shown = alerts.slice(0, alertsShownMax).map((alert) => paragraphOf(alert, commonLabels));
  const more = alerts.length - shown.length + truncatedAlerts;
  return more === 0 ? shown : [...shown, `… and ${more} more`];
}

function paragraphOf(alert: MessageAlert, commonLabels: Message['commonLabels']): string {
  const { annotations, labels } = alert;
  const told = ['summary', 'description', 'message']
    .map((name) => annotations[name] ?? '')
    .filter((text) => text !== '');
  const own = Object.entries(labels).filter(([name]) => name !== 'alertname' && !(name in commonLabels));
  const lines = [
    `${alert.status === 'firing' ? 'Firing' : 'Resolved'}: ${told.length > 0 ? told.join('\n') : (labels.alertname ?? '')}`,
    own.map(([name, value]) => `${name}=${value}`).join(' '),
    alert.status === 'firing' ? (annotations.lines ?? '') : '',
  ];
  return cut(lines.filter((line) => line !== '').join('\n'), textOfAlertCharactersMax);
}

/** The first link of the alerts; '' when there is none. */
export const messageLink = ({ alerts, externalURL }: Message): string =>
  alerts.find(({ generatorURL }) => generatorURL !== '')?.generatorURL ?? externalURL;

/** 5: the worst. Of `severity`, where a label says it. */
export function messageUrgency({ status, alerts }: Message): 1 | 2 | 3 | 4 | 5 {
  if (status === 'resolved') return 3;
  const severities = new Set(alerts.map(({ labels }) => (labels.severity ?? '').toLowerCase()));
  if (['critical', 'page', 'emergency', 'fatal'].some((word) => severities.has(word))) return 5;
  if (['error', 'high', 'warning', 'warn'].some((word) => severities.has(word))) return 4;
  return 3;
}

/** Whole characters, with a sign that there was more. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const end = charactersMax - 1;
  const isInPair = /[\ud800-\udbff]/.test(text[end - 1] ?? '');
  return `${text.slice(0, isInPair ? end - 1 : end)}…`;
}

/** As {@link cut}, by the bytes of UTF-8. */
export function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax - Buffer.byteLength('…');
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}…`;
}
