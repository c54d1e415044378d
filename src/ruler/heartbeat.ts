// A sign of life for whoever watches the watcher: sent while every group is evaluated in time, and not otherwise. Its absence
// is the alarm, also when the whole machine is gone.

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
  }[];
  readonly nowMs: () => number;
  readonly log: RulerLog;
}

/** A group is behind after so many intervals without an evaluation, or a minute. */
const intervalsBehindMax = 3;
const behindMsMin = 60_000;
const timeoutMs = 10_000;
const namesShownMax = 10;

export class Heartbeat {
  readonly #settings: HeartbeatSettings;
  readonly #parts: HeartbeatParts;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  /** Each is said once, until it is well again. */
  #isBehind = false;
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
    const groups = this.#behind();
    const wasBehind = this.#isBehind;
    this.#isBehind = groups.length > 0;
    if (this.#isBehind) {
      const fields = { groups: groups.slice(0, namesShownMax), count: groups.length };
      if (!wasBehind) log('error', fields, 'rule groups are not evaluated in time: no heartbeat is sent');
      return;
    }
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

  #behind(): readonly string[] {
    const now = this.#parts.nowMs();
    return this.#parts
      .groups()
      .filter(
        ({ intervalMs, lastSlotMs }) =>
          now - lastSlotMs > Math.max(behindMsMin, intervalsBehindMax * intervalMs),
      )
      .map(({ name }) => name);
  }
}
