// Waiting that an abort ends, and growing pauses between attempts.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {});

/** Pauses that double from `firstMs` to `mostMs`; `reset()` after success. */
export class Backoff {
  #nextMs: number;
  readonly #firstMs: number;
  readonly #mostMs: number;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#nextMs = firstMs;
  }

  wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#mostMs);
    return pause(ms, signal);
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}

/** A condition that others wait for: `notify()` wakes all who wait now. */
export class Wakeup {
  #waiters: (() => void)[] = [];
  #notified = 0;

  /** How often it was notified: see next(). */
  get notified(): number {
    return this.#notified;
  }

  notify(): void {
    this.#notified++;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /**
   * Resolves at the next notify() after `seen`, or when `signal` aborts. Who looks at something first and then waits for
   * it to change takes `notified` before looking: what happens in between is not missed.
   */
  next(signal: AbortSignal, seen = this.#notified): Promise<void> {
    if (signal.aborted || seen !== this.#notified) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#waiters.push(done);
    });
  }
}
