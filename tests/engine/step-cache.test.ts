// Kept steps never change an answer: an engine that keeps them, against one that does not, while entries arrive late
// and are deleted.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/query-engine.ts';
import type { MetricResult } from '../../src/engine/query-service.ts';
import { inProcessWorkers } from '../../src/engine/query-workers.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { int64Max } from '../../src/model/time.ts';
import type { ChangeTimes, StoreReader } from '../../src/store/store.ts';
import { type MemoryEntry, MemoryStore } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

const startSeconds = 1_768_471_200;
const spanSeconds = 600;
const second = 1_000_000_000n;
const atNs = (seconds: number): bigint => BigInt(startSeconds + seconds) * second;

/** A store that grows and shrinks, and tells of it as a real one does. */
class ChangingStore implements ChangeTimes {
  additions = 0n;
  removals = 0;
  /** Earliest time of each addition. */
  readonly #added: bigint[] = [];
  readonly #streams: MemoryEntry[][] = [[], [], []];
  #store = this.#build();
  scans = 0;

  readonly reader = (): StoreReader => ({
    streams: (...args) => this.#store.streams(...args),
    labelNames: (...args) => this.#store.labelNames(...args),
    labelValues: (...args) => this.#store.labelValues(...args),
    plan: (snapshot, request) => ({
      ...this.#store.plan(snapshot, request),
      view: { removals: String(this.removals), steadyFromNs: atNs(-1_000_000), damagedBlocks: 0 },
    }),
    scan: (...args) => {
      this.scans++;
      this.#store.scan(...args);
    },
    close: () => {},
  });

  add(stream: number, seconds: number, value: number): void {
    const timestampNs = atNs(seconds);
    this.#streams[stream]?.push({
      timestampNs,
      line: Buffer.from(`v=${value}`),
      structuredMetadata: [],
      level: 0,
    });
    this.#store = this.#build();
    this.#added.push(timestampNs);
    this.additions++;
  }

  removeBefore(seconds: number): void {
    for (const [i, entries] of this.#streams.entries())
      this.#streams[i] = entries.filter(({ timestampNs }) => timestampNs >= atNs(seconds));
    this.#store = this.#build();
    this.removals++;
  }

  mark(): bigint {
    return this.additions;
  }

  earliestSince(mark: bigint): bigint {
    let earliest = int64Max;
    for (const ns of this.#added.slice(Number(mark))) if (ns < earliest) earliest = ns;
    return earliest;
  }

  #build(): MemoryStore {
    const streams = this.#streams.map((entries, i) => ({
      labels: labelsFromPairs([
        ['app', 'x'],
        ['pod', String(i)],
      ]),
      entries,
    }));
    return new MemoryStore(streams, { unitEntries: 4 });
  }
}

const queries = [
  'count_over_time({app="x"}[30s])',
  'sum by (pod) (rate({app="x"}[1m]))',
  'max_over_time({app="x"} | logfmt | unwrap v [45s]) by (pod)',
  'quantile_over_time(0.5, {app="x"} | logfmt | unwrap v [2m]) by (app)',
  'topk(1, count_over_time({app="x"}[1m] offset 30s))',
  'absent_over_time({app="x",pod="1"}[20s])',
  'count_over_time({app="x"}[1m]) / on (pod) sum by (pod) (bytes_over_time({app="x"}[1m]))',
].map(parseMetricExpr);

const pointsOf = (result: MetricResult): unknown =>
  result.kind === 'scalar'
    ? result.value
    : result.series.map(({ labels, timesMs, values }) => [
        labels,
        [...timesMs],
        // Sums may be added up in another order.
        [...values].map((value) => value.toPrecision(12)),
      ]);

const change = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      stream: fc.nat(2),
      at: fc.nat(spanSeconds),
      value: fc.nat(50),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(spanSeconds) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('query' as const),
      query: fc.constantFrom(...queries),
      from: fc.nat(spanSeconds),
      length: fc.nat(spanSeconds),
      step: fc.constantFrom(10, 15, 60),
      ignoreCache: fc.boolean(),
    }),
  },
);

function engines(store: ChangingStore): readonly [keeping: QueryEngine, plain: QueryEngine] {
  const common = { snapshot: () => undefined, runningMax: 4 };
  return [
    new QueryEngine({ ...common, workers: inProcessWorkers(store.reader()), changes: store }),
    new QueryEngine({ ...common, workers: inProcessWorkers(store.reader()), useStatistics: false }),
  ];
}

describe('kept steps', () => {
  it('give the answers of a scan, whatever was added late or deleted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 30 }), async (changes) => {
        const store = new ChangingStore();
        const [keeping, plain] = engines(store);
        for (const one of changes) {
          if (one.kind === 'add') store.add(one.stream, one.at, one.value);
          else if (one.kind === 'remove') store.removeBefore(one.at);
          else {
            const request = {
              query: one.query,
              startNs: atNs(one.from),
              endNs: atNs(one.from + one.length),
              stepNs: BigInt(one.step) * second,
            };
            const { ignoreCache } = one;
            const kept = await keeping.metrics(request, { ...testContext(), ignoreCache });
            expect(pointsOf(kept)).toEqual(pointsOf(await plain.metrics(request, testContext())));
          }
        }
      }),
      { interruptAfterTimeLimit: 8000, numRuns: 300 },
    );
  }, 30_000);

  it('spare scans of what has not changed, and no-cache does not use them', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 300; i++) store.add(i % 3, i * 2, i);
    const [keeping] = engines(store);
    const [query] = queries;
    if (query === undefined) throw new Error('no query');
    const request = { query, startNs: atNs(60), endNs: atNs(540), stepNs: 15n * second };
    const scansOf = async (ignoreCache: boolean): Promise<number> => {
      const before = store.scans;
      const { statistics } = await keeping.metrics(request, { ...testContext(), ignoreCache });
      return store.scans - before + statistics.linesAfterFilter;
    };
    const first = await scansOf(false);
    const second_ = await scansOf(false);
    const fresh = await scansOf(true);
    expect(second_).toBeLessThan(first / 4);
    expect(fresh).toBe(first);
  });

  it('execute equal queries at the same time once, also when one caller leaves', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 300; i++) store.add(i % 3, i * 2, i);
    const [keeping] = engines(store);
    const request = {
      query: parseMetricExpr('sum(count_over_time({app="x"} |= "v" [10m]))'),
      startNs: atNs(600),
      endNs: atNs(600),
      stepNs: 0n,
    };
    const before = store.scans;
    await keeping.metrics(request, testContext());
    const one = store.scans - before;
    const leaving = new AbortController();
    const answers = Promise.allSettled([
      keeping.metrics(request, { ...testContext(), signal: leaving.signal }),
      keeping.metrics(request, testContext()),
      keeping.metrics(request, testContext()),
    ]);
    leaving.abort();
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(store.scans - before).toBe(2 * one);
  });
});
