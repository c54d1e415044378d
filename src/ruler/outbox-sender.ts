// Sends what waits for one target, oldest first, until the target takes it.
import { setTimeout as delay } from 'node:timers/promises';
import type { RuleStore, StoredPost } from '../store/rule-store.ts';
import type { Outcome } from './http-delivery.ts';

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
  readonly log: (level: 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string) => void;
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
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(target: OutboxTarget, parts: SenderParts) {
    this.target = target;
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something was put into the outbox. */
  wake(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, queueCapacity, log } = this.#parts;
    const { name } = this.target;
    let waitMs: number = backoffMs.first;
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        const trimmed = await store.trimPosts(name, queueCapacity);
        if (trimmed > 0) {
          this.counts.dropped += trimmed;
          log('error', { target: name, posts: trimmed }, 'too many posts wait: the oldest were dropped');
        }
        const posts = await store.posts(name, postsAtOnce);
        if (posts.length === 0) {
          await woken;
          continue;
        }
        const afterMs = await this.#sendAll(posts);
        if (afterMs === undefined) {
          waitMs = backoffMs.first;
          continue;
        }
        await this.#pause(Math.max(waitMs, afterMs));
      } catch (error) {
        log('error', { target: name, error }, 'the outbox cannot be read');
        await this.#pause(waitMs);
      }
      waitMs = Math.min(backoffMs.max, waitMs * 2);
    }
  }

  #pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }

  /** Undefined when all are done with; else how long the target wants to be left alone, 0 when it said nothing. */
  async #sendAll(posts: readonly StoredPost[]): Promise<number | undefined> {
    const done: number[] = [];
    try {
      for (const post of posts) {
        if (this.#stop.signal.aborted) return 0;
        const began = performance.now();
        const outcome = await this.target.send(post, this.#stop.signal);
        this.counts.latencySeconds = (performance.now() - began) / 1000;
        const items = this.target.itemsOf(post);
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
