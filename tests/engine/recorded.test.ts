// The engine over the recorded data set, held in memory, against the reference's recorded answers.
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { loadCases } from '../conformance/cases.ts';
import { knownIds } from '../conformance/report.ts';
import { loadStreams } from '../pipeline/recorded-data.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { MemoryStore } from './memory-store.ts';
import { differenceOf } from './recorded-engine.ts';

const categories = new Set(
  'selectors line-filters label-filters parsers formatting stages metadata ordering range-agg unwrap offset evaluation vector-agg binary label-replace'.split(
    ' ',
  ),
);

const known = knownIds();

const streams = loadStreams().map(({ labels, entries }) => ({
  labels,
  entries: entries.map(({ timestampNs, bytes, structuredMetadata, level }) => ({
    timestampNs,
    line: bytes,
    structuredMetadata,
    level,
  })),
}));

const cases = loadCases().filter(
  ({ id, category, writes, auth, steps }) =>
    categories.has(category) &&
    !writes &&
    !auth &&
    !known.has(id) &&
    steps.every(({ req, kind }) => kind === 'query' && /\/loki\/api\/v1\/query(_range)?$/.test(req.path)),
);

describe.each([
  ['with statistics', { statistics: true, unitEntries: 250, batchEntries: 100 }],
  ['in small pieces without statistics', { statistics: false, unitEntries: 40, batchEntries: 7 }],
])('recorded answers, %s', (_, options) => {
  const engine = new QueryEngine({
    workers: inProcessWorkers(new MemoryStore(streams, options)),
    runningMax: 4,
  });

  it.each([...categories])('%s', async (category) => {
    const differences: string[] = [];
    const ofCategory = cases.filter((one) => one.category === category);
    for (const { id, steps } of ofCategory) {
      for (const step of steps) {
        const difference = await differenceOf(engine, step);
        if (difference !== undefined) {
          differences.push(`${id} ${JSON.stringify(step.req.params ?? step.req.form)}: ${difference}`);
        }
      }
    }
    expect(ofCategory.length).toBeGreaterThan(0);
    expect(differences).toEqual([]);
  });
});
