// The engine gives what the reference evaluator gives, to the bit, on whatever path it answers: from blocks and from
// fresh segments, merged blocks and small ones, with statistics and without, from what was kept of an earlier answer, in
// one thread and in several.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openQueryEngine, QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { LogRequest, MetricResult } from '../../src/engine/run/query-service.ts';
import { startScanThread } from '../../src/gateway/threads/start.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { levelName } from '../../src/model/entry.ts';
import { QueryEvaluationError } from '../../src/scan/query-errors.ts';
import { inProcessWorkers } from '../engine/in-process-workers.ts';
import { MemoryStore } from '../engine/memory-store.ts';
import { testContext } from '../engine/recorded-engine.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import type { PushedStream } from './logs.ts';
import { atNs, type RandomEntry, randomEntries, spanSeconds, streamLabels } from './random-entries.ts';
import { randomLogQuery, randomMetricQuery } from './random-queries.ts';
import { referenceService } from './service.ts';

/** Queries that are compared. */
const casesMax = Number(process.env.CASES ?? 2_000);
const queriesPerStore = 25;

const folder = temporaryFolder();
let store: OpenStore;
let engines: Readonly<Record<string, QueryEngine>>;
let threads: QueryEngine;
beforeAll(async () => {
  store = await openStore(folder);
  const options = { runningMax: 2 };
  threads = openQueryEngine({
    ...options,
    startThread: startScanThread,
    head: store.host,
    reader: () => store.host.readerSettings(),
    count: 2,
    onWorkerLost: (error) => {
      throw error;
    },
  });
  engines = {
    plain: new QueryEngine({
      ...options,
      workers: inProcessWorkers(store.reader, store.host),
      useStatistics: false,
    }),
    statistics: new QueryEngine({ ...options, workers: inProcessWorkers(store.reader, store.host) }),
    keeping: new QueryEngine({
      ...options,
      workers: inProcessWorkers(store.reader, store.host),
      changes: store.host.changes,
    }),
    threads,
  };
});
afterAll(async () => {
  await threads.close();
  await store.close();
  removeFolder(folder);
});

/**
 * Sums of fractions depend on the order in which they are added, which is nobody's promise, and variances on how they are
 * worked out: their last digits may differ, and what is compared with them may fall on either side.
 */
const isExact = (text: string): boolean => !/rate|avg|std|quantile|took|[*/%]/.test(text);
const isDecidedByDigits = (text: string): boolean =>
  !isExact(text) && (/[)\d] (>|>= bool|==) /.test(text) || /(top|bottom)k/.test(text));

const logs = fc.record({
  kind: fc.constant('logs' as const),
  text: randomLogQuery,
  from: fc.nat(spanSeconds),
  length: fc.nat(spanSeconds),
  limit: fc.constantFrom(1, 3, 10, 1000),
  direction: fc.constantFrom('forward' as const, 'backward' as const),
  categorizeLabels: fc.boolean(),
});
const metrics = fc.record({
  kind: fc.constant('metrics' as const),
  text: randomMetricQuery,
  from: fc.nat(spanSeconds),
  length: fc.nat(spanSeconds),
  /** Seconds; 0: instant. */
  step: fc.constantFrom(0, 60, 97, 600, 3_600),
  splitNs: fc.constantFrom(0n, 3_600_000_000_000n, 600_000_000_000n),
});
const question = fc.oneof(logs, metrics).filter(({ text }) => !isDecidedByDigits(text));
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

const layout = fc.record({
  flushes: fc.integer({ min: 0, max: 4 }),
  compacted: fc.boolean(),
  /** Pushed a second time. */
  again: fc.nat(5),
  unitEntries: fc.integer({ min: 1, max: 30 }),
  batchEntries: fc.integer({ min: 1, max: 11 }),
});
type Layout = typeof layout extends fc.Arbitrary<infer T> ? T : never;

let tenants = 0;

async function push(entries: readonly RandomEntry[], { flushes, compacted, again }: Layout): Promise<string> {
  const tenant = `tenant-${++tenants}`;
  const ids = streamLabels.map((record) => store.writer.stream(tenant, labels(record)));
  const columns = (some: readonly RandomEntry[]) =>
    entryColumns(
      some.map((one) => ({ ...one, metadata: { ...one.metadata }, stream: ids[one.stream] as number })),
    );
  const size = Math.ceil(entries.length / (flushes + 1));
  for (let i = 0; i <= flushes; i++) {
    const part = entries.slice(i * size, (i + 1) * size);
    if (part.length > 0) await store.writer.append(columns(part));
    if (i < flushes) await store.host.flush();
  }
  if (again > 0) await store.writer.append(columns(entries.slice(0, again)));
  if (compacted) await store.host.compact();
  return tenant;
}

const pushed = (entries: readonly RandomEntry[]): readonly PushedStream[] =>
  streamLabels.map((own, stream) => ({
    labels: own,
    entries: entries
      .filter((one) => one.stream === stream)
      .map(({ ns, line, metadata, level }) => ({ ns, line, metadata, level: levelName(level) })),
  }));

type Asked = Pick<QueryEngine, 'logs' | 'metrics'>;
type Answer = { readonly refused: true } | { readonly rows: readonly (readonly [string, unknown])[] };

async function ask(engine: Asked, tenant: string, asked: Question): Promise<Answer> {
  const start = atNs(asked.from);
  const end = atNs(asked.from + asked.length);
  try {
    if (asked.kind === 'logs') {
      const { limit, direction, categorizeLabels } = asked;
      const request: LogRequest = {
        query: parseLogQuery(asked.text),
        startNs: start,
        endNs: end,
        limit,
        direction,
        categorizeLabels,
        intervalNs: 0n,
      };
      const { resultJson } = await engine.logs(request, { ...testContext(), tenant });
      return { rows: streamRows(JSON.parse(Buffer.from(resultJson).toString())) };
    }
    const stepNs = BigInt(asked.step) * 1_000_000_000n;
    const range = { startNs: stepNs === 0n ? end : start, endNs: end };
    const context = { ...testContext(), tenant, splitInstantNs: asked.splitNs };
    return {
      rows: pointRows(
        await engine.metrics({ query: parseMetricExpr(asked.text), ...range, stepNs }, context),
      ),
    };
  } catch (error) {
    if (error instanceof QueryEvaluationError) return { refused: true };
    throw error;
  }
}

type Value = readonly [
  ns: string,
  line: string,
  rest?: { readonly structuredMetadata?: object; readonly parsed?: object },
];
type Streams = readonly { readonly stream: object; readonly values: readonly Value[] }[];
const sorted = (record: object | undefined): unknown => record && Object.entries(record).sort();
const streamRows = (answer: Streams): [string, unknown][] =>
  answer
    .map(({ stream, values }): [string, unknown] => [
      JSON.stringify(sorted(stream)),
      values.map(([ns, line, { structuredMetadata, parsed } = {}]) => [
        ns,
        line,
        sorted(structuredMetadata),
        sorted(parsed),
      ]),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));

function pointRows(result: MetricResult): [string, unknown][] {
  if (result.kind === 'scalar') return [['', result.value]];
  return result.series
    .flatMap(({ labels: own, timesMs, values }) =>
      Array.from(timesMs, (ms, i): [string, unknown] => [`${JSON.stringify(own)}@${ms}`, values[i]]),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const rounded = (answer: Answer): Answer =>
  'refused' in answer
    ? answer
    : {
        rows: answer.rows.map(([key, value]) => [
          key,
          typeof value === 'number' ? Number(value.toPrecision(9)) : value,
        ]),
      };

it(`agrees on ${casesMax} questions`, async () => {
  let cases = 0;
  let answers = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      randomEntries,
      layout,
      fc.array(question, { minLength: queriesPerStore, maxLength: queriesPerStore }),
      async (entries, how, questions) => {
        const tenant = await push(entries, how);
        const streams = pushed(entries);
        const reference = referenceService(streams);
        const small = new MemoryStore(
          streams.map((stream) => ({
            labels: labels(stream.labels),
            entries: entries
              .filter((one) => streamLabels[one.stream] === stream.labels)
              .map((one) => ({
                timestampNs: one.ns,
                line: Buffer.from(one.line),
                structuredMetadata: labels(one.metadata),
                level: one.level,
              })),
          })),
          how,
        );
        const inPieces = new QueryEngine({
          workers: inProcessWorkers(small),
          runningMax: 1,
        });
        for (const asked of questions) {
          const same = isExact(asked.text) ? (answer: Answer) => answer : rounded;
          const want = same(await ask(reference, tenant, asked));
          cases++;
          if ('refused' in want) refused++;
          else if (want.rows.length > 0) answers++;
          for (const [name, engine] of Object.entries({
            ...engines,
            again: engines.keeping as QueryEngine,
            inPieces,
          }))
            expect({ name, asked, got: same(await ask(engine, tenant, asked)) }).toEqual({
              name,
              asked,
              got: want,
            });
        }
      },
    ),
    { numRuns: Math.ceil(casesMax / queriesPerStore), unbiased: true },
  );
  console.log(`${cases} questions, ${answers} with an answer, ${refused} refused`);
  // The questions do say something.
  expect(answers).toBeGreaterThan(cases / 4);
});
