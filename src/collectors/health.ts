// The running tally behind a collector's health().

import type { RepairKind } from '../ingest/repair/repair-kind.ts';
import type { CollectorHealth, CollectorState } from './collector.ts';
import { repairHint } from './repair-text.ts';

export class HealthTally {
  #state: CollectorState = 'starting';
  #hint = '';
  targets = 0;
  entriesTotal = 0;
  bytesTotal = 0;
  errorsTotal = 0;
  droppedTotal = 0;
  readonly #name: string;
  #repairs: Partial<Record<RepairKind, number>> = {};

  constructor(name: string) {
    this.#name = name;
  }

  /** Runs; `hint`: what is wrong with a part of the source and hinders no other; '' clears it. */
  running(hint = ''): void {
    this.#state = 'running';
    this.#hint = hint;
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

  /** Datagrams are gone, as nobody had room for them. */
  dropped(count: number, hint: string): void {
    this.droppedTotal += count;
    this.lost(hint);
  }

  /** Entries were stored otherwise than they came: said in the hint while all is well, in the log, and counted. */
  repaired(kind: RepairKind, entries = 1): void {
    this.#repairs[kind] = (this.#repairs[kind] ?? 0) + entries;
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
      hint: this.#hint === '' ? repairHint(this.#repairs) : this.#hint,
      targets: this.targets,
      entriesTotal: this.entriesTotal,
      bytesTotal: this.bytesTotal,
      errorsTotal: this.errorsTotal,
      droppedTotal: this.droppedTotal,
      repairs: { ...this.#repairs },
    };
  }
}
