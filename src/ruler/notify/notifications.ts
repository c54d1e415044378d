// Telling receivers of alerts, as the ruler holds it: silences, the notifier, and what is asked about both.

import type { RuleStore, StoredRules } from '../../store/rule-store.ts';
import type { RulerAnswer, RulerLog } from '../ruler-protocol.ts';
import type { RulerSettings } from '../settings.ts';
import type { AlertmanagerRequest } from './alertmanager-api.ts';
import { messageOf } from './message.ts';
import { type FiringAlert, groupLabels, Notifier, receiversOf } from './notifier.ts';
import { serves } from './receiver-settings.ts';
import { tell } from './receiver-target.ts';
import { Silences } from './silences.ts';

export interface NotificationsParts {
  readonly store: RuleStore;
  readonly settings: RulerSettings;
  readonly firing: () => Iterable<FiringAlert>;
  readonly nowMs: () => number;
  readonly onPosts: () => void;
  readonly log: RulerLog;
}

/** What became of a message that was sent to see whether it arrives. */
export interface TestedReceiver {
  readonly receiver: string;
  readonly type: string;
  readonly taken: boolean;
  /** '' when it was taken. */
  readonly reason: string;
}

export class Notifications {
  readonly #parts: NotificationsParts;
  readonly #silences: Silences;
  /** Undefined: there is nobody to be told. */
  readonly #notifier: Notifier | undefined;
  readonly #startedAtMs: number;
  readonly #stop = new AbortController();

  constructor(parts: NotificationsParts, stored: Pick<StoredRules, 'silences' | 'notifications'>) {
    const { store, settings, nowMs } = parts;
    this.#parts = parts;
    this.#startedAtMs = nowMs();
    this.#silences = new Silences(store, stored.silences);
    if (settings.receivers.length === 0 && stored.notifications.length === 0) return;
    this.#notifier = new Notifier(
      {
        ...parts,
        silences: this.#silences,
        receivers: settings.receivers,
        timing: settings.notify,
        externalUrl: settings.externalUrl,
      },
      stored.notifications,
    );
  }

  start(): void {
    this.#notifier?.start();
  }

  /** Alerts have changed. */
  wake(): void {
    this.#notifier?.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#notifier?.stop();
  }

  /** Throws ParseError and RegexError of a filter, SilenceError. */
  async answer(tenant: string, request: AlertmanagerRequest): Promise<RulerAnswer> {
    const { settings, nowMs } = this.#parts;
    // Few ask, and what reads their bodies takes memory.
    const { answerAlertmanager } = await import('./alertmanager-api.ts');
    return answerAlertmanager(
      {
        silences: this.#silences,
        receivers: settings.receivers,
        timing: settings.notify,
        alerts: (wanted) => this.#alertsOf(wanted),
        startedAtMs: this.#startedAtMs,
        nowMs,
        onChange: () => this.wake(),
      },
      tenant,
      request,
    );
  }

  /** Sends a message that says what it is to one receiver, or all. */
  async test(tenant: string, name: string | undefined): Promise<readonly TestedReceiver[]> {
    const { settings, nowMs } = this.#parts;
    const { externalUrl, notificationTimeoutMs: timeoutMs } = settings;
    const wanted = settings.receivers.filter(
      (receiver) => (name === undefined || receiver.name === name) && serves(receiver, tenant),
    );
    const labels = [['alertname', 'NotificationTest']] as const;
    const alert = {
      labels,
      annotations: [['summary', 'This is a test: nothing has happened.']] as const,
      startsAtMs: nowMs(),
      generatorUrl: externalUrl,
    };
    return Promise.all(
      wanted.map(async (receiver): Promise<TestedReceiver> => {
        const message = messageOf({ receiver: receiver.name, labels, externalUrl }, [alert]);
        const outcome = await tell(receiver, message, { timeoutMs, signal: this.#stop.signal });
        const taken = outcome.kind === 'taken';
        return {
          receiver: receiver.name,
          type: receiver.type,
          taken,
          reason: outcome.kind === 'taken' ? '' : outcome.reason,
        };
      }),
    );
  }

  #alertsOf(tenant: string) {
    const { receivers } = this.#parts.settings;
    return [...this.#parts.firing()]
      .filter((one) => one.tenant === tenant)
      .map((one) => ({
        alert: one.alert,
        receivers: receiversOf(receivers, one).map((receiver) => ({
          receiver,
          group: groupLabels(receiver, one.alert.labels),
        })),
      }));
  }
}
