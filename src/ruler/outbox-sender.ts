// Sends what waits for one target, oldest first, until the target takes it.
import { setTimeout as delay } from 'node:timers/promises';
import type { RuleStore, StoredPost } from '../store/rule-store.ts';
import type { AlertmanagerTarget } from './settings.ts';

export interface SenderParts {
  readonly store: Pick<RuleStore, 'posts' | 'removePosts' | 'trimPosts'>;
  readonly timeoutMs: number;
  /** Posts that may wait. */
  readonly queueCapacity: number;
  readonly nowMs: () => number;
  readonly log: (level: 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Alerts, but `errors`: posts that were not taken at once. */
export interface SenderCounts {
  sent: number;
  dropped: number;
  errors: number;
  /** Of the last post that was answered. */
  latencySeconds: number;
}

const postsAtOnce = 20;
const backoffMs = { first: 250, max: 30_000 } as const;
const answerBytesShown = 200;

type Outcome =
  | { readonly kind: 'taken' }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

export class OutboxSender {
  readonly target: AlertmanagerTarget;
  readonly counts: SenderCounts = { sent: 0, dropped: 0, errors: 0, latencySeconds: 0 };
  readonly #parts: SenderParts;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(target: AlertmanagerTarget, parts: SenderParts) {
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
    const { url } = this.target;
    let waitMs: number = backoffMs.first;
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        const trimmed = await store.trimPosts(url, queueCapacity);
        if (trimmed > 0) {
          this.counts.dropped += trimmed;
          log('error', { target: url, posts: trimmed }, 'too many posts wait: the oldest were dropped');
        }
        const posts = await store.posts(url, postsAtOnce);
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
        log('error', { target: url, error }, 'the outbox cannot be read');
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
        const outcome = await this.#send(post);
        const alerts = (JSON.parse(post.body) as readonly unknown[]).length;
        if (outcome.kind === 'taken') this.counts.sent += alerts;
        else {
          this.counts.errors++;
          const names = { target: this.target.url, tenant: post.tenant, reason: outcome.reason };
          if (outcome.kind === 'later') {
            this.#parts.log('warn', names, 'alerts could not be delivered and are tried again');
            return outcome.afterMs ?? 0;
          }
          this.counts.dropped += alerts;
          this.#parts.log('error', names, 'alerts were refused and are dropped');
        }
        done.push(post.id);
      }
      return undefined;
    } finally {
      if (done.length > 0) await this.#parts.store.removePosts(done);
    }
  }

  async #send({ body, tenant }: StoredPost): Promise<Outcome> {
    const { timeoutMs } = this.#parts;
    const began = performance.now();
    try {
      const response = await fetch(alertsUrl(this.target.url), {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'Skald',
          'X-Scope-OrgID': tenant,
          ...(this.target.authorization !== '' && { Authorization: this.target.authorization }),
        },
        // Alerts go where the configuration says, nowhere else.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal]),
      });
      const text = await shownAnswer(response);
      this.counts.latencySeconds = (performance.now() - began) / 1000;
      return outcomeOf(response, text);
    } catch (error) {
      const { cause, message } = error as Error;
      return { kind: 'later', reason: cause instanceof Error ? cause.message || message : message };
    }
  }
}

/** The path of the URL, if any, comes first. */
function alertsUrl(url: string): string {
  const at = new URL(url);
  at.pathname = `${at.pathname.replace(/\/$/, '')}/api/v2/alerts`;
  return at.href;
}

/** The beginning of an answer; the rest is not waited for. */
async function shownAnswer(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  let text = '';
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (value !== undefined) text += decoder.decode(value, { stream: true });
    if (done) return text;
    if (text.length < answerBytesShown) continue;
    await reader.cancel();
    return text.slice(0, answerBytesShown);
  }
}

function outcomeOf({ status, headers }: Response, text: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `${status} ${text.trim()}`.trim();
  if (status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? '');
    return { kind: 'later', reason, ...(seconds > 0 && { afterMs: Math.min(3600, seconds) * 1000 }) };
  }
  // Credentials and addresses get mended; the alerts are right.
  if (status === 401 || status === 403 || status === 404 || status < 400) return { kind: 'later', reason };
  return { kind: 'refused', reason };
}
