// How the gateway ends: by a signal, in order; or because a part was lost that nothing can go on without.
import type { Logger } from '../telemetry/logger.ts';
import { exitProcess } from '../threads/start-thread.ts';
import { type EndStep, endInSteps } from './end-steps.ts';

const exitFailure = 1;
/** A thread that nothing can go on without was lost; EX_SOFTWARE of sysexits.h. */
const exitPartLost = 70;
/** How long the process still answers after that, so that everybody under way hears 503 instead of nothing. */
const lostGraceMs = 1000;
/** How long its threads may take to end after that: on a loaded machine more than a moment. */
const threadsEndMs = 10_000;
/** Of the time for an orderly end; the rest is for the threads. */
const stepsShare = 0.9;

const atStart = 'starting';

export class Ending {
  readonly #logger: Logger;
  readonly #onPanic: () => void;
  readonly #signal = new AbortController();
  #isLost = false;
  #notReady: string | undefined = atStart;

  /** `onPanic` counts the loss of a part. */
  constructor(logger: Logger, onPanic: () => void) {
    this.#logger = logger;
    this.#onPanic = onPanic;
    process.on('uncaughtException', (error) => this.fatal('the main thread', error));
    process.on('unhandledRejection', (error) => this.fatal('the main thread', error));
  }

  /** Why requests are not to be sent here; undefined when they are. */
  get notReady(): string | undefined {
    return this.#notReady;
  }

  /** Requests are welcome, unless the end has begun meanwhile. */
  started(): void {
    if (this.#notReady === atStart) this.#notReady = undefined;
  }

  /** Fires when an orderly end begins. */
  get signal(): AbortSignal {
    return this.#signal.signal;
  }

  /** The main thread or the collectors are gone: nothing is waited for. */
  fatal(part: string, error: unknown): void {
    if (this.signal.aborted) return;
    this.#tell(part, error);
    void exitProcess(exitPartLost, lostGraceMs);
  }

  /**
   * A thread that nothing can go on without is gone: say so, be unready, end; a supervisor starts us again. A thread of
   * the same process could not take its place: the lost one may still be inside a write, and two writers of one file
   * would break what is promised of it, while a start knows how to go on after any end.
   */
  lose(part: string, error: unknown): void {
    if (this.signal.aborted || this.#isLost) return;
    this.#isLost = true;
    this.#tell(part, error);
    setTimeout(() => void exitProcess(exitPartLost, threadsEndMs), lostGraceMs);
  }

  /**
   * From now on SIGTERM and SIGINT end the process in these steps, within `timeoutMs` whatever hangs: what was
   * acknowledged is durable before. A second signal ends it at once.
   */
  onSignals(timeoutMs: number, steps: readonly EndStep[]): void {
    const onSignal = (signal: NodeJS.Signals): void => {
      if (this.signal.aborted) {
        this.#logger.warn(`${signal} again: ending at once`);
        void exitProcess(exitFailure, lostGraceMs);
        return;
      }
      this.#signal.abort();
      this.#notReady = 'shutting down';
      this.#logger.info(`${signal}: shutting down`);
      void this.#end(timeoutMs, steps);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  }

  async #end(timeoutMs: number, steps: readonly EndStep[]): Promise<void> {
    const isGood = await endInSteps(steps, timeoutMs * stepsShare, (part, error) =>
      this.#logger.error({ error }, `${part}: the end has failed`),
    );
    if (isGood) this.#logger.info('ended');
    else this.#logger.fatal('the shutdown has failed');
    await exitProcess(isGood ? 0 : exitFailure, timeoutMs * (1 - stepsShare));
  }

  #tell(part: string, error: unknown): void {
    this.#notReady = `${part} has failed`;
    this.#onPanic();
    this.#logger.fatal({ error }, `${part} has failed; the process ends`);
  }
}
