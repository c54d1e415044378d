// Equal queries that run at the same time are executed once: panels of several viewers ask for the same.

import { QueryCancelledError } from '../../scan/query-errors.ts';

interface Running {
  readonly additions: bigint;
  readonly outcome: Promise<unknown>;
  readonly stop: AbortController;
  waiting: number;
}

export class SingleFlight {
  readonly #running = new Map<string, Running>();
  joined = 0;

  /**
   * The outcome of a running execution with this key, if nothing was added to the store since it began, or of a new
   * one. The execution is stopped when all who wait for it have gone. The key must tell kinds of answers apart.
   */
  run<T>(
    call: { readonly key: string; readonly additions: bigint; readonly signal: AbortSignal },
    execute: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { key, additions, signal } = call;
    let running = this.#running.get(key);
    if (running === undefined || running.additions !== additions || running.stop.signal.aborted) {
      const stop = new AbortController();
      const outcome = execute(stop.signal);
      const started: Running = { additions, outcome, stop, waiting: 0 };
      const done = (): void => {
        if (this.#running.get(key) === started) this.#running.delete(key);
      };
      outcome.then(done, done);
      this.#running.set(key, started);
      running = started;
    } else this.joined++;
    return this.#wait(running, signal) as Promise<T>;
  }

  #wait(running: Running, signal: AbortSignal): Promise<unknown> {
    running.waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (--running.waiting === 0) running.stop.abort();
        reject(new QueryCancelledError('the request was cancelled by the client'));
      };
      if (signal.aborted) {
        leave();
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      running.outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
