// What a push was refused for, entry by entry: the grouped text of the answer and the counts for the metrics.
import type { LossReason } from '../entries/push-stream.ts';

/** Distinct messages kept; with old timestamps every entry has its own. */
const messagesMax = 20;

export interface Discarded {
  readonly reason: LossReason;
  samples: number;
  bytes: number;
}

/** Structured-cloneable. */
export interface RefusalsData {
  readonly messages: readonly (readonly [message: string, count: number])[];
  readonly unlisted: number;
  readonly discarded: readonly Discarded[];
  readonly entries: number;
}

export class Refusals {
  readonly #messages = new Map<string, number>();
  #unlisted = 0;
  readonly #discarded = new Map<LossReason, Discarded>();
  /** Entries refused so far. */
  entries = 0;

  /** What `data` gave, to go on with. */
  static of({ messages, unlisted, discarded, entries }: RefusalsData): Refusals {
    const refusals = new Refusals();
    for (const [message, count] of messages) refusals.#messages.set(message, count);
    refusals.#unlisted = unlisted;
    for (const one of discarded) refusals.#discarded.set(one.reason, { ...one });
    refusals.entries = entries;
    return refusals;
  }

  data(): RefusalsData {
    const { discarded, entries } = this;
    return { messages: [...this.#messages], unlisted: this.#unlisted, discarded, entries };
  }

  /** Counts one refused entry (`bytes`: line and metadata). `message` is called only while texts are kept. */
  entry(reason: LossReason, bytes: number, message: () => string): void {
    this.discard(reason, 1, bytes);
    this.#say(message);
  }

  /** Counts entries whose text goes elsewhere. */
  discard(reason: LossReason, samples: number, bytes: number): void {
    this.entries += samples;
    const known = this.#discarded.get(reason);
    if (known === undefined) this.#discarded.set(reason, { reason, samples, bytes });
    else {
      known.samples += samples;
      known.bytes += bytes;
    }
  }

  #say(message: () => string): void {
    if (this.#unlisted > 0) {
      this.#unlisted++;
      return;
    }
    const text = message();
    const count = this.#messages.get(text);
    if (count !== undefined) this.#messages.set(text, count + 1);
    else if (this.#messages.size < messagesMax) this.#messages.set(text, 1);
    else this.#unlisted++;
  }

  get discarded(): readonly Discarded[] {
    return [...this.#discarded.values()];
  }

  /**
   * Each distinct message once, joined by `; `, with its count unless there is one message of one occurrence. '' when
   * nothing was refused.
   */
  text(): string {
    const all = [...this.#messages];
    const [first] = all;
    if (first === undefined) return '';
    if (all.length === 1 && first[1] === 1 && this.#unlisted === 0) return first[0];
    const listed = all.map(([message, count]) => `${count} errors like: ${message}`);
    if (this.#unlisted > 0) listed.push(`${this.#unlisted} errors more`);
    return listed.join('; ');
  }
}
