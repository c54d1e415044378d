// Volume and index statistics against a slow reference, however entries are cut into units.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { VolumeRequest } from '../../src/engine/run/query-service.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { encodeMetadata } from '../../src/model/structured-metadata.ts';
import { nsPerSecond } from '../../src/model/time.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { type MemoryEntry, MemoryStore, type MemoryStoreOptions, type MemoryStream } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

const entry: fc.Arbitrary<MemoryEntry> = fc.record({
  // Full minutes are where buckets and statistics meet.
  timestampNs: fc.oneof(
    fc.integer({ min: 0, max: 900 }).map((s) => BigInt(s) * nsPerSecond),
    fc.integer({ min: 0, max: 15 }).map((minute) => BigInt(minute) * 60n * nsPerSecond),
    fc.bigInt({ min: 0n, max: 900n * nsPerSecond }),
  ),
  line: fc.string({ maxLength: 20 }).map((line) => Buffer.from(line)),
  structuredMetadata: fc.constantFrom([], labelsFromPairs([['trace', 'abc']])),
  level: fc.constantFrom(0, 4, 6),
});
const stream: fc.Arbitrary<MemoryStream> = fc.record({
  labels: fc
    .record({
      app: fc.constantFrom('a', 'b'),
      env: fc.constantFrom('', 'dev', 'prod'),
      pod: fc.constantFrom('1', '2', '3'),
    })
    .map((labels) => labelsFromPairs(Object.entries(labels))),
  entries: fc.array(entry, { minLength: 1, maxLength: 30 }),
});
const streams = fc.uniqueArray(stream, { maxLength: 6, selector: ({ labels }) => JSON.stringify(labels) });
const cuts = fc.record({ unitEntries: fc.integer({ min: 1, max: 40 }), statistics: fc.boolean() });

const bytesOf = ({ line, structuredMetadata }: MemoryEntry): number =>
  line.length + encodeMetadata(structuredMetadata).length;

type Rows = Record<string, Record<string, number>>;

/** Bytes by label set and time in ms, the straight way. */
function reference(all: readonly MemoryStream[], request: VolumeRequest): Rows {
  const rows: Rows = {};
  for (const { labels, entries } of all) {
    const shown = labels.filter(([name]) => request.by.length === 0 || request.by.includes(name));
    const sets = request.aggregateBy === 'series' ? [shown] : shown.map(([name]) => [[name, '']]);
    for (const one of entries) {
      if (one.timestampNs < request.startNs || one.timestampNs >= request.endNs) continue;
      const { stepNs } = request;
      const bucketEndNs = stepNs === 0n ? request.endNs : (one.timestampNs / stepNs + 1n) * stepNs;
      const timeNs = bucketEndNs >= request.endNs ? request.endNs : bucketEndNs - 1_000_000n;
      for (const set of sets) {
        const key = JSON.stringify(set);
        const row = rows[key] ?? {};
        rows[key] = row;
        const timeMs = String(timeNs / 1_000_000n);
        row[timeMs] = (row[timeMs] ?? 0) + bytesOf(one);
      }
    }
  }
  return rows;
}

const engineOver = (all: readonly MemoryStream[], options: MemoryStoreOptions) => {
  const store = new MemoryStore(all, options);
  const workers = inProcessWorkers(store);
  return { store, engine: new QueryEngine({ workers, runningMax: 1 }) };
};

const request = (changes: Partial<VolumeRequest> = {}): VolumeRequest => ({
  selector: parseLogQuery('{pod=~".+"}'),
  startNs: 0n,
  endNs: 1000n * nsPerSecond,
  stepNs: 0n,
  by: [],
  aggregateBy: 'series',
  limit: 1000,
  ...changes,
});

describe('volume', () => {
  it('adds up bytes of lines and metadata by labels and bucket', async () => {
    const wanted = fc.record({
      startNs: fc.bigInt({ min: 0n, max: 400n * nsPerSecond }),
      endNs: fc.bigInt({ min: 300n * nsPerSecond, max: 901n * nsPerSecond }),
      stepNs: fc.constantFrom(0, 7, 30, 60, 90, 300, 3600).map((s) => BigInt(s) * nsPerSecond),
      by: fc.constantFrom<string[]>([], ['app'], ['env'], ['env', 'pod'], ['none']),
      aggregateBy: fc.constantFrom<'series' | 'labels'>('series', 'labels'),
    });
    await fc.assert(
      fc.asyncProperty(
        streams,
        cuts,
        wanted,
        within(10_000, async (all, cut, changes) => {
          const asked = request(changes);
          const { series } = await engineOver(all, cut).engine.volume(asked, testContext());
          const rows: Rows = {};
          for (const { labels, timesMs, values } of series) {
            expect([...timesMs]).toEqual([...timesMs].sort((a, b) => a - b));
            rows[JSON.stringify(labels)] = Object.fromEntries(
              [...timesMs].map((timeMs, i) => [String(timeMs), values[i] as number]),
            );
          }
          expect(rows).toEqual(reference(all, asked));
          const totals = series.map(({ values }) => values.reduce((sum, n) => sum + n, 0));
          expect(totals).toEqual([...totals].sort((a, b) => b - a));
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the largest rows of all', async () => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        cuts,
        fc.integer({ min: 0, max: 4 }),
        within(5_000, async (all, cut, limit) => {
          const { engine } = engineOver(all, cut);
          const everything = (await engine.volume(request(), testContext())).series;
          const some = (await engine.volume(request({ limit }), testContext())).series;
          expect(some).toEqual(everything.slice(0, limit));
        }),
      ),
      { numRuns: 100 },
    );
  });

  const minutes = (count: number): MemoryStream => ({
    labels: [['pod', '1']],
    entries: Array.from({ length: count }, (_, i) => ({
      timestampNs: BigInt(i) * 60n * nsPerSecond,
      line: Buffer.from('line'),
      structuredMetadata: [],
      level: 4,
    })),
  });

  it.each([
    ['the whole range', 0, 0],
    ['steps of full minutes between units', 3600, 0],
    ['steps of full minutes', 120, 10],
    ['steps that part minutes, where a unit lies in one', 3001, 1],
    ['steps that part minutes', 90, 10],
  ])('opens no more blocks than it must for %s', async (_, stepSeconds, scans) => {
    const { store, engine } = engineOver([minutes(100)], { unitEntries: 10 });
    await engine.volume(
      request({ endNs: 6000n * nsPerSecond, stepNs: BigInt(stepSeconds) * nsPerSecond }),
      testContext(),
    );
    expect(store.scans).toBe(scans);
  });

  it.each([
    ['labels', ['app', 'app1', 'env', 'namespace', 'pod']],
    ['series', ['a', 'aa', 'b', 'c1']],
  ] as const)('rows of equal size come by name, of %s', async (aggregateBy, names) => {
    const labelsOf = (name: string) =>
      labelsFromPairs(
        aggregateBy === 'series' ? [['app', name]] : names.map((each): [string, string] => [each, 'x']),
      );
    const streams = (aggregateBy === 'series' ? names.toReversed() : ['']).map((name) => ({
      labels: labelsOf(name),
      entries: [{ timestampNs: nsPerSecond, line: Buffer.from('x'), structuredMetadata: [], level: 0 }],
    }));
    const engine = new QueryEngine({
      workers: inProcessWorkers(new MemoryStore(streams)),
      runningMax: 1,
    });
    const { series } = await engine.volume(
      {
        selector: parseLogQuery('{app=~".+"}'),
        ...{ startNs: 0n, endNs: 10n * nsPerSecond, stepNs: 0n, by: [], aggregateBy, limit: 100 },
      },
      testContext(),
    );
    expect(series.map(({ labels }) => labels[0]?.[aggregateBy === 'series' ? 1 : 0])).toEqual(names);
  });

  it('has a bound on memory', async () => {
    const context = testContext({ memoryBytesMax: 1000 });
    await expect(
      engineOver([minutes(100)], {}).engine.volume(
        request({ endNs: 6000n * nsPerSecond, stepNs: 60n * nsPerSecond }),
        context,
      ),
    ).rejects.toThrow('the query needs more memory than its limit (1000 bytes)');
  });
});

it('index statistics count entries and bytes of lines and metadata', async () => {
  await fc.assert(
    fc.asyncProperty(
      streams,
      cuts,
      within(5_000, async (all, cut) => {
        const range = { startNs: 100n * nsPerSecond, endNs: 600n * nsPerSecond };
        const { engine } = engineOver(all, cut);
        const stats = await engine.stats(parseLogQuery('{pod=~".+"}'), range, testContext());
        const inside = all.map(({ entries }) =>
          entries.filter(({ timestampNs }) => timestampNs >= range.startNs && timestampNs < range.endNs),
        );
        expect(stats).toMatchObject({
          streams: inside.filter((entries) => entries.length > 0).length,
          entries: inside.flat().length,
          bytes: inside.flat().reduce((sum, one) => sum + bytesOf(one), 0),
        });
      }),
    ),
    { numRuns: 100 },
  );
});
