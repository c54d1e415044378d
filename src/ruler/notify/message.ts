// What a receiver is told: Alertmanager's webhook body, version 4. It waits in the outbox in this form; each kind of
// receiver makes its own of it.
import { type Labels, labelsKey, labelsToRecord } from '../../model/labels.ts';
import type { Texts } from '../rule-group.ts';
import { fingerprintOf } from './fingerprint.ts';

/** An alert as receivers see it; `endsAtMs` of one that is over. */
export interface ToldAlert {
  readonly labels: Labels;
  readonly annotations: Texts;
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
  /** '' for none. */
  readonly generatorUrl: string;
}

export interface Message {
  readonly version: '4';
  readonly groupKey: string;
  /** Alerts that are left out. */
  readonly truncatedAlerts: number;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly alerts: readonly MessageAlert[];
}
export interface MessageAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  /** Go's zero time while it fires. */
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** Of one message: those that fire come first. */
export const alertsPerMessageMax = 100;

export interface MessageGroup {
  readonly receiver: string;
  readonly labels: Labels;
  readonly externalUrl: string;
}

export function messageOf(
  { receiver, labels, externalUrl }: MessageGroup,
  alerts: readonly ToldAlert[],
): Message {
  const shown = alerts.slice(0, alertsPerMessageMax);
  return {
    version: '4',
    groupKey: `{}:${labelsText(labels)}`,
    truncatedAlerts: alerts.length - shown.length,
    status: alerts.some(({ endsAtMs }) => endsAtMs === undefined) ? 'firing' : 'resolved',
    receiver,
    groupLabels: labelsToRecord(labels),
    commonLabels: labelsToRecord(common(alerts.map((alert) => alert.labels))),
    commonAnnotations: labelsToRecord(common(alerts.map((alert) => alert.annotations))),
    externalURL: externalUrl,
    alerts: shown.map(messageAlert),
  };
}

export const messageAlert = (alert: ToldAlert): MessageAlert => ({
  status: alert.endsAtMs === undefined ? 'firing' : 'resolved',
  labels: labelsToRecord(alert.labels),
  annotations: labelsToRecord(alert.annotations),
  startsAt: new Date(alert.startsAtMs).toISOString(),
  endsAt: alert.endsAtMs === undefined ? zeroTime : new Date(alert.endsAtMs).toISOString(),
  generatorURL: alert.generatorUrl,
  fingerprint: fingerprintOf(alert.labels),
});

const zeroTime = '0001-01-01T00:00:00Z';

/** `{alertname="X", app="web"}`. */
export const labelsText = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;

/** Pairs that all have. */
function common(all: readonly Texts[]): Texts {
  const [first = [], ...others] = all;
  const sets = others.map((pairs) => new Set(pairs.map((pair) => labelsKey([pair]))));
  return first.filter((pair) => {
    const key = labelsKey([pair]);
    return sets.every((set) => set.has(key));
  });
}
