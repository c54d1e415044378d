// Questions about recorded series, one at a time: they are answered beside the rules, in their thread.
import { failure, seriesAreNotKept } from '../prometheus-answer.ts';
import type { RulerAnswer } from '../ruler-protocol.ts';
import { Turns } from '../turns.ts';
import type { RecordedStore } from './evaluate-recorded.ts';
import type { RecordedRequest } from './recorded-api.ts';

export interface RecordedSeriesParts {
  readonly store: RecordedStore;
  readonly keepSeriesMs: number;
  readonly nowMs: () => number;
}

/** Questions that are answered or wait. */
const askedMax = 100;

export class RecordedSeriesQueries {
  readonly #parts: RecordedSeriesParts;
  readonly #turns = new Turns(1);
  #asked = 0;

  constructor(parts: RecordedSeriesParts) {
    this.#parts = parts;
  }

  async answer(tenant: string, request: RecordedRequest): Promise<RulerAnswer> {
    const { store, keepSeriesMs, nowMs } = this.#parts;
    if (keepSeriesMs === 0) return seriesAreNotKept;
    if (this.#asked >= askedMax) return failure(503, 'unavailable', 'too many outstanding requests');
    this.#asked++;
    try {
      return await this.#turns.run(async () => {
        // Few ask, and what evaluates queries takes memory.
        const { answerRecorded } = await import('./recorded-api.ts');
        return answerRecorded(store, tenant, request, { nowMs: nowMs(), keptMs: keepSeriesMs });
      });
    } finally {
      this.#asked--;
    }
  }
}
