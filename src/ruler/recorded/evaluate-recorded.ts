// Answers questions about recorded series: samples as the store keeps them, folded over time and aggregated as LogQL's are.
import { setImmediate as otherWork } from 'node:timers/promises';
import { stepsOf, stepTimesMs } from '../../engine/metrics/align.ts';
import { evaluate } from '../../engine/metrics/evaluate.ts';
import { foldWindows } from '../../engine/metrics/window-fold.ts';
import type { RangeAggregation } from '../../logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { type Labels, labelsKey } from '../../model/labels.ts';
import { nsPerMs } from '../../model/time.ts';
import { QueryEvaluationError, QueryLimitError } from '../../scan/query-errors.ts';
import { MemoryShare } from '../../scan/query-memory.ts';
import { cellKindOf } from '../../scan/ranges/range-cell.ts';
import { SeriesTable } from '../../scan/ranges/series-table.ts';
import {
  compareLabels,
  constantSeries,
  isEmptySeries,
  newSeries,
  type StepSeries,
  type StepValue,
} from '../../scan/ranges/step-series.ts';
import { WindowGrid } from '../../scan/ranges/window-grid.ts';
import type { KeptSample, KeptSeries, RuleStore } from '../../store/rule-store.ts';
import type { Steps } from '../../store/scan-task.ts';
import { seriesOfText } from '../alert-posts.ts';
import type { RecordedQuery } from './promql.ts';

/** Samples that one query may read. */
export const samplesMax = 500_000;
/** Bytes that its answer and what it takes on the way may have. */
const memoryBytesMax = 64 * 1024 * 1024;

export type RecordedStore = Pick<RuleStore, 'keptSeries' | 'keptSamples'>;

export interface RecordedAnswer {
  readonly kind: 'scalar' | 'vector';
  /** Of a scalar one series without labels. Only those that have a point; sorted by labels. */
  readonly series: readonly StepSeries[];
  readonly timesMs: Float64Array;
}

export interface NamedSeries {
  readonly id: number;
  readonly labels: Labels;
}

/** Unix ms. */
export interface RecordedTimes {
  readonly startMs: number;
  readonly endMs: number;
  /** 0: one instant. */
  readonly stepMs: number;
  /** Older samples count as gone. */
  readonly oldestMs: number;
}

/** Rejects with QueryLimitError, QueryEvaluationError. */
export async function evaluateRecorded(
  store: RecordedStore,
  tenant: string,
  query: RecordedQuery,
  times: RecordedTimes,
): Promise<RecordedAnswer> {
  const toNs = (ms: number): bigint => BigInt(Math.round(ms)) * nsPerMs;
  const steps = stepsOf({ startNs: toNs(times.startMs), endNs: toNs(times.endMs) }, toNs(times.stepMs));
  const all = namedSeries(await store.keptSeries(tenant));
  const reader = new SampleReader(store, times.oldestMs);
  const memory = boundedMemory();
  const ranges = new Map<RangeAggregation, readonly StepSeries[]>();
  for (const [node, { isInstant, keepsName }] of query.ranges) {
    const matchers = compileMatchers(node.log.matchers);
    const found = all.filter(({ labels }) => matchesLabels(matchers, labels));
    const read = isInstant ? newestSamples : foldedSamples;
    const series = await read(
      { node, steps, memory, samplesOf: (one, span) => reader.read(one, span) },
      found,
    );
    ranges.set(node, keepsName ? series : withoutNames(series));
  }
  const value = evaluate(query.expr, {
    steps: steps.count,
    rangeSeries: (node) => ranges.get(node) ?? [],
    memory,
  });
  return { kind: value.kind, series: seriesOf(value, steps), timesMs: stepTimesMs(steps) };
}

export const namedSeries = (kept: readonly KeptSeries[]): readonly NamedSeries[] =>
  kept.map(({ id, series }) => ({ id, labels: seriesOfText(series) }));

function seriesOf(value: StepValue, steps: Steps): readonly StepSeries[] {
  if (value.kind === 'scalar') return [constantSeries(value.value, steps.count)];
  const series = value.series.filter((one) => !isEmptySeries(one));
  return series.toSorted((a, b) => compareLabels(a.labels, b.labels));
}

function boundedMemory(): MemoryShare {
  let held = 0;
  return new MemoryShare({
    bytesMax: memoryBytesMax,
    add: (bytes) => {
      held += bytes;
      return held <= memoryBytesMax;
    },
  });
}

interface Span {
  /** Later than this, up to that. */
  readonly afterMs: number;
  readonly untilMs: number;
}

interface Reading {
  readonly node: RangeAggregation;
  readonly steps: Steps;
  readonly memory: MemoryShare;
  readonly samplesOf: (series: NamedSeries, span: Span) => Promise<readonly KeptSample[]>;
}

/** Counts what a query reads, and lets the rules have their turn in between. */
class SampleReader {
  readonly #store: RecordedStore;
  readonly #afterMs: number;
  #left = samplesMax;

  constructor(store: RecordedStore, oldestMs: number) {
    this.#store = store;
    this.#afterMs = oldestMs - 1;
  }

  async read({ id }: NamedSeries, { afterMs, untilMs }: Span): Promise<readonly KeptSample[]> {
    await otherWork();
    const samples = await this.#store.keptSamples(
      id,
      Math.max(afterMs, this.#afterMs),
      untilMs,
      this.#left + 1,
    );
    this.#left -= samples.length;
    if (this.#left < 0)
      throw new QueryLimitError(
        `the query would read more than ${samplesMax} samples; ask for less time or fewer series`,
      );
    return samples;
  }
}

const endNsOf = ({ startNs, stepNs, count }: Steps): bigint =>
  startNs + BigInt(Math.max(0, count - 1)) * stepNs;
const msOf = (ns: bigint): number => Number(ns / nsPerMs);

/** At each step the newest sample, unless it is too old or the series has ended. */
async function newestSamples(
  { node: { rangeNs, offsetNs }, steps, memory, samplesOf }: Reading,
  found: readonly NamedSeries[],
): Promise<readonly StepSeries[]> {
  const [rangeMs, offsetMs, startMs, stepMs] = [rangeNs, offsetNs, steps.startNs, steps.stepNs].map(msOf) as [
    number,
    number,
    number,
    number,
  ];
  const span = { afterMs: startMs - offsetMs - rangeMs, untilMs: msOf(endNsOf(steps)) - offsetMs };
  const all: StepSeries[] = [];
  for (const one of found) {
    const samples = await samplesOf(one, span);
    if (samples.length === 0) continue;
    memory.grow(9 * steps.count);
    const out = newSeries(one.labels, steps.count);
    let next = 0;
    for (let k = 0; k < steps.count; k++) {
      const atMs = startMs + k * stepMs - offsetMs;
      while (next < samples.length && (samples[next] as KeptSample).timeMs <= atMs) next++;
      const newest = samples[next - 1];
      if (newest?.value === undefined || newest.timeMs <= atMs - rangeMs) continue;
      out.present[k] = 1;
      out.values[k] = newest.value;
    }
    all.push(out);
  }
  return all;
}

async function foldedSamples(
  { node, steps, memory, samplesOf }: Reading,
  found: readonly NamedSeries[],
): Promise<readonly StepSeries[]> {
  const grid = new WindowGrid(steps, node.rangeNs, node.offsetNs);
  const span = { afterMs: msOf(grid.startNs), untilMs: msOf(grid.endNs) };
  const table = new SeriesTable(cellKindOf(node), grid.slots, memory);
  grid.setBase(grid.firstNs);
  const firstMs = msOf(grid.firstNs);
  for (const one of found) {
    const samples = await samplesOf(one, span);
    for (const { timeMs, value } of samples) {
      if (value === undefined) continue;
      const offset = (timeMs - firstMs) * 1e6;
      const slot = grid.slotAt(offset);
      if (slot >= 0) table.add(table.series(labelsKey(one.labels), one.labels), slot, value, offset, 0);
    }
  }
  return foldWindows(table, { aggregation: node, grid, steps });
}

/** Throws QueryEvaluationError when two are then the same. */
function withoutNames(series: readonly StepSeries[]): readonly StepSeries[] {
  const keys = new Set<string>();
  return series.map((one) => {
    const labels = one.labels.filter(([name]) => name !== '__name__');
    const key = labelsKey(labels);
    if (keys.has(key)) throw new QueryEvaluationError('vector cannot contain metrics with the same labelset');
    keys.add(key);
    return { ...one, labels };
  });
}
