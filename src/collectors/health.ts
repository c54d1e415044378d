// The running tally behind a collector's health().

import type { CollectorHealth, CollectorState } from './collector.ts';

export class HealthTally {
  #state: CollectorState = 'starting';
  #hint = '';
  targets = 0;
  entriesTotal = 0;
  bytesTotal = 0;
  errorsTotal = 0;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Runs well: the hint is cleared. */
  running(): void {
    this.#state = 'running';
    this.#hint = '';
  }

  /** Trouble that is retried; `hint` is one sentence saying what is wrong and how to mend it. */
  waiting(hint: string): void {
    if (this.#state === 'stopped') return;
    this.#state = 'waiting';
    this.#hint = hint;
  }

  error(hint: string): void {
    this.errorsTotal++;
    this.waiting(hint);
  }

  /** Something is gone for good, and all goes on. */
  lost(hint: string): void {
    this.errorsTotal++;
    if (this.#state === 'running') this.#hint = hint;
  }

  failed(hint: string): void {
    this.#state = 'failed';
    this.#hint = hint;
  }

  stopped(): void {
    this.#state = 'stopped';
  }

  snapshot(): CollectorHealth {
    return {
      name: this.#name,
      state: this.#state,
      hint: this.#hint,
      targets: this.targets,
      entriesTotal: this.entriesTotal,
      bytesTotal: this.bytesTotal,
      errorsTotal: this.errorsTotal,
    };
  }
}
