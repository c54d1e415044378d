// The cells of all series of one range aggregation, filled by one worker, merged on the main thread.

import { type CellKind, cellWidths } from '../../logql/operations/cell.ts';
import type { Labels } from '../../model/labels.ts';
import type { SeriesTablePart } from '../../store/scan-task.ts';
import { arrayBytes, labelsCost, type MemoryShare } from '../query-memory.ts';
import { addSample, mergeCell } from './range-cell.ts';
import { SampleList } from './sample-list.ts';

/** Cells of one series from slot `lo` on; slots outside hold nothing. */
export interface SeriesCells {
  readonly labels: Labels;
  lo: number;
  /** Slots in `data`. */
  length: number;
  data: Float64Array;
  /** Only for cells of kind list. */
  readonly samples: SampleList | undefined;
}

/** What a series costs beside its cells, samples and labels: its object, its entry in the map. */
const entryBytes = 160;
const cellsMin = 4;
const noCells = new Float64Array(0);

export class SeriesTable {
  readonly kind: CellKind;
  readonly #slots: number;
  readonly #width: number;
  readonly #memory: MemoryShare;
  readonly #series = new Map<string, SeriesCells>();
  #magnitude = 0;

  /** `memory`: everything the table holds is added to it. */
  constructor(kind: CellKind, slots: number, memory: MemoryShare) {
    this.kind = kind;
    this.#slots = slots;
    this.#width = cellWidths[kind];
    this.#memory = memory;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Numbers per cell. */
  get cellWidth(): number {
    return this.#width;
  }

  /** Of kind sum: all values that were added, without their signs; infinite when one of them is not whole. */
  get magnitude(): number {
    return this.#magnitude;
  }

  /** Cells are the same in whatever order and groups samples were added. */
  get isExact(): boolean {
    return this.#magnitude <= Number.MAX_SAFE_INTEGER;
  }

  /** In the order of keys: what is added up over series does not depend on which of them came first. */
  sorted(): readonly (readonly [key: string, series: SeriesCells])[] {
    return [...this.#series].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The series of `key`; made when new. Throws QueryLimitError when memory is up. */
  series(key: string, labels: Labels): SeriesCells {
    const known = this.#series.get(key);
    if (known) return known;
    const lists = this.kind === 'list' ? 2 * arrayBytes + SampleList.bytesMin : 0;
    this.#memory.grow(entryBytes + arrayBytes + lists + labelsCost(key, labels));
    const samples = this.kind === 'list' ? new SampleList() : undefined;
    const made: SeriesCells = { labels, lo: 0, length: 0, data: noCells, samples };
    this.#series.set(key, made);
    return made;
  }

  /** Adds one sample. */
  add(series: SeriesCells, slot: number, value: number, time: number, stream: number): void {
    const at = this.#at(series, slot);
    if (this.kind === 'sum') this.#magnitude += Number.isInteger(value) ? Math.abs(value) : Infinity;
    addSample(this.kind, series.data, at, value, time, stream);
    if (series.samples) this.#memory.grow(series.samples.push(time, value));
  }

  /** Adds `count` samples whose values add up to `sum`; only for kinds count and sum. */
  addCounts(series: SeriesCells, slot: number, count: number, sum: number): void {
    const at = this.#at(series, slot);
    series.data[at] = (series.data[at] as number) + count;
    if (this.kind !== 'sum') return;
    series.data[at + 1] = (series.data[at + 1] as number) + sum;
    this.#magnitude += sum;
  }

  /** Adds `length` cells that lie in `cells` from cell `from` on, the first of them to `slot`. */
  addCells(series: SeriesCells, slot: number, cells: Float64Array, from: number, length: number): void {
    if (length === 0) return;
    const width = this.#width;
    const wasEmpty = series.length === 0;
    this.#at(series, slot);
    this.#at(series, slot + length - 1);
    const at = (slot - series.lo) * width;
    if (wasEmpty) series.data.set(cells.subarray(from * width, (from + length) * width), at);
    else
      for (let i = 0; i < length * width; i += width)
        mergeCell(this.kind, series.data, at + i, cells, from * width + i);
  }

  /** Adds the magnitude of cells that {@link addCells} added. */
  addMagnitude(magnitude: number): void {
    this.#magnitude += magnitude;
  }

  /** Makes `slot` and the next one the same: later slots have one number less. */
  joinSlots(slot: number): void {
    const width = this.#width;
    for (const series of this.#series.values()) {
      // Place of the next slot's cell.
      const next = slot + 1 - series.lo;
      if (next <= 0) series.lo--;
      else if (next < series.length) {
        mergeCell(this.kind, series.data, (next - 1) * width, series.data, next * width);
        series.data.copyWithin(next * width, (next + 1) * width, series.length * width);
        series.length--;
      }
    }
  }

  merge(part: SeriesTablePart): void {
    let from = 0;
    for (let i = 0; i < part.keys.length; i++) {
      const series = this.series(part.keys[i] as string, part.labels[i] as Labels);
      const length = part.length[i] as number;
      this.addCells(series, part.lo[i] as number, part.cells, from, length);
      from += length;
      if (series.samples === undefined) continue;
      const start = i === 0 ? 0 : (part.sampleEnds[i - 1] as number);
      const end = part.sampleEnds[i] as number;
      this.#memory.grow(
        series.samples.append(part.sampleTimes.subarray(start, end), part.sampleValues.subarray(start, end)),
      );
    }
    this.addMagnitude(part.magnitude);
  }

  /**
   * The table as one message, the buffers to transfer with it, and what the message takes. The table must not be used
   * afterwards.
   */
  toPart(): { part: SeriesTablePart; transfer: ArrayBuffer[]; bytes: number } {
    const all = [...this.#series.values()];
    const cellCount = all.reduce((sum, s) => sum + s.length * this.#width, 0);
    const samples = all.reduce((sum, s) => sum + (s.samples?.length ?? 0), 0);
    let bytes = 8 * (cellCount + 2 * samples + 2 * all.length);
    for (const [key, { labels }] of this.#series) bytes += labelsCost(key, labels);
    this.#memory.grow(bytes);
    const cells = new Float64Array(cellCount);
    const sampleEnds = new Float64Array(all.length);
    const sampleTimes = new Float64Array(samples);
    const sampleValues = new Float64Array(samples);
    let at = 0;
    let sampleAt = 0;
    all.forEach((series, i) => {
      cells.set(series.data.subarray(0, series.length * this.#width), at);
      at += series.length * this.#width;
      series.data = noCells;
      if (series.samples) {
        sampleTimes.set(series.samples.times, sampleAt);
        sampleValues.set(series.samples.values, sampleAt);
        sampleAt += series.samples.length;
        series.samples.clear();
      }
      sampleEnds[i] = sampleAt;
    });
    const lo = Int32Array.from(all, (s) => s.lo);
    const length = Int32Array.from(all, (s) => s.length);
    return {
      part: {
        keys: [...this.#series.keys()],
        labels: all.map((s) => s.labels),
        lo,
        length,
        cells,
        sampleEnds,
        sampleTimes,
        sampleValues,
        magnitude: this.#magnitude,
      },
      transfer: [cells, lo, length, sampleEnds, sampleTimes, sampleValues].map(({ buffer }) => buffer),
      bytes,
    };
  }

  /** Index of the slot's cell in `series.data`, which grows to hold it. */
  #at(series: SeriesCells, slot: number): number {
    const index = slot - series.lo;
    if (index >= 0 && index < series.length) return index * this.#width;
    this.#widen(series, slot);
    return (slot - series.lo) * this.#width;
  }

  #widen(series: SeriesCells, slot: number): void {
    const { lo, length, data } = series;
    let newLo = slot;
    let newEnd = slot + 1;
    if (length > 0) {
      // Doubling towards the side that grows: units come in time order, so it is mostly one side.
      newLo = slot < lo ? Math.max(0, Math.min(slot, lo - length)) : lo;
      newEnd = slot >= lo + length ? Math.min(this.#slots, Math.max(slot + 1, lo + 2 * length)) : lo + length;
    } else newEnd = Math.min(this.#slots, slot + cellsMin);
    const grown = new Float64Array((newEnd - newLo) * this.#width);
    this.#memory.grow(grown.byteLength - data.byteLength);
    if (length > 0) grown.set(data.subarray(0, length * this.#width), (lo - newLo) * this.#width);
    series.lo = newLo;
    series.length = newEnd - newLo;
    series.data = grown;
  }
}
