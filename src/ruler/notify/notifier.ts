// Tells receivers of alerts: looks at what fires whenever that has changed or time has come, and puts messages into the
// outbox together with what their receivers then know.

import { type CompiledMatcher, compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseSelector } from '../../logql/parser.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import type { NotificationChange, RuleStore, StoredNotification } from '../../store/rule-store.ts';
import type { RulerLog } from '../ruler-protocol.ts';
import { pause, WakingLoop } from '../waking-loop.ts';
import { type CurrentAlert, type Dispatch, dispatch, type GroupMemory } from './dispatch.ts';
import { alertsPerMessageMax, messageOf, type ToldAlert } from './message.ts';
import { type ReceiverSettings, serves } from './receiver-settings.ts';
import { receiverTargetName } from './receiver-target.ts';
import type { Silences } from './silences.ts';

export interface NotifySettings {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
}

/** An alert that fires, of a rule that may name its receivers. */
export interface FiringAlert {
  readonly tenant: string;
  readonly alert: ToldAlert;
  /** Names of receivers; undefined: those whose selector takes it. */
  readonly receivers: readonly string[] | undefined;
}

export interface NotifierParts {
  readonly store: Pick<RuleStore, 'notify'>;
  readonly receivers: readonly ReceiverSettings[];
  readonly timing: NotifySettings;
  readonly externalUrl: string;
  readonly silences: Silences;
  readonly firing: () => Iterable<FiringAlert>;
  readonly nowMs: () => number;
  /** Posts were put into the outbox. */
  readonly onPosts: () => void;
  readonly log: RulerLog;
}

/** Between two looks: each goes through all alerts. */
const lookEveryMsMin = 500;
/** The clock may be set while one waits. */
const waitMsMax = 60_000;

interface GroupPlace {
  readonly receiver: ReceiverSettings;
  readonly tenant: string;
  readonly labels: Labels;
}
interface CurrentGroup extends GroupPlace {
  readonly alerts: Map<string, CurrentAlert>;
}

export class Notifier {
  readonly #parts: NotifierParts;
  readonly #receivers: ReadonlyMap<string, ReceiverSettings>;
  /** By receiver, tenant and group. */
  readonly #memories = new Map<string, GroupMemory & { readonly place: GroupPlace }>();
  /** Of receivers that are no more. */
  #forgotten: readonly StoredNotification[];
  readonly #loop = new WakingLoop((woken) => this.#turn(woken));

  constructor(parts: NotifierParts, stored: readonly StoredNotification[]) {
    this.#parts = parts;
    this.#receivers = new Map(parts.receivers.map((receiver) => [receiver.name, receiver]));
    this.#forgotten = stored.filter(({ receiver }) => !this.#receivers.has(receiver));
    for (const { receiver: name, tenant, state } of stored) {
      const receiver = this.#receivers.get(name);
      if (receiver === undefined) continue;
      const memory = memoryOfText(state);
      const place = { receiver, tenant, labels: memory.labels };
      this.#memories.set(placeKey(place), { ...memory, place });
    }
  }

  start(): void {
    this.#loop.start();
  }

  /** Alerts or silences have changed. */
  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(woken: Promise<void>): Promise<void> {
    let nextMs: number | undefined;
    try {
      nextMs = await this.#look();
    } catch (error) {
      // What receivers know is as before: the next look finds the same.
      this.#parts.log('error', { error }, 'what receivers are told of alerts cannot be kept');
    }
    await pause(lookEveryMsMin, this.#loop.signal);
    const waitMs = Math.min(waitMsMax, (nextMs ?? Number.POSITIVE_INFINITY) - this.#parts.nowMs());
    if (waitMs > 0) await Promise.race([woken, pause(waitMs, this.#loop.signal)]);
  }

  /** Resolves with when to look again if nothing changes. */
  async #look(): Promise<number | undefined> {
    const { nowMs, store, silences, onPosts } = this.#parts;
    const now = nowMs();
    let nextMs = silences.nextChangeMs(now);
    const results: (readonly [key: string, place: GroupPlace, result: Dispatch])[] = [];
    for (const [key, group] of this.#groups(now)) {
      const before = this.#memories.get(key);
      const result = dispatch(
        before,
        { ...group, isMuted: (labels) => silences.on(group.tenant, labels, now).length > 0 },
        now,
        this.#timingOf(group.receiver),
      );
      if (result.nextMs !== undefined) nextMs = Math.min(nextMs ?? result.nextMs, result.nextMs);
      if (result.memory !== before || result.notice !== undefined) results.push([key, group, result]);
    }
    const changes = [
      ...results.map(([, place, result]) => this.#changeOf(place, result)),
      ...this.#forgotten.map((one) => ({ ...one, state: undefined, post: undefined })),
    ];
    if (changes.length === 0) return nextMs;
    await store.notify(changes);
    this.#forgotten = [];
    for (const [key, place, { memory }] of results)
      if (memory === undefined) this.#memories.delete(key);
      else this.#memories.set(key, { ...memory, place });
    if (results.some(([, , { notice }]) => notice !== undefined)) onPosts();
    return nextMs;
  }

  /** Groups that there are, and those that somebody was told of. */
  #groups(now: number): ReadonlyMap<string, CurrentGroup> {
    const groups = new Map<string, CurrentGroup>();
    for (const [key, { place }] of this.#memories) groups.set(key, { ...place, alerts: new Map() });
    for (const firing of this.#parts.firing()) {
      const { tenant, alert } = firing;
      const isMuted = this.#parts.silences.on(tenant, alert.labels, now).length > 0;
      for (const receiver of receiversOf(this.#parts.receivers, firing)) {
        const place = { receiver, tenant, labels: groupLabels(receiver, alert.labels) };
        const key = placeKey(place);
        const group = groups.get(key) ?? { ...place, alerts: new Map<string, CurrentAlert>() };
        groups.set(key, group);
        group.alerts.set(labelsKey(alert.labels), { alert, isMuted });
      }
    }
    return groups;
  }

  #timingOf({ sendResolved }: ReceiverSettings) {
    const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = this.#parts.timing;
    return { waitMs: groupWaitMs, intervalMs: groupIntervalMs, repeatMs: repeatIntervalMs, sendResolved };
  }

  #changeOf({ receiver, tenant, labels }: GroupPlace, { memory, notice }: Dispatch): NotificationChange {
    const message =
      notice &&
      messageOf({ receiver: receiver.name, labels, externalUrl: this.#parts.externalUrl }, notice.alerts);
    return {
      receiver: receiver.name,
      tenant,
      group: labelsKey(labels),
      state: memory && textOfMemory(memory),
      post: message && {
        target: receiverTargetName(receiver.name),
        tenant,
        body: JSON.stringify(message),
        isReminder: notice?.isReminder === true,
      },
    };
  }
}

const placeKey = ({ receiver, tenant, labels }: GroupPlace): string =>
  [receiver.name, tenant, labelsKey(labels)].join('\0');

/** Those that are told of an alert. */
export const receiversOf = (
  receivers: readonly ReceiverSettings[],
  { tenant, alert, receivers: named }: FiringAlert,
): readonly ReceiverSettings[] =>
  receivers.filter((receiver) => {
    if (!serves(receiver, tenant)) return false;
    return named === undefined ? takes(receiver, alert.labels) : named.includes(receiver.name);
  });

/** What an alert is told together with. */
export const groupLabels = ({ groupBy }: ReceiverSettings, labels: Labels): Labels =>
  groupBy.includes('...') ? labels : labels.filter(([name]) => groupBy.includes(name));

/** Settings are few and stay: their selectors are read once. */
const compiled = new Map<string, readonly CompiledMatcher[]>();

function takes({ match }: ReceiverSettings, labels: Labels): boolean {
  if (match === '') return true;
  const matchers = compiled.get(match) ?? compileMatchers(parseSelector(match, { allowEmptyMatch: true }));
  compiled.set(match, matchers);
  return matchesLabels(matchers, labels);
}

interface StoredMemory extends Omit<GroupMemory, 'told'> {
  readonly told: readonly (readonly [string, ToldAlert])[];
}

/** Annotations only of as many as a message shows. */
function textOfMemory({ labels, sinceMs, toldAtMs, told }: GroupMemory): string {
  const all = [...told].map(([key, alert], index) => [
    key,
    index < alertsPerMessageMax ? alert : { ...alert, annotations: [] },
  ]);
  return JSON.stringify({ labels, sinceMs, toldAtMs, told: all });
}

function memoryOfText(text: string): GroupMemory {
  const { labels, sinceMs, toldAtMs, told } = JSON.parse(text) as StoredMemory;
  return { labels, sinceMs, toldAtMs, told: new Map(told) };
}
