// Retention deletes blocks once a minute: what dashboards keep of later times stays in use, and what they keep of the
// deleted entries does not.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseMetricExpr } from '../../src/logql/parser.ts';
import { entryColumns, labels } from '../store/columns.ts';
import { type OpenStore, openStore, removeFolder, temporaryFolder } from '../store/open-store.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { pointsOf } from './points.ts';
import { testContext } from './recorded-engine.ts';

const minuteNs = 60_000_000_000n;
const minutes = 40;
const perMinute = 50;
const firstNs = (BigInt(Date.now()) / 60_000n) * minuteNs - BigInt(2 * minutes) * minuteNs;

let folder: string;
let store: OpenStore;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await store.close();
  removeFolder(folder);
});

/** Blocks of one minute each. */
async function fill(): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const stream = store.writer.stream('fake', labels({ app: 'x', minute: `${minute}` }));
    const entries = Array.from({ length: perMinute }, (_, i) => ({
      stream,
      ns: firstNs + BigInt(minute) * minuteNs + BigInt(i),
      line: `v=${i} ${randomBytes(300).toString('hex')}`,
    }));
    await store.writer.append(entryColumns(entries));
    await store.host.flush();
  }
}

it.each([
  ['cells', 'sum by (app) (count_over_time({app="x"} |= "v=" [1m]))'],
  ['steps', 'quantile_over_time(0.5, {app="x"} | logfmt | unwrap v [1m]) by (app)'],
])('kept %s are used after a run of retention, but for what it deleted', async (_, text) => {
  store = await openStore(folder);
  await fill();
  await store.close();
  const { size } = statSync(join(folder, 'skald.db'));
  store = await openStore(folder, { storeBytesMax: Math.round(size * 0.7) });
  const common = { runningMax: 1 };
  const keeping = new QueryEngine({
    ...common,
    workers: inProcessWorkers(store.reader, store.host),
    changes: store.host.changes,
  });
  const plain = new QueryEngine({ ...common, workers: inProcessWorkers(store.reader, store.host) });
  const request = {
    query: parseMetricExpr(text),
    startNs: firstNs,
    endNs: firstNs + BigInt(minutes) * minuteNs,
    stepNs: minuteNs,
  };
  const ask = async (engine: QueryEngine) => {
    const answer = await engine.metrics(request, testContext());
    return { points: pointsOf(answer), lines: answer.statistics.linesProcessed };
  };
  const first = await ask(keeping);
  expect(first.lines).toBe(minutes * perMinute);
  await store.host.retain();
  const scanned = await ask(plain);
  expect(scanned.lines).toBeLessThan(first.lines * 0.9);
  const refreshed = await ask(keeping);
  expect(refreshed.points).toEqual(scanned.points);
  expect(refreshed.lines).toBeLessThan(scanned.lines / 4);
});
