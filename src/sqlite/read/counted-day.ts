// A day of a stream as a unit: nothing but statistics, by steps of five minutes.
import { floorDiv, type TimeRange } from '../../model/time.ts';
import { coarseMinutes, type ScanUnit, type StreamInfo, type UnitStatistics } from '../../store/store.ts';
import { CountRows } from '../format/counts.ts';
import type { DayCounts, DayRun } from './day-counts.ts';

const coarseNs = BigInt(coarseMinutes) * 60_000_000_000n;
/** Of all units: their rows are valid until another one is asked. */
const rows = new CountRows();

/** Whether a step of the run's rows has times before and after one of these edges: times up to one, and those after it. */
export function isCut({ heads, from, to }: DayRun, edgesNs: readonly bigint[]): boolean {
  const startNs = floorStep((heads.t0Ns[from] as bigint) - 1n) * coarseNs;
  const endNs = -floorStep(-(heads.t1Ns[to - 1] as bigint)) * coarseNs;
  return edgesNs.some((ns) => ns > startNs && ns < endNs && ns % coarseNs !== 0n);
}

export class CountedDay implements ScanUnit {
  readonly stream: StreamInfo;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly entries: number;
  readonly rawBytes: number;
  readonly counted = true;
  readonly address = undefined;
  readonly #run: DayRun;
  readonly #range: TimeRange;
  readonly #counts: DayCounts;

  constructor(
    run: DayRun,
    { stream, range }: { readonly stream: StreamInfo; readonly range: TimeRange },
    counts: DayCounts,
  ) {
    const { heads, from, to } = run;
    this.stream = stream;
    this.firstNs = heads.t0Ns[from] as bigint;
    this.lastNs = heads.t1Ns[to - 1] as bigint;
    let entries = 0;
    let rawBytes = 0;
    for (let block = from; block < to; block++) {
      entries += heads.n[block] as number;
      rawBytes += heads.raw[block] as number;
    }
    this.entries = entries;
    this.rawBytes = rawBytes;
    this.#run = run;
    this.#range = range;
    this.#counts = counts;
  }

  /** Throws UnitGoneError. */
  get statistics(): UnitStatistics {
    const { startNs, endNs } = this.#range;
    const after = Number(floorStep(startNs - 1n)) * coarseMinutes;
    const until = -Number(floorStep(1n - endNs)) * coarseMinutes;
    return rows.load(this.#counts.of(this.#run)).stepsAsMinutes(coarseMinutes, after, until);
  }
}

const floorStep = (ns: bigint): bigint => floorDiv(ns, coarseNs);
