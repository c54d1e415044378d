// A query that takes longer than a flush: what it planned stays readable, and the memory is used again afterwards.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import type { StoreHead } from '../../src/scan/store-head.ts';
import type { SegmentSnapshot } from '../../src/sqlite/threads/segment.ts';
import type { StoreReader } from '../../src/store/store.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { testContext } from './recorded-engine.ts';

const firstNs = 1_768_471_200_000_000_000n;
const minuteNs = 60_000_000_000n;
const streams = 4;
const perStream = 300;

let folder: string;
let store: OpenStore;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

async function append(minute: number): Promise<void> {
  const entries = Array.from({ length: streams * perStream }, (_, i) => ({
    stream: store.writer.stream('fake', labels({ pod: `${i % streams}` })),
    ns: firstNs + BigInt(minute) * minuteNs + BigInt(i),
    line: `line ${i} of minute ${minute}`,
  }));
  await store.writer.append(entryColumns(entries));
}

/** A scan's first unit takes so long that the next one comes in another turn, and a flush has passed by then. */
function engineWithFlushes(isHeld: boolean) {
  const head: StoreHead = isHeld
    ? store.host
    : { snapshot: () => store.host.snapshot(), hold: () => () => {} };
  const { reader } = store;
  let scanned = 0;
  const seen = { plans: 0 };
  const slow: StoreReader = {
    streams: (...wish) => reader.streams(...wish),
    labelNames: (...wish) => reader.labelNames(...wish),
    labelValues: (...wish) => reader.labelValues(...wish),
    plan: (snapshot, request, token) => {
      seen.plans++;
      scanned = 0;
      return reader.plan(snapshot, request, token);
    },
    scan: (...wish) => {
      const sliceEnd = performance.now() + 10;
      if (scanned++ === 0) while (performance.now() < sliceEnd);
      reader.scan(...wish);
    },
    close: () => {},
  };
  let minute = 1;
  const flushAndWrite = async (): Promise<void> => {
    await store.host.flush();
    await append(minute++);
  };
  const engine = new QueryEngine({
    workers: inProcessWorkers(slow, head, flushAndWrite),
    runningMax: 1,
    useStatistics: false,
  });
  return { engine, seen };
}

const counted = {
  query: parseMetricExpr('sum(count_over_time({pod=~".+"} |= "minute 0" [1m]))'),
  startNs: firstNs + minuteNs - 1n,
  endNs: firstNs + minuteNs - 1n,
  stepNs: 0n,
};

it.each([
  ['held', true, 1],
  // It must come to an end too, when its flushes do.
  ['not held', false, 2],
] as const)('segments that are %s: every entry once', async (_, isHeld, plans) => {
  await append(0);
  const { engine, seen } = engineWithFlushes(isHeld);
  const result = await engine.metrics(counted, testContext());
  const [only] = result.kind === 'vector' ? result.series : [];
  expect([only?.values[0], seen.plans]).toEqual([streams * perStream, plans]);
  const before = store.host.snapshot() as SegmentSnapshot;
  await store.host.flush();
  for (const { buffer } of before.segments) expect(new Int32Array(buffer)[0]).toBe(0);
});
