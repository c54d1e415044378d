// How data lies and how a query is executed never changes an answer: a real store with entries in blocks and in
// segments, late ones and deleted ones, is asked with and without statistics and kept steps, in shuffled pieces and in
// parts of the range, and compared with the plain entries.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SharedRanges } from '../../src/engine/metrics/shared-ranges.ts';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { MetricResult, QueryContext } from '../../src/engine/run/query-service.ts';
import type { QueryWorkers } from '../../src/engine/run/query-workers.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsKey } from '../../src/model/labels.ts';
import type { StoreReader } from '../../src/store/store.ts';
import { entryColumns, labels, type TestEntry } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { MemoryStore } from './memory-store.ts';
import { randomMetric } from './random-metrics.ts';
import { testContext } from './recorded-engine.ts';

const folder = temporaryFolder();
let store: OpenStore;
beforeAll(async () => {
  store = await openStore(folder);
});
afterAll(async () => {
  await store.close();
  removeFolder(folder);
});

const second = 1_000_000_000n;
const startSeconds = 1_768_471_200;
const spanSeconds = 600;
const atNs = (seconds: number): bigint => BigInt(startSeconds + seconds) * second;

const streamLabels = [
  { app: 'x', pod: '0' },
  { app: 'x', pod: '1' },
  { app: 'y', pod: '0' },
];

interface Written {
  readonly stream: number;
  readonly seconds: number;
  readonly v: number;
  readonly level: number;
  readonly trace: string;
}
/** No two entries of one time: which of them is the first has no answer. */
const written = fc.uniqueArray(
  fc.record({
    stream: fc.nat(2),
    seconds: fc.nat(spanSeconds),
    v: fc.integer({ min: -3, max: 12 }),
    level: fc.constantFrom(0, 4, 6),
    trace: fc.constantFrom('', '', 'a', 'b'),
  }),
  { selector: ({ seconds }) => seconds, minLength: 4, maxLength: 60 },
);

const query = fc.record({
  kind: fc.constant('query' as const),
  text: randomMetric,
  from: fc.nat(spanSeconds),
  length: fc.nat(spanSeconds),
  step: fc.constantFrom(7, 30, 60, 97, 0),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
/** Rules of a group: asked together, again and again. */
const rules = fc.record({
  kind: fc.constant('rules' as const),
  texts: fc.array(randomMetric, { minLength: 1, maxLength: 3 }),
  from: fc.nat(spanSeconds),
  every: fc.constantFrom(1, 7, 15),
  times: fc.integer({ min: 1, max: 4 }),
});
type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never;
const growing = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 25 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'again' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 5, arbitrary: query },
  { weight: 2, arbitrary: rules },
);
const shrinking = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      what: fc.constantFrom('{app="x", pod="1"}', '{app="x"} |= "v=1"', '{pod="0"}'),
      from: fc.nat(spanSeconds),
      length: fc.nat(spanSeconds / 2),
    }),
  },
  { weight: 3, arbitrary: query },
  { weight: 1, arbitrary: rules },
);
type Query = typeof query extends fc.Arbitrary<infer T> ? T : never;

const lineOf = ({ v }: Written): string => `v=${v} took=${Math.abs(v)}ms size=${Math.abs(v)}KB `;

const entryOf = (one: Written, ids: readonly number[]): TestEntry => ({
  stream: ids[one.stream] as number,
  ns: atNs(one.seconds),
  line: lineOf(one),
  level: one.level,
  metadata: one.trace === '' ? {} : { trace: one.trace },
});

/** What the entries themselves say. */
function plainEngine(entries: readonly Written[]): QueryEngine {
  const streams = streamLabels.map((record, stream) => ({
    labels: labels(record),
    entries: entries
      .filter((one) => one.stream === stream)
      .map((one) => ({
        timestampNs: atNs(one.seconds),
        line: Buffer.from(lineOf(one)),
        structuredMetadata: labels(one.trace === '' ? {} : { trace: one.trace }),
        level: one.level,
      })),
  }));
  const workers = inProcessWorkers(new MemoryStore(streams, { unitEntries: 1000 }));
  return new QueryEngine({ workers, runningMax: 1, useStatistics: false });
}

/** Each scan in three, each over every third unit, in an order of no meaning. */
function shuffledWorkers({ reader, host }: OpenStore): QueryWorkers {
  const thirds = [0, 1, 2].map(
    (third): StoreReader => ({
      streams: (...of) => reader.streams(...of),
      labelNames: (...of) => reader.labelNames(...of),
      labelValues: (...of) => reader.labelValues(...of),
      scan: (...of) => reader.scan(...of),
      close: () => {},
      plan: (snapshot, request, token) => {
        const plan = reader.plan(snapshot, request, token);
        return { ...plan, units: rotated([...plan.units].filter((_, i) => i % 3 === third)) };
      },
    }),
  );
  const [first, ...rest] = thirds.map((one) => inProcessWorkers(one, host));
  if (first === undefined) throw new Error('no workers');
  return {
    ...first,
    scan: async (task, bounds) => {
      const parts = await Promise.all([first, ...rest].map((workers) => workers.scan(task, bounds)));
      return parts.flat();
    },
  };
}

/** The last half first, backwards. */
const rotated = <T>(items: readonly T[]): T[] => [
  ...items.slice(items.length >> 1).reverse(),
  ...items.slice(0, items.length >> 1),
];

type Answer = { readonly error: string } | { readonly points: ReadonlyMap<string, number> };

async function ask(
  engine: QueryEngine,
  tenant: string,
  asked: { readonly text: string; readonly startNs: bigint; readonly endNs: bigint; readonly stepNs: bigint },
  together: Pick<QueryContext, 'shared' | 'repeatedNs'> = {},
): Promise<Answer> {
  try {
    const result = await engine.metrics(
      { ...asked, query: parseMetricExpr(asked.text) },
      { ...testContext(), tenant, ...together },
    );
    return { points: pointsOf(result) };
  } catch (error) {
    return { error: String(error) };
  }
}

function pointsOf(result: MetricResult): Map<string, number> {
  if (result.kind === 'scalar') return new Map([['', result.value]]);
  return new Map(
    result.series.flatMap((series) =>
      Array.from(series.timesMs, (ms, i): [string, number] => [
        `${labelsKey(series.labels)}@${ms}`,
        // No difference between the two zeros.
        (series.values[i] as number) + 0,
      ]),
    ),
  );
}

/** Sums of fractions may be added up in another order; a rounded value could then fall to either side. */
function near(points: ReadonlyMap<string, number>): Map<string, unknown> {
  const digits = (value: number): number => 9 - Math.ceil(Math.log10(Math.max(1, Math.abs(value))));
  return new Map(
    [...points].map(([key, value]) => [
      key,
      Number.isFinite(value) ? expect.closeTo(value, digits(value)) : value,
    ]),
  );
}

it('is the same however data lies and whatever is spared', async () => {
  let tenants = 0;
  let points = 0;
  let errors = 0;
  const execution = { runningMax: 2 };
  const engines = {
    sparing: new QueryEngine({
      ...execution,
      workers: inProcessWorkers(store.reader, store.host),
      changes: store.host.changes,
    }),
    scanning: new QueryEngine({
      ...execution,
      workers: inProcessWorkers(store.reader, store.host),
      useStatistics: false,
    }),
    shuffled: new QueryEngine({ ...execution, workers: shuffledWorkers(store) }),
  };

  async function compare(
    tenant: string,
    entries: readonly Written[],
    { text, from, length, step, share }: Query,
  ) {
    const stepNs = BigInt(step) * second;
    const startNs = step === 0 ? atNs(from) : (atNs(from) / stepNs) * stepNs;
    const asked = { text, startNs, endNs: step === 0 ? startNs : startNs + BigInt(length) * second, stepNs };
    const want = await ask(plainEngine(entries), tenant, asked);
    const wanted = 'points' in want ? { points: near(want.points) } : want;
    for (const [name, engine] of Object.entries(engines))
      expect([name, text, await ask(engine, tenant, asked)]).toEqual([name, text, wanted]);
    if ('error' in want) errors++;
    else points += want.points.size;
    if (step === 0 || 'error' in want) return;
    const parts = BigInt(Math.floor(share * Number((asked.endNs - startNs) / stepNs)));
    const halves = [
      await ask(engines.scanning, tenant, { ...asked, endNs: startNs + parts * stepNs }),
      await ask(engines.sparing, tenant, { ...asked, startNs: startNs + (parts + 1n) * stepNs }),
    ];
    const joined = halves.flatMap((half) => ('points' in half ? [...half.points] : []));
    expect(['halves', text, new Map(joined)]).toEqual(['halves', text, near(want.points)]);
  }

  async function compareRules(
    tenant: string,
    entries: readonly Written[],
    { texts, from, every, times }: Rules,
  ) {
    const plain = plainEngine(entries);
    for (let k = 0; k < times; k++) {
      const atTimeNs = atNs(from + k * every);
      const together = { shared: new SharedRanges(), repeatedNs: BigInt(every) * second };
      // One of them is asked for twice.
      for (const text of [...texts, ...texts.slice(0, 1)]) {
        const asked = { text, startNs: atTimeNs, endNs: atTimeNs, stepNs: 0n };
        const want = await ask(plain, tenant, asked);
        const got = await ask(engines.sparing, tenant, asked, together);
        const wanted = 'points' in want ? { points: near(want.points) } : want;
        expect(['rule', text, got]).toEqual(['rule', text, wanted]);
        if ('points' in want) points += want.points.size;
      }
    }
  }

  await fc.assert(
    fc.asyncProperty(
      written,
      fc.array(growing, { minLength: 4, maxLength: 10 }),
      fc.array(shrinking, { maxLength: 5 }),
      within(
        12_000,
        async (all, grows, shrinks) => {
          const tenant = `tenant-${++tenants}`;
          const ids = streamLabels.map((record) => store.writer.stream(tenant, labels(record)));
          let entries: readonly Written[] = [];
          for (const change of grows) {
            if (change.kind === 'append') {
              const more = all.slice(entries.length, entries.length + change.count);
              if (more.length > 0)
                await store.writer.append(entryColumns(more.map((one) => entryOf(one, ids))));
              entries = [...entries, ...more];
            } else if (change.kind === 'again') {
              if (entries.length > 0)
                await store.writer.append(entryColumns(entries.slice(0, 5).map((one) => entryOf(one, ids))));
            } else if (change.kind === 'flush') await store.host.flush();
            else if (change.kind === 'rules') await compareRules(tenant, entries, change);
            else await compare(tenant, entries, change);
          }
          for (const change of shrinks) {
            if (change.kind === 'query') {
              await compare(tenant, entries, change);
              continue;
            }
            if (change.kind === 'rules') {
              await compareRules(tenant, entries, change);
              continue;
            }
            const { what, from, length } = change;
            const range = { startNs: atNs(from), endNs: atNs(from + length) + 1n };
            await store.host.deletes.create({ tenant, query: parseLogQuery(what), ...range });
            entries = entries.filter(
              (one) => !(isMeant(what, one) && one.seconds >= from && one.seconds <= from + length),
            );
          }
        },
        () => points > 200,
      ),
    ),
    { numRuns: 150 },
  );
  console.log(`${tenants} stores, ${points} points, ${errors} errors`);
  // The queries do say something.
  expect(points).toBeGreaterThan(200);
});

/** Whether a deletion's query takes the entry. */
function isMeant(what: string, one: Written): boolean {
  const { app, pod } = streamLabels[one.stream] as { app: string; pod: string };
  if (what === '{app="x", pod="1"}') return app === 'x' && pod === '1';
  if (what === '{pod="0"}') return pod === '0';
  return app === 'x' && lineOf(one).includes('v=1');
}
