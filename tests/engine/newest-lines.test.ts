// The newest and the oldest lines of many streams over blocks and segments, asked in any order: readers keep ends of
// blocks from one query to the next, and read lines only where times say that some can matter.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { MetricResult } from '../../src/engine/run/query-service.ts';
import { parseLogQuery, parseMetricExpr } from '../../src/logql/parser.ts';
import { type Labels, labelsToRecord } from '../../src/model/labels.ts';
import { labelsOrder } from '../../src/model/labels-order.ts';
import { entryColumns, labels, type TestEntry } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { testContext } from './recorded-engine.ts';

const folder = temporaryFolder();
let store: OpenStore;
let engine: QueryEngine;

const firstNs = 1_768_471_200_000_000_000n;
const ticks = 600;
const atNs = (tick: number): bigint => firstNs + BigInt(tick) * 1_000_000_000n;
const streams = 12;
const labelsOfPods = Array.from({ length: streams }, (_, pod) => labels({ pod: `${pod}` }));
interface Line extends TestEntry {
  readonly pod: number;
  readonly tick: number;
  readonly line: string;
}
/** Pod p writes every (p + 1)-th second; lines of pod 3 are long, so that few make an end of a block too large to keep. */
const lines: Line[] = [];

beforeAll(async () => {
  store = await openStore(folder);
  engine = new QueryEngine({
    workers: inProcessWorkers(store.reader, store.host),
    runningMax: 2,
  });
  const ids = labelsOfPods.map((pod) => store.writer.stream('fake', pod));
  for (let tick = 0; tick < ticks; tick++)
    for (let pod = 0; pod < streams; pod++) {
      if (tick % (pod + 1) !== 0) continue;
      const line = `pod=${pod} tick=${tick} ${'x'.repeat(pod === 3 ? 4000 : (tick * 7 + pod) % 90)}`;
      const metadata: Record<string, string> = pod % 3 === 0 ? { trace: `${tick % 5}` } : {};
      lines.push({ stream: ids[pod] as number, ns: atNs(tick), line, metadata, pod, tick });
    }
  const inBlocks = lines.filter(({ tick }) => tick < ticks - 40);
  await store.writer.append(entryColumns(inBlocks));
  await store.host.flush();
  await store.writer.append(entryColumns(lines.slice(inBlocks.length)));
});
afterAll(async () => {
  await store.close();
  removeFolder(folder);
});

const request = fc.record({
  from: fc.integer({ min: 0, max: ticks }),
  length: fc.integer({ min: 1, max: ticks }),
  limit: fc.constantFrom(1, 7, 100, 1000),
  direction: fc.constantFrom('forward' as const, 'backward' as const),
  pods: fc.constantFrom('.+', '[0-4]', '3', '1|11'),
  filter: fc.constantFrom('', '', '|= "tick=59"'),
});

it('are those of a plain list, whatever was asked before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 3, maxLength: 10 }), async (requests) => {
      for (const { from, length, limit, direction, pods, filter } of requests) {
        const wanted = new RegExp(`^(${pods})$`);
        const sign = direction === 'forward' ? 1 : -1;
        const want = lines
          .filter(({ tick, pod }) => tick >= from && tick < from + length && wanted.test(`${pod}`))
          .filter(({ line }) => filter === '' || line.includes('tick=59'))
          .toSorted((a, b) => sign * (a.tick - b.tick) || orderOf(a) - orderOf(b))
          .slice(0, limit)
          .map(({ pod, ns, line, metadata }) => ({ ...metadata, pod: `${pod}`, ns: `${ns}`, line }));
        const { resultJson } = await engine.logs(
          {
            query: parseLogQuery(`{pod=~"${pods}"} ${filter}`),
            startNs: atNs(from),
            endNs: atNs(from + length),
            limit,
            direction,
            intervalNs: 0n,
            categorizeLabels: false,
          },
          testContext(),
        );
        expect(flat(resultJson)).toEqual(want.map(textOf).toSorted());
      }
    }),
    { numRuns: 30 },
  );
});

/** Of one time. */
const orderOf = ({ pod }: Line): number => labelsOrder(labelsOfPods[pod] as Labels);

const textOf = (row: Record<string, string>): string => JSON.stringify(Object.entries(row).toSorted());

function flat(json: Uint8Array): string[] {
  const answer = JSON.parse(Buffer.from(json).toString()) as {
    readonly stream: Record<string, string>;
    readonly values: readonly (readonly [string, string])[];
  }[];
  return answer
    .flatMap(({ stream, values }) => values.map(([ns, line]) => textOf({ ...stream, ns, line })))
    .toSorted();
}

it('have the time that templates of metric queries print', async () => {
  const { series } = (await engine.metrics(
    {
      query: parseMetricExpr(
        'sum by (t) (count_over_time({pod="11"} | label_format t="{{__timestamp__ | unixEpoch}}" [10m]))',
      ),
      startNs: atNs(ticks),
      endNs: atNs(ticks),
      stepNs: 0n,
    },
    testContext(),
  )) as Extract<MetricResult, { kind: 'vector' | 'matrix' }>;
  const times = lines.filter(({ pod, tick }) => pod === 11 && tick > 0).map(({ ns }) => `${ns / 10n ** 9n}`);
  expect(series.map((one) => labelsToRecord(one.labels).t)).toEqual(times);
});
