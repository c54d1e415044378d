// How many queries run at once. The rest wait, tenants in turn, so that a dashboard of twenty panels gets all its
// answers and one tenant's dashboards do not starve another's.

import { QueryCancelledError, QueryQueueFullError } from '../../scan/query-errors.ts';
/** Queries of one tenant that may wait. */
export const waitingPerTenantMax = 2_048;

interface Waiter {
  readonly start: () => void;
}

export class Admission {
  readonly #runningMax: number;
  #running = 0;
  /** Tenants with waiters; the first is served next and goes to the end. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(runningMax: number) {
    this.#runningMax = runningMax;
  }

  get running(): number {
    return this.#running;
  }

  /** Waiting queries of tenants that have some. */
  get waiting(): ReadonlyMap<string, number> {
    return new Map([...this.#waiting].map(([tenant, queue]) => [tenant, queue.length]));
  }

  /**
   * Runs `work` when its turn comes. Rejects with QueryQueueFullError when the tenant's queue is full, with
   * QueryCancelledError when the signal fires before.
   */
  async run<T>(tenant: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#runningMax) await this.#wait(tenant, signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #wait(tenant: string, signal: AbortSignal): Promise<void> {
    const queue = this.#waiting.get(tenant) ?? [];
    if (queue.length >= waitingPerTenantMax) {
      return Promise.reject(new QueryQueueFullError('too many outstanding requests'));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = queue.indexOf(waiter);
        if (at >= 0) queue.splice(at, 1);
        if (queue.length === 0) this.#waiting.delete(tenant);
        reject(new QueryCancelledError('the query was cancelled'));
      };
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      queue.push(waiter);
      this.#waiting.set(tenant, queue);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Hands the place to the next waiter, or gives it back. */
  #release(): void {
    for (const [tenant, queue] of this.#waiting) {
      const next = queue.shift();
      this.#waiting.delete(tenant);
      if (queue.length > 0) this.#waiting.set(tenant, queue);
      if (next === undefined) continue;
      next.start();
      return;
    }
    this.#running--;
  }
}
