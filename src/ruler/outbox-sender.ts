// Sends what waits for one target, oldest first, until the target takes it.

import type { RuleStore, StoredPost } from '../store/rule-store.ts';
import type { Outcome } from './http-delivery.ts';
import type { RulerLog } from './ruler-protocol.ts';
import { pause, WakingLoop } from './waking-loop.ts';

export interface OutboxTarget {
  /** In the outbox and in metrics. */
  readonly name: string;
  readonly kind: 'alerts' | 'samples';
  /** What a post counts for. */
  readonly itemsOf: (post: StoredPost) => number;
  readonly send: (post: StoredPost, signal: AbortSignal) => Promise<Outcome>;
}

export interface SenderParts {
  readonly store: Pick<RuleStore, 'posts' | 'removePosts' | 'trimPosts'>;
  /** Posts that may wait. */
  readonly queueCapacity: number;
  readonly nowMs: () => number;
  readonly log: RulerLog;
}

/** In the target's items, but `errors`: posts that were not taken at once. */
export interface SenderCounts {
  sent: number;
  dropped: number;
  errors: number;
  /** Of the last post. */
  latencySeconds: number;
}

const postsAtOnce = 20;
const backoffMs = { first: 250, max: 30_000 } as const;

export class OutboxSender {
  readonly target: OutboxTarget;
  readonly counts: SenderCounts = { sent: 0, dropped: 0, errors: 0, latencySeconds: 0 };
  readonly #parts: SenderParts;
  readonly #loop = new WakingLoop((woken) => this.#turn(woken));
  #waitMs: number = backoffMs.first;
  #refusingSinceMs: number | undefined;

  constructor(target: OutboxTarget, parts: SenderParts) {
    this.target = target;
    this.#parts = parts;
  }

  /** Since when the target has taken nothing and what it was sent waits, Unix ms; undefined: it takes what comes. */
  get refusingSinceMs(): number | undefined {
    return this.#refusingSinceMs;
  }

  start(): void {
    this.#loop.start();
  }

  /** Something was put into the outbox. */
  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(woken: Promise<void>): Promise<void> {
    const { store, queueCapacity, log } = this.#parts;
    const { name } = this.target;
    try {
      const trimmed = await store.trimPosts(name, queueCapacity);
      if (trimmed > 0) {
        this.counts.dropped += trimmed;
        log('error', { target: name, posts: trimmed }, 'too many posts wait: the oldest were dropped');
      }
      const posts = await store.posts(name, postsAtOnce);
      if (posts.length === 0) {
        await woken;
        return;
      }
      const afterMs = await this.#sendAll(posts);
      if (afterMs === undefined) {
        this.#waitMs = backoffMs.first;
        return;
      }
      await pause(Math.max(this.#waitMs, afterMs), this.#loop.signal);
    } catch (error) {
      log('error', { target: name, error }, 'the outbox cannot be read');
      await pause(this.#waitMs, this.#loop.signal);
    }
    this.#waitMs = Math.min(backoffMs.max, this.#waitMs * 2);
  }

  /** Undefined when all are done with; else how long the target wants to be left alone, 0 when it said nothing. */
  async #sendAll(posts: readonly StoredPost[]): Promise<number | undefined> {
    const done: number[] = [];
    try {
      for (const post of posts) {
        if (this.#loop.signal.aborted) return 0;
        const began = performance.now();
        const outcome = await this.target.send(post, this.#loop.signal);
        this.counts.latencySeconds = (performance.now() - began) / 1000;
        const items = this.target.itemsOf(post);
        this.#refusingSinceMs =
          outcome.kind === 'later' ? (this.#refusingSinceMs ?? this.#parts.nowMs()) : undefined;
        if (outcome.kind === 'taken') this.counts.sent += items;
        else {
          this.counts.errors++;
          const names = { target: this.target.name, tenant: post.tenant, reason: outcome.reason };
          if (outcome.kind === 'later') {
            this.#parts.log('warn', names, `${this.target.kind} could not be delivered and are tried again`);
            return outcome.afterMs ?? 0;
          }
          this.counts.dropped += items;
          this.#parts.log('error', names, `${this.target.kind} were refused and are dropped`);
        }
        done.push(post.id);
      }
      return undefined;
    } finally {
      if (done.length > 0) await this.#parts.store.removePosts(done);
    }
  }
}
