// Cuts time into slots so that every window (t − range, t] of a range aggregation is a run of whole slots. A sample
// is added to one slot, whatever range / step is; windows are folded from slots afterwards (window-fold.ts).
//
//   step k ends at t(k) = first + k · step;  range = q · step + delta, 0 ≤ delta < step
//   interval i = (t(i−1), t(i)], cut in two by t(i) − delta: only its later half lies in window i + q
//   window k = later half of interval k − q, then intervals k − q + 1 … k
//
// When a range spans more steps than there are (q ≥ count) and cells would be many, the intervals that lie in every
// window are one cell, so there are at most 2 · count cells.
//
// A grid may have one cut: the slot it falls into is two, up to the cut and after it.

import { floorDiv, nsPerSecond } from '../../model/time.ts';
import type { Steps } from '../../store/scan-task.ts';

/** The time lies in no window. */
export const noSlot = -1;
/** A span of time that does not lie in one slot. */
export const manySlots = -2;

/** With one step its window is cell 1. */
const onlySlot = 1;
const nsPerMinute = 60n * nsPerSecond;
/** Up to this many cells no intervals share one. */
const apartCellsMax = 2048;

export class WindowGrid {
  /** Number of steps. */
  readonly count: number;
  /** Cells a window covers in full: window k is cells k + 1 … k + width, after the later half of cell k. */
  readonly width: number;
  /** Slots in all: two a cell when cells have halves. */
  readonly slots: number;
  readonly halves: boolean;
  /** Every interval has a cell of its own. */
  readonly apart: boolean;
  /** Windows hold times with startNs < t ≤ endNs. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** End of the first step's window. */
  readonly firstNs: bigint;
  /** The slot up to the cut; what comes after it has the next number. */
  readonly cutSlot: number;
  readonly #cutNs: bigint | undefined;
  readonly #stepNs: bigint;
  readonly #step: number;
  readonly #delta: number;
  readonly #q: number;
  #baseInterval = 0;
  #baseRest = 0;
  #baseToCut = Number.POSITIVE_INFINITY;

  /** `offsetNs` shifts all windows into the past. A cut needs cells that are apart and lies inside the windows. */
  constructor(steps: Steps, rangeNs: bigint, offsetNs: bigint, cutNs?: bigint) {
    this.count = steps.count;
    this.firstNs = steps.startNs - offsetNs;
    this.startNs = this.firstNs - rangeNs;
    this.endNs = this.firstNs + BigInt(Math.max(0, steps.count - 1)) * steps.stepNs;
    this.#stepNs = steps.count <= 1 ? rangeNs : steps.stepNs;
    this.#step = Number(this.#stepNs);
    this.#q = Number(rangeNs / this.#stepNs);
    this.#delta = Number(rangeNs % this.#stepNs);
    this.halves = this.#delta > 0;
    this.apart = this.#q < this.count || this.#q + this.count <= apartCellsMax;
    this.width = this.apart ? this.#q : this.count;
    this.slots = (this.count + this.width) * (this.halves ? 2 : 1) + (cutNs === undefined ? 0 : 1);
    this.#cutNs = cutNs;
    this.cutSlot = cutNs === undefined ? Number.POSITIVE_INFINITY : this.slotOf(cutNs);
  }

  /** Whether windows and slots, but for the cut, begin and end at multiples of a time alone. */
  hasEdgesAt(everyNs: bigint): boolean {
    const edges = [this.startNs, this.firstNs, this.#stepNs];
    return edges.every((ns) => ns % everyNs === 0n);
  }

  /** The slot of a time as if windows had no end and the grid no cut; for cells that are apart. */
  slotOf(ns: bigint): number {
    const y = ns - this.firstNs;
    const interval = -floorDiv(-y, this.#stepNs);
    const cell = Number(interval) + this.#q;
    if (!this.halves) return cell;
    return 2 * cell + (y > interval * this.#stepNs - BigInt(this.#delta) ? 1 : 0);
  }

  /** The last time of a slot as {@link slotOf} numbers them. */
  slotEndNs(slot: number): bigint {
    const cell = this.halves ? Math.floor(slot / 2) : slot;
    const endNs = this.firstNs + BigInt(cell - this.#q) * this.#stepNs;
    return this.halves && slot % 2 === 0 ? endNs - BigInt(this.#delta) : endNs;
  }

  /** How many slots later than on this grid a time lies on `other`, which differs by its first step alone. */
  slotsTo(other: WindowGrid): number {
    return Number((this.firstNs - other.firstNs) / this.#stepNs) * (this.halves ? 2 : 1);
  }

  /** Later calls of {@link slotAt} count offsets from this time. */
  setBase(baseNs: bigint): void {
    const y = baseNs - this.firstNs;
    const interval = floorDiv(y, this.#stepNs);
    this.#baseInterval = Number(interval);
    this.#baseRest = Number(y - interval * this.#stepNs);
    if (this.#cutNs !== undefined) this.#baseToCut = Number(this.#cutNs - baseNs);
  }

  /** The slot of the time `offsetNs` after the base, or {@link noSlot}. Exact to the nanosecond. */
  slotAt(offsetNs: number): number {
    // One step: the scan is clipped to its window, so everything it gives lies inside.
    if (this.count === 1) return onlySlot;
    const y = this.#baseRest + offsetNs;
    const d = Math.ceil(y / this.#step);
    const slot = this.#slot(this.#baseInterval + d, y > d * this.#step - this.#delta ? 1 : 0);
    return slot < this.cutSlot ? slot : this.#pastCut(slot, offsetNs);
  }

  /** The slot of all times with (minute − 1)·60 s < t ≤ minute·60 s, or {@link noSlot}, or {@link manySlots}. */
  slotOfMinute(minute: number): number {
    if (this.count === 1) return onlySlot;
    const endNs = BigInt(minute) * nsPerMinute;
    this.setBase(endNs);
    const offsetNs = 1 - Number(nsPerMinute);
    const last = this.#position(0);
    const first = this.#position(offsetNs);
    const slot = this.#pastCut(this.#slot(Math.floor(last / 2), last % 2 === 0 ? 0 : 1), 0);
    const other = this.#pastCut(this.#slot(Math.floor(first / 2), first % 2 === 0 ? 0 : 1), offsetNs);
    if (first === last) return slot === other ? slot : manySlots;
    return slot === other && slot !== noSlot ? slot : manySlots;
  }

  #pastCut(slot: number, offsetNs: number): number {
    return slot > this.cutSlot || (slot === this.cutSlot && offsetNs > this.#baseToCut) ? slot + 1 : slot;
  }

  #position(offsetNs: number): number {
    const y = this.#baseRest + offsetNs;
    const d = Math.ceil(y / this.#step);
    return 2 * (this.#baseInterval + d) + (y > d * this.#step - this.#delta ? 1 : 0);
  }

  #slot(interval: number, half: number): number {
    const n = this.count;
    const q = this.#q;
    if (interval >= n || interval < -q) return noSlot;
    if (this.halves) {
      if (half === 0 && (interval === -q || q === 0)) return noSlot;
    } else if (interval === -q) return noSlot;
    if (this.apart) return this.halves ? 2 * (interval + q) + half : interval + q;
    const shared = interval >= n - q && interval <= 0;
    const cell = shared ? n : interval <= 0 ? interval + q : n + interval;
    // Slots must ascend with time, and nobody asks for half of the shared cell.
    return this.halves ? 2 * cell + (shared ? 0 : half) : cell;
  }
}
