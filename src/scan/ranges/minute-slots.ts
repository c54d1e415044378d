// Minutes as statistics count them: their slots of a range aggregation, and scanning the minutes statistics cannot answer.
import { nsPerSecond, splitNs } from '../../model/time.ts';
import { type EntryBatch, type ScanRequest, statisticsMinute } from '../../store/store.ts';
import type { WindowGrid } from './window-grid.ts';

const nsPerMinute = 60n * nsPerSecond;
/** Minutes whose slot is remembered: 45 days. */
const minuteSlotsMax = 65_536;
/** A slot nobody has asked for: none of window-grid.ts. */
const unknown = -3;

/** Slots of minutes: units of all streams ask for the same ones. */
export class MinuteSlots {
  readonly #grid: WindowGrid;
  readonly #firstMinute: number;
  /** Of the first minutes of the range; `unknown` until one is asked for. */
  readonly #slots: Int32Array;

  constructor(grid: WindowGrid, { startNs, endNs }: ScanRequest) {
    this.#grid = grid;
    this.#firstMinute = statisticsMinute(startNs);
    const minutes = statisticsMinute(endNs) - this.#firstMinute + 1;
    this.#slots = new Int32Array(Math.max(0, Math.min(minutes, minuteSlotsMax))).fill(unknown);
  }

  of(minute: number): number {
    const i = minute - this.#firstMinute;
    const known = this.#slots[i] ?? unknown;
    if (known !== unknown) return known;
    const slot = this.#grid.slotOfMinute(minute);
    if (i >= 0 && i < this.#slots.length) this.#slots[i] = slot;
    return slot;
  }
}

/** The request narrowed to the minutes that statistics could not answer. */
export function minutesRequest(request: ScanRequest, minutes: ReadonlySet<number>): ScanRequest {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const minute of minutes) {
    first = Math.min(first, minute);
    last = Math.max(last, minute);
  }
  const startNs = BigInt(first - 1) * nsPerMinute + 1n;
  const endNs = BigInt(last) * nsPerMinute + 1n;
  return {
    ...request,
    startNs: startNs > request.startNs ? startNs : request.startNs,
    endNs: endNs < request.endNs ? endNs : request.endNs,
  };
}

/** Whether the entry at an offset lies in one of the minutes (rounded up, as in statistics). */
export function minuteFilter(batch: EntryBatch, minutes: ReadonlySet<number>): (offsetNs: number) => boolean {
  const { seconds, nanos } = splitNs(batch.baseNs);
  const minuteNs = Number(nsPerMinute);
  const baseMinute = Math.floor(seconds / 60);
  const rest = (seconds - baseMinute * 60) * Number(nsPerSecond) + nanos;
  return (offsetNs) => minutes.has(baseMinute + Math.ceil((rest + offsetNs) / minuteNs));
}
