// Finished steps of range aggregations, kept for the next refresh of a dashboard. A step is used again as long as no
// entry of its window was added, hidden or deleted since: late entries cut what is kept at their time.
import { type Labels, labelsKey } from '../model/labels.ts';
import type { ChangeTimes } from '../store/store.ts';
import type { Steps } from './align.ts';
import { newSeries, type StepSeries } from './step-series.ts';

/** Bytes of all kept steps, and the share one aggregation may take. */
export const stepCacheBytesMax = 64 * 1024 * 1024;
const entryShareMax = 0.25;
/** Steps whose window ends later than this before now are not kept: entries still arrive. */
const growingEdgeNs = 10_000_000_000n;
const seriesBytes = 300;
const bytesPerStep = 9;

/** Series over consecutive steps. */
export interface KeptSteps {
  readonly steps: Steps;
  readonly series: readonly StepSeries[];
}

interface Entry extends KeptSteps {
  /** How far a window's end lies before its step. */
  readonly offsetNs: bigint;
  readonly mark: bigint;
  readonly removals: string;
  readonly bytes: number;
}

export interface Lookup {
  readonly key: string;
  readonly steps: Steps;
  readonly offsetNs: bigint;
}

export class StepCache {
  readonly #changes: ChangeTimes;
  readonly #bytesMax: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  hits = 0;

  constructor(changes: ChangeTimes, bytesMax = stepCacheBytesMax) {
    this.#changes = changes;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Take it before the snapshot of a scan whose answer is to be kept. */
  mark(): bigint {
    return this.#changes.mark();
  }

  /** Steps that are wanted and still right, if `removals` are what they were: the caller finds out by scanning. */
  find({ key, steps, offsetNs }: Lookup): (KeptSteps & { readonly removals: string }) | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const earliestNs = this.#changes.earliestSince(entry.mark);
    if (earliestNs === undefined) {
      this.#drop(key, entry);
      return undefined;
    }
    const from = maxNs(steps.startNs, entry.steps.startNs);
    const until = minNs(
      minNs(lastNs(steps), lastNs(entry.steps)),
      // The window of step t holds times up to t − offset.
      earliestNs + offsetNs - 1n,
    );
    const count = until < from ? 0 : Number((until - from) / steps.stepNs) + 1;
    if (count === 0) return undefined;
    this.hits++;
    const kept = { startNs: from, stepNs: steps.stepNs, count };
    return { steps: kept, series: joinSteps(kept, [entry]), removals: entry.removals };
  }

  keep(
    lookup: Lookup,
    series: readonly StepSeries[],
    about: { readonly mark: bigint; readonly removals: string; readonly nowNs: bigint },
  ): void {
    const { key, steps, offsetNs } = lookup;
    const old = this.#entries.get(key);
    if (old !== undefined) this.#drop(key, old);
    const latestNs = about.nowNs - growingEdgeNs + offsetNs;
    const until = minNs(lastNs(steps), latestNs);
    const count = until < steps.startNs ? 0 : Number((until - steps.startNs) / steps.stepNs) + 1;
    if (count === 0) return;
    const bytes = key.length * 2 + series.length * (seriesBytes + count * bytesPerStep);
    if (bytes > this.#bytesMax * entryShareMax) return;
    const kept: Steps = { ...steps, count };
    const copy = joinSteps(kept, [{ steps, series }]);
    this.#entries.set(key, { steps: kept, series: copy, offsetNs, ...about, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(oldest, entry);
    }
  }

  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#drop(key, entry);
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

/** Copies of what the parts hold of these steps, series with equal labels joined; series without a point are left out. */
export function joinSteps(steps: Steps, parts: readonly KeptSteps[]): StepSeries[] {
  const joined = new Map<string, StepSeries>();
  for (const part of parts) {
    // Index of the part's first step among the wanted ones.
    const at = steps.stepNs === 0n ? 0 : Number((part.steps.startNs - steps.startNs) / steps.stepNs);
    const from = Math.max(0, -at);
    const until = Math.min(part.steps.count, steps.count - at);
    if (until <= from) continue;
    for (const { labels, values, present } of part.series) {
      const points = present.subarray(from, until);
      if (!points.includes(1)) continue;
      const into = seriesOf(joined, labels, steps.count);
      into.present.set(points, at + from);
      into.values.set(values.subarray(from, until), at + from);
    }
  }
  return [...joined.values()];
}

function seriesOf(joined: Map<string, StepSeries>, labels: Labels, count: number): StepSeries {
  const key = labelsKey(labels);
  const known = joined.get(key);
  if (known !== undefined) return known;
  const made = newSeries(labels, count);
  joined.set(key, made);
  return made;
}

export const lastNs = ({ startNs, stepNs, count }: Steps): bigint => startNs + BigInt(count - 1) * stepNs;
const minNs = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const maxNs = (a: bigint, b: bigint): bigint => (a > b ? a : b);
