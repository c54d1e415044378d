// Queries for the newest or oldest lines guess from where units lie how far they must look: no guess may change the
// answer, and a good one spares most of the lines that others would only displace.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import type { Direction } from '../../src/scan/logs/entry-heap.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { type MemoryEntry, MemoryStore, type MemoryStream } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

const startNs = 1_768_471_200_000_000_000n;
const ticks = 2000;
const atNs = (tick: number): bigint => startNs + BigInt(tick) * 1_000_000n;

const entryAt = (pod: number, tick: number): MemoryEntry => ({
  timestampNs: atNs(tick),
  line: Buffer.from(`pod=${pod} tick=${tick}${tick % 3 === 0 ? ' third' : ''}`),
  structuredMetadata: [],
  level: 0,
});

const streamOf = (pod: number, at: readonly number[]): MemoryStream => ({
  labels: labelsFromPairs([
    ['app', 'x'],
    ['pod', String(pod)],
  ]),
  entries: at.map((tick) => entryAt(pod, tick)),
});

interface Asked {
  readonly from: number;
  readonly until: number;
  readonly limit: number;
  readonly direction: Direction;
  readonly stages: string;
}

async function ask(
  streams: readonly MemoryStream[],
  unitEntries: number,
  { from, until, limit, direction, stages }: Asked,
): Promise<{ readonly ticks: readonly number[]; readonly lines: number }> {
  const workers = inProcessWorkers(new MemoryStore(streams, { unitEntries }));
  const engine = new QueryEngine({ workers, runningMax: 1 });
  const { resultJson, statistics } = await engine.logs(
    {
      query: parseLogQuery(`{app="x"} ${stages}`),
      startNs: atNs(from),
      endNs: atNs(until),
      limit,
      direction,
      intervalNs: 0n,
      categorizeLabels: false,
    },
    testContext(),
  );
  const result = JSON.parse(Buffer.from(resultJson).toString()) as { values: [string, string][] }[];
  const times = result.flatMap(({ values }) =>
    values.map(([ns]) => Number((BigInt(ns) - startNs) / 1_000_000n)),
  );
  return { ticks: times.sort((a, b) => a - b), lines: statistics.linesAfterFilter };
}

/** Bursts: what a unit's bounds and size do not tell. */
const timesOfStream = fc
  .array(
    fc.record({
      at: fc.nat(ticks),
      count: fc.integer({ min: 1, max: 60 }),
      apart: fc.constantFrom(0.2, 1, 20),
    }),
    {
      maxLength: 6,
    },
  )
  .map((bursts) => [
    ...new Set(
      bursts.flatMap(({ at, count, apart }) =>
        Array.from({ length: count }, (_, i) => Math.floor(at + i * apart)),
      ),
    ),
  ]);

it('never changes the answer, however lines lie', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(timesOfStream, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(5, 40, 1000),
      fc.record({
        from: fc.nat(ticks),
        length: fc.integer({ min: 1, max: 2 * ticks }),
        limit: fc.constantFrom(1, 10, 50, 200),
        direction: fc.constantFrom<Direction>('forward', 'backward'),
        stages: fc.constantFrom('', '| logfmt', '| logfmt | tick > 700', '|= "third"'),
      }),
      within(8000, async (times, unitEntries, { from, length, ...asked }) => {
        const streams = times.map((of, pod) => streamOf(pod, of));
        const until = from + length;
        const matching = times
          .flat()
          .filter((tick) => tick >= from && tick < until)
          .filter((tick) => !asked.stages.includes('tick >') || tick > 700)
          .filter((tick) => !asked.stages.includes('third') || tick % 3 === 0)
          .sort((a, b) => a - b);
        const wanted =
          asked.direction === 'forward' ? matching.slice(0, asked.limit) : matching.slice(-asked.limit);
        const answer = await ask(streams, unitEntries, { ...asked, from, until });
        expect(answer.ticks).toEqual(wanted);
      }),
    ),
    { numRuns: 200 },
  );
});

it.each<Direction>(['backward', 'forward'])('spares lines that others displace, %s', async (direction) => {
  const pods = Array.from({ length: 50 }, (_, pod) => pod);
  const streams = pods.map((pod) =>
    streamOf(
      pod,
      Array.from({ length: 40 }, (_, i) => i * 50 + pod),
    ),
  );
  const asked: Asked = { from: 0, until: ticks, limit: 100, direction, stages: '' };
  const { ticks: found, lines } = await ask(streams, 1000, asked);
  const all = Array.from({ length: ticks }, (_, tick) => tick);
  expect(found).toEqual(direction === 'forward' ? all.slice(0, 100) : all.slice(-100));
  // Without a guess every stream's own hundred are tried until enough are known to be better.
  expect(lines).toBeLessThan(200);
});

it('looks again when there was too little where it looked', async () => {
  // All of a unit's lines but one lie at its far end.
  const streams = [streamOf(0, [...Array.from({ length: 500 }, (_, i) => i), ticks - 1])];
  const asked: Asked = { from: 0, until: ticks, limit: 100, direction: 'backward', stages: '' };
  const { ticks: found } = await ask(streams, 1000, asked);
  expect(found).toEqual([...Array.from({ length: 99 }, (_, i) => 401 + i), ticks - 1]);
});
