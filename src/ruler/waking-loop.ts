// Work that is done again and again until it is stopped, and waits in between for something to have come or for a time.
import { setTimeout as delay } from 'node:timers/promises';

/** Ends early when `signal` aborts; never rejects. Keeps no process alive. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal, ref: false }).catch(() => {});

export class WakingLoop {
  readonly #turn: (woken: Promise<void>) => Promise<void>;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  /** @param turn its promise resolves when somebody wakes the loop after the turn has begun; never rejects */
  constructor(turn: (woken: Promise<void>) => Promise<void>) {
    this.#turn = turn;
  }

  /** Aborted once the loop is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(): void {
    this.#running = this.#run();
  }

  wake(): void {
    this.#wake();
  }

  /** Resolves when the turn under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#turn(woken);
    }
  }
}
