// Limits, cancellation, deadlines, replanning and order, on the in-process engine.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, waitingPerTenantMax } from '../../src/engine/run/admission.ts';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { LogRequest, QueryContext } from '../../src/engine/run/query-service.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { labelsOrder } from '../../src/model/labels-order.ts';
import {
  QueryCancelledError,
  QueryLimitError,
  QueryQueueFullError,
  QueryTimeoutError,
} from '../../src/scan/query-errors.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { type MemoryEntry, MemoryStore, type MemoryStoreOptions, type MemoryStream } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

const second = 1_000_000_000n;
const entryAt = (ns: bigint, line: string): MemoryEntry => ({
  timestampNs: ns,
  line: Buffer.from(line),
  structuredMetadata: [],
  level: 0,
});
const streamsOf = (n: number, entries: number): MemoryStream[] =>
  Array.from({ length: n }, (_, s) => ({
    labels: labelsFromPairs([
      ['app', 'x'],
      ['pod', String(s)],
    ]),
    entries: Array.from({ length: entries }, (_, i) => entryAt(BigInt(i) * second, `line ${s}.${i}`)),
  }));

function engineOver(streams: readonly MemoryStream[], options: MemoryStoreOptions = {}) {
  const store = new MemoryStore(streams, { statistics: false, ...options });
  return {
    store,
    engine: new QueryEngine({ workers: inProcessWorkers(store), runningMax: 2 }),
  };
}
const request = (changes: Partial<LogRequest> = {}): LogRequest => ({
  query: parseLogQuery('{app="x"}'),
  startNs: 0n,
  endNs: 10_000n * second,
  limit: 10,
  direction: 'backward',
  intervalNs: 0n,
  categorizeLabels: false,
  ...changes,
});
const counts = {
  query: parseMetricExpr('count_over_time({app="x"}[1h])'),
  startNs: 60n * second,
  endNs: 60n * second,
  stepNs: 0n,
};

interface ResultStream {
  readonly stream: Record<string, string>;
  readonly values: readonly (readonly [string, string])[];
}
const streamsIn = (json: Uint8Array): ResultStream[] =>
  JSON.parse(Buffer.from(json).toString()) as ResultStream[];

describe('a query stops', () => {
  it('when its caller goes away, with the scan under way', async () => {
    const abort = new AbortController();
    const { store, engine } = engineOver(streamsOf(3, 100), {
      unitEntries: 10,
      onScan: () => {
        if (store.scans === 2) abort.abort();
      },
    });
    const context: QueryContext = { ...testContext(), signal: abort.signal };
    await expect(engine.metrics(counts, context)).rejects.toBeInstanceOf(QueryCancelledError);
    expect(store.scans).toBe(2);
  });

  it('before it starts when its caller is gone already', async () => {
    const { store, engine } = engineOver(streamsOf(1, 1));
    const context: QueryContext = { ...testContext(), signal: AbortSignal.abort() };
    await expect(engine.logs(request(), context)).rejects.toBeInstanceOf(QueryCancelledError);
    expect(store.plans).toBe(0);
  });

  it('at its deadline', async () => {
    const store = new MemoryStore(streamsOf(1, 100), { unitEntries: 1 });
    // Never comes back from its first pause: only the deadline ends it.
    const workers = { ...inProcessWorkers(store), scan: () => new Promise<never>(() => {}) };
    const engine = new QueryEngine({ workers, runningMax: 1 });
    await expect(engine.metrics(counts, testContext({ timeoutMs: 5 }))).rejects.toBeInstanceOf(
      QueryTimeoutError,
    );
    expect(engine.load).toEqual({ running: 0, waiting: new Map() });
  });

  it.each([
    [
      'bytes scanned',
      { scanBytesMax: 100 },
      /^the query would read too many bytes \(query: .*, limit: 100 B\)/,
    ],
    ['series', { seriesMax: 2 }, /^maximum number of series \(2\) reached for a single query; consider/],
    ['memory', { memoryBytesMax: 1000 }, /more memory than its limit \(1000 bytes\)/],
  ])('at its limit of %s', async (_, limits, text) => {
    const { engine } = engineOver(streamsOf(5, 50), { unitEntries: 10 });
    const failed = engine.metrics(counts, testContext(limits));
    await expect(failed).rejects.toBeInstanceOf(QueryLimitError);
    await expect(failed).rejects.toThrow(text);
  });

  it.each([
    [
      'bytes scanned',
      { scanBytesMax: 100 },
      /^the query would read too many bytes \(query: .*, limit: 100 B\)/,
    ],
    ['memory', { memoryBytesMax: 1000 }, /more memory than its limit \(1000 bytes\)/],
  ])('for lines, at its limit of %s', async (_, limits, text) => {
    const { engine } = engineOver(streamsOf(5, 50), { unitEntries: 10 });
    const failed = engine.logs(request({ limit: 200 }), testContext(limits));
    await expect(failed).rejects.toBeInstanceOf(QueryLimitError);
    await expect(failed).rejects.toThrow(text);
  });
});

it('gives the first series and a warning where partial answers are welcome', async () => {
  const { engine } = engineOver(streamsOf(5, 50));
  const result = await engine.metrics(counts, {
    ...testContext({ seriesMax: 2 }),
    partialOnSeriesLimit: true,
  });
  expect(result.kind === 'vector' && result.series.map(({ labels }) => labels[1]?.[1])).toEqual(['0', '1']);
  expect(result.warnings).toEqual([
    'maximum number of series (2) reached for a single query; returning partial results',
  ]);
});

it('plans again when blocks have moved, and gives up when they never hold still', async () => {
  const moved = engineOver(streamsOf(2, 20), { goneScans: 3 });
  const result = await moved.engine.metrics(counts, testContext());
  expect(result.kind === 'vector' && result.series.map(({ values }) => values[0])).toEqual([20, 20]);
  expect(moved.store.plans).toBe(4);
  const gone = engineOver(streamsOf(1, 1), { goneScans: 1_000 });
  await expect(gone.engine.metrics(counts, testContext())).rejects.toThrow('moved');
});

it('reads no more units than the newest entries need', async () => {
  const { store, engine } = engineOver(streamsOf(1, 1_000), { unitEntries: 10 });
  await engine.logs(request({ limit: 15 }), testContext());
  expect(store.scans).toBe(2);
});

describe('the first entries in either direction', () => {
  const data = fc.array(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 3 })), { maxLength: 30 }),
    { minLength: 1, maxLength: 4 },
  );
  it.each(['forward', 'backward'] as const)('%s equal a full sort, whatever the units', async (direction) => {
    await fc.assert(
      fc.asyncProperty(
        data,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        async (streams, limit, unitEntries) => {
          const given = streams.map((entries, s) => ({
            labels: labelsFromPairs([
              ['app', 'x'],
              ['pod', String(s)],
            ]),
            entries: entries.map(([t], i) => entryAt(BigInt(t), `${s}.${i}`)),
          }));
          const { engine } = engineOver(given, { unitEntries, batchEntries: 3 });
          const result = await engine.logs(request({ limit, direction }), testContext());
          const all = given.flatMap(({ entries }, s) =>
            entries.map((entry, i) => ({ t: Number(entry.timestampNs), s, i, line: entry.line.toString() })),
          );
          const sign = direction === 'forward' ? 1 : -1;
          // Streams tie by their labels in both directions; arrival order counts inside a stream.
          const order = given.map(({ labels }) => labelsOrder(labels));
          const byStream = (a: number, b: number): number => (order[a] as number) - (order[b] as number);
          all.sort((a, b) => sign * (a.t - b.t) || byStream(a.s, b.s) || sign * (a.i - b.i));
          const want = all.slice(0, limit);
          const got = streamsIn(result.resultJson);
          expect(got.map(({ stream }) => stream.pod)).toEqual(
            [...new Set(want.map(({ s }) => String(s)))].sort(),
          );
          for (const { stream, values } of got) {
            const lines = want
              .filter(({ s }) => String(s) === stream.pod)
              .map(({ t, line }) => [String(t), line]);
            expect(values).toEqual(lines);
          }
          expect(result.statistics.entriesReturned).toBe(want.length);
        },
      ),
      { numRuns: 150 },
    );
  });
});

it('answers ties of streams alike in whatever order the store met the streams', async () => {
  const streams = Array.from({ length: 6 }, (_, s) => ({
    labels: labelsFromPairs([
      ['app', 'x'],
      ['pod', String(s)],
    ]),
    entries: [entryAt(1n, `v=${s}`), entryAt(2n, `v=${s}`)],
  }));
  const answers = [streams, streams.toReversed(), [...streams.slice(3), ...streams.slice(0, 3)]].map(
    async (met) => {
      const { engine } = engineOver(met);
      const logs = await engine.logs(request({ limit: 3 }), testContext());
      const values = await Promise.all(
        ['first', 'last'].map(async (which) => {
          const text = `${which}_over_time({app="x"} | logfmt | unwrap v [1h]) by (app)`;
          const asked = { ...counts, query: parseMetricExpr(text) };
          const result = await engine.metrics(asked, testContext());
          return result.kind === 'vector' && result.series.map((series) => series.values[0]);
        }),
      );
      return [streamsIn(logs.resultJson), values];
    },
  );
  const [first, ...others] = await Promise.all(answers);
  expect(first).toEqual([
    expect.objectContaining({ length: 3 }),
    [[expect.any(Number)], [expect.any(Number)]],
  ]);
  expect(others).toEqual([first, first]);
});

it('writes lines as JSON, bytes that are not UTF-8 as U+FFFD', async () => {
  const line = Buffer.concat([Buffer.from('a"\\\n\u0000é'), Buffer.from([0xff])]);
  const stream = { labels: labelsFromPairs([['app', 'x']]), entries: [{ ...entryAt(1n, ''), line }] };
  const { engine } = engineOver([stream]);
  const pairs = await engine.logs(request(), testContext());
  expect(streamsIn(pairs.resultJson)).toEqual([
    { stream: { app: 'x' }, values: [['1', 'a"\\\n\u0000é\ufffd']] },
  ]);
  const triples = await engine.logs(request({ categorizeLabels: true }), testContext());
  expect(Buffer.from(triples.resultJson).toString()).toMatch(/,\{\}\]\]\}\]$/);
});

it('refuses what may not wait any more, of that tenant only', async () => {
  const admission = new Admission(1);
  const end = new AbortController();
  const gate = new Promise<void>((resolve) => {
    end.signal.addEventListener('abort', () => resolve());
  });
  const running = admission.run('a', end.signal, () => gate);
  const waiting = Array.from({ length: waitingPerTenantMax }, () =>
    admission.run('a', new AbortController().signal, async () => 'done'),
  );
  await expect(admission.run('a', end.signal, async () => '')).rejects.toBeInstanceOf(QueryQueueFullError);
  const other = admission.run('b', new AbortController().signal, async () => 'done');
  expect(admission.waiting).toEqual(
    new Map([
      ['a', waitingPerTenantMax],
      ['b', 1],
    ]),
  );
  end.abort();
  await running;
  expect(new Set(await Promise.all([...waiting, other]))).toEqual(new Set(['done']));
});

it('lets waiting tenants take turns', async () => {
  const admission = new Admission(1);
  const never = new AbortController().signal;
  const order: string[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = admission.run('a', never, () => gate);
  const waiting = ['a1', 'a2', 'a3', 'b1', 'b2'].map((name) =>
    admission.run(name[0] as string, never, async () => {
      order.push(name);
    }),
  );
  const abort = new AbortController();
  const left = admission.run('c', abort.signal, async () => {});
  abort.abort();
  await expect(left).rejects.toBeInstanceOf(QueryCancelledError);
  open();
  await Promise.all([first, ...waiting]);
  expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  expect([admission.running, admission.waiting.size]).toEqual([0, 0]);
});
