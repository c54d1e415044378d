// What is kept never changes an answer: an engine that keeps cells and steps, against one that does not, while entries
// arrive late, are deleted and grow too old.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { MetricExpr } from '../../src/logql/ast.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { int64Max } from '../../src/model/time.ts';
import type { ChangeTimes, StoreReader } from '../../src/store/store.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { type MemoryEntry, MemoryStore } from './memory-store.ts';
import { pointsOf } from './points.ts';
import { testContext } from './recorded-engine.ts';

const startSeconds = 1_768_471_200;
const spanSeconds = 600;
const second = 1_000_000_000n;
const emptyTenant = 'nobody';
const atNs = (seconds: number): bigint => BigInt(startSeconds + seconds) * second;

/** A store that grows and shrinks, and tells of it as a real one does. */
class ChangingStore implements ChangeTimes {
  additions = 0n;
  removals = 0;
  #steadyFromNs = atNs(-1_000_000);
  /** Earliest time of each addition. */
  readonly #added: bigint[] = [];
  readonly #streams: MemoryEntry[][] = [[], [], []];
  #store = this.#build();
  scans = 0;

  readonly reader = (): StoreReader => ({
    streams: (...args) => this.#store.streams(...args),
    labelNames: (...args) => this.#store.labelNames(...args),
    labelValues: (...args) => this.#store.labelValues(...args),
    plan: (snapshot, request) => {
      const plan = this.#store.plan(snapshot, request);
      return {
        ...plan,
        units: request.tenant === emptyTenant ? [] : plan.units,
        view: { removals: String(this.removals), steadyFromNs: this.#steadyFromNs, damagedBlocks: 0 },
      };
    },
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
      line: Buffer.from(`v=${value} part=${value / 7}`),
      structuredMetadata: [],
      level: 0,
    });
    this.#store = this.#build();
    this.#added.push(timestampNs);
    this.additions++;
  }

  removeBefore(seconds: number): void {
    this.#hideBefore(seconds);
    this.removals++;
  }

  /** As retention by age does: nobody is told. */
  expireBefore(seconds: number): void {
    this.#hideBefore(seconds);
    if (atNs(seconds) > this.#steadyFromNs) this.#steadyFromNs = atNs(seconds);
  }

  mark(): bigint {
    return this.additions;
  }

  earliestSince(mark: bigint): bigint {
    let earliest = int64Max;
    for (const ns of this.#added.slice(Number(mark))) if (ns < earliest) earliest = ns;
    return earliest;
  }

  get latelyFromNs(): bigint {
    return this.earliestSince(this.additions - 3n);
  }

  #hideBefore(seconds: number): void {
    for (const [i, entries] of this.#streams.entries())
      this.#streams[i] = entries.filter(({ timestampNs }) => timestampNs >= atNs(seconds));
    this.#store = this.#build();
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

/** The same to the last bit. */
const exactQueries = [
  'count_over_time({app="x"}[30s])',
  'sum by (pod) (rate({app="x"}[1m]))',
  'bytes_rate({app="x"}[7s])',
  'max_over_time({app="x"} | logfmt | unwrap v [45s]) by (pod)',
  'min_over_time({app="x"} | logfmt | unwrap part [2m])',
  'sum by (app) (sum_over_time({app="x"} | logfmt | unwrap v [40s]))',
  'avg(rate({app="x"}[7s]))',
  'avg_over_time({app="x"} | logfmt | unwrap v [2m]) by (pod)',
  'rate({app="x"} | logfmt | unwrap v [1h])',
  'quantile_over_time(0.5, {app="x"} | logfmt | unwrap v [2m]) by (app)',
  'topk(1, count_over_time({app="x"}[1m] offset 30s))',
  'absent_over_time({app="x",pod="1"}[20s])',
  'count_over_time({app="x"}[1m]) / on (pod) sum by (pod) (bytes_over_time({app="x"}[1m]))',
].map(parseMetricExpr);
/** The order in which these are added up shows in the last bits. */
const roundedQueries = [
  'sum by (app) (sum_over_time({app="x"} | logfmt | unwrap part [40s]))',
  'stddev_over_time({app="x"} | logfmt | unwrap v [1m]) by (app)',
  'sum(last_over_time({app="x"} | logfmt | unwrap part [1m]))',
].map(parseMetricExpr);
const [countQuery] = exactQueries as [MetricExpr];

/** Equal but for the last bits. */
const nearly = (value: number): unknown =>
  Number.isFinite(value)
    ? expect.closeTo(value, 9 - Math.ceil(Math.log10(Math.max(1, Math.abs(value)))))
    : value;

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
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(spanSeconds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), at: fc.nat(spanSeconds) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('query' as const),
      query: fc.constantFrom(...exactQueries, ...roundedQueries),
      from: fc.nat(spanSeconds),
      length: fc.nat(spanSeconds),
      step: fc.constantFrom(10, 15, 60),
      ignoreCache: fc.boolean(),
    }),
  },
);

function engines(
  store: ChangingStore,
  cacheBytesMax?: number,
): readonly [keeping: QueryEngine, plain: QueryEngine] {
  const common = { runningMax: 4 };
  const keeping = { ...common, changes: store, ...(cacheBytesMax !== undefined && { cacheBytesMax }) };
  return [
    new QueryEngine({ ...keeping, workers: inProcessWorkers(store.reader()) }),
    new QueryEngine({ ...common, workers: inProcessWorkers(store.reader()), useStatistics: false }),
  ];
}

describe('kept cells and steps', () => {
  it('give the answers of a scan, whatever was added late or deleted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 5, maxLength: 30 }),
        within(8000, async (changes) => {
          const store = new ChangingStore();
          const [keeping, plain] = engines(store);
          for (const one of changes) {
            if (one.kind === 'add') store.add(one.stream, one.at, one.value);
            else if (one.kind === 'remove') store.removeBefore(one.at);
            else if (one.kind === 'expire') store.expireBefore(one.at);
            else {
              const request = {
                query: one.query,
                startNs: atNs(one.from),
                endNs: atNs(one.from + one.length),
                stepNs: BigInt(one.step) * second,
              };
              const { ignoreCache } = one;
              const wanted = roundedQueries.includes(one.query) ? nearly : undefined;
              const kept = await keeping.metrics(request, { ...testContext(), ignoreCache });
              const scanned = await plain.metrics(request, testContext());
              expect(pointsOf(kept)).toEqual(pointsOf(scanned, wanted));
            }
          }
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('spare scans of what has not changed, and no-cache does not use them', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 300; i++) store.add(i % 3, i * 2, i);
    const [keeping] = engines(store);
    const request = { query: countQuery, startNs: atNs(60), endNs: atNs(540), stepNs: 15n * second };
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

  it('leave only what came since to be scanned, however long the range is', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 600; i++) store.add(i % 3, i, i);
    const [keeping, plain] = engines(store);
    const request = {
      query: parseMetricExpr('sum by (pod) (rate({app="x"} |= "v" [2m]))'),
      startNs: atNs(0),
      endNs: atNs(900),
      stepNs: 60n * second,
    };
    await keeping.metrics(request, testContext());
    const all = store.scans;
    for (let at = 600; at < 660; at += 3) {
      for (let pod = 0; pod < 3; pod++) store.add(pod, at + pod, at);
      const before = store.scans;
      const kept = await keeping.metrics(request, testContext());
      // A stream's unit is four entries: the one that grew, and perhaps the one before it.
      expect(store.scans - before).toBeLessThanOrEqual(6);
      expect(pointsOf(kept)).toEqual(pointsOf(await plain.metrics(request, testContext())));
    }
    expect(all).toBe(150);
  });

  it('are those of a tenant', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 300; i++) store.add(i % 3, i * 2, i);
    const [keeping] = engines(store);
    const request = { query: countQuery, startNs: atNs(60), endNs: atNs(540), stepNs: 15n * second };
    const seriesOf = async (tenant: string): Promise<number> => {
      const result = await keeping.metrics(request, { ...testContext(), tenant });
      return result.kind === 'matrix' ? result.series.length : 0;
    };
    expect([await seriesOf('fake'), await seriesOf(emptyTenant), await seriesOf('fake')]).toEqual([3, 0, 3]);
  });

  it('are not kept beyond their share of memory', async () => {
    const store = new ChangingStore();
    for (let i = 0; i < 300; i++) store.add(i % 3, i * 2, i);
    const request = { query: countQuery, startNs: atNs(60), endNs: atNs(540), stepNs: 15n * second };
    const scansOf = async (cacheBytesMax: number): Promise<readonly number[]> => {
      const [engine] = engines(store, cacheBytesMax);
      const scans: number[] = [];
      for (let time = 0; time < 2; time++) {
        const before = store.scans;
        await engine.metrics(request, testContext());
        scans.push(store.scans - before);
      }
      return scans;
    };
    const [first, again] = (await scansOf(1000)) as [number, number];
    expect(again).toBe(first);
    expect((await scansOf(100_000))[1]).toBeLessThan(first / 4);
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
