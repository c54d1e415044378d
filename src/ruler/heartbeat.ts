// A sign of life for whoever watches the watcher: sent while every group is evaluated in time and what is to be told arrives,
// and not otherwise. Its absence is the alarm, also when the whole machine is gone or nobody can be told by it.

import { deliver } from './http-delivery.ts';
import type { RulerLog } from './ruler-protocol.ts';

export interface HeartbeatSettings {
  /** '' for none. */
  readonly url: string;
  readonly intervalMs: number;
}

export interface HeartbeatParts {
  readonly groups: () => readonly {
    readonly name: string;
    readonly intervalMs: number;
    readonly lastSlotMs: number;
    /** Evaluations that were left out since it runs. */
    readonly missed: number;
  }[];
  readonly targets: () => readonly { readonly name: string; readonly refusingSinceMs: number | undefined }[];
  readonly nowMs: () => number;
  readonly log: RulerLog;
}

/** A group is behind after so many intervals without an evaluation, or a minute. */
const intervalsBehindMax = 3;
const behindMsMin = 60_000;
/** A group that leaves out evaluations at so many beats one after the other cannot keep up. */
const beatsMissedMax = 3;
/** A target that has taken nothing for so long. */
const refusingMsMax = 5 * 60_000;
const timeoutMs = 10_000;
const namesShownMax = 10;

export class Heartbeat {
  readonly #settings: HeartbeatSettings;
  readonly #parts: HeartbeatParts;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  /** Each is said once, until it is well again. */
  #told = new Set<Trouble>();
  /** By group: evaluations left out until the last beat, and beats one after the other at which there were more. */
  #missed = new Map<string, { readonly count: number; readonly beats: number }>();
  #isRefused = false;

  constructor(settings: HeartbeatSettings, parts: HeartbeatParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  start(): void {
    if (this.#settings.url === '') return;
    void this.#beat();
    this.#timer = setInterval(() => void this.#beat(), this.#settings.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }

  async #beat(): Promise<void> {
    const { log } = this.#parts;
    const troubles = this.#troubles();
    for (const [trouble, names] of troubles)
      if (names.length > 0 && !this.#told.has(trouble))
        log('error', { names: names.slice(0, namesShownMax), count: names.length }, textOf[trouble]);
    this.#told = new Set(troubles.filter(([, names]) => names.length > 0).map(([trouble]) => trouble));
    if (this.#told.size > 0) return;
    if (this.#isSending) return;
    this.#isSending = true;
    const { url } = this.#settings;
    const outcome = await deliver({ url, headers: {}, body: '', timeoutMs }, this.#stop.signal);
    this.#isSending = false;
    const wasRefused = this.#isRefused;
    this.#isRefused = outcome.kind !== 'taken' && !this.#stop.signal.aborted;
    if (outcome.kind !== 'taken' && this.#isRefused && !wasRefused)
      log('error', { reason: outcome.reason }, 'the heartbeat of the rules was not taken');
  }

  #troubles(): readonly (readonly [Trouble, readonly string[]])[] {
    const now = this.#parts.nowMs();
    const groups = this.#parts.groups();
    const behind = groups.filter(
      ({ intervalMs, lastSlotMs }) =>
        now - lastSlotMs > Math.max(behindMsMin, intervalsBehindMax * intervalMs),
    );
    const slow = this.#slow(groups);
    const refusing = this.#parts
      .targets()
      .filter(
        ({ refusingSinceMs }) => refusingSinceMs !== undefined && now - refusingSinceMs > refusingMsMax,
      );
    return [
      ['behind', behind.map(({ name }) => name)],
      ['slow', slow],
      ['undelivered', refusing.map(({ name }) => name)],
    ];
  }

  #slow(groups: readonly { readonly name: string; readonly missed: number }[]): readonly string[] {
    const before = this.#missed;
    this.#missed = new Map(
      groups.map(({ name, missed: count }) => {
        const was = before.get(name);
        const beats = was !== undefined && count > was.count ? was.beats + 1 : 0;
        return [name, { count, beats }];
      }),
    );
    return [...this.#missed].filter(([, { beats }]) => beats >= beatsMissedMax).map(([name]) => name);
  }
}

type Trouble = 'behind' | 'slow' | 'undelivered';

const textOf: Readonly<Record<Trouble, string>> = {
  behind: 'rule groups are not evaluated in time: no heartbeat is sent',
  slow: 'rule groups leave out evaluations again and again: no heartbeat is sent',
  undelivered: 'targets of alerts or samples take nothing: no heartbeat is sent',
};
