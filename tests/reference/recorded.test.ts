// The reference evaluator gives the recorded answers: what it says of random queries can be trusted.
import { expect, it } from 'vitest';
import type { QueryService } from '../../src/engine/run/query-service.ts';
import { levelName } from '../../src/model/entry.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { loadCases } from '../conformance/cases.ts';
import { knownIds } from '../conformance/report.ts';
import { differenceOf } from '../engine/recorded-engine.ts';
import { loadStreams } from '../pipeline/recorded-data.ts';
import type { PushedStream } from './logs.ts';
import { referenceService } from './service.ts';

const streams = loadStreams().map(
  ({ labels, entries }): PushedStream => ({
    labels: labelsToRecord(labels),
    entries: entries.map(({ timestampNs, bytes, structuredMetadata, level }) => ({
      ns: timestampNs,
      line: bytes.toString(),
      metadata: labelsToRecord(structuredMetadata),
      level: levelName(level),
    })),
  }),
);
/** The evaluator is slow: a sample of the cases is enough to keep it honest, RECORDED=all asks for all of them. */
const oneIn = process.env.RECORDED === 'all' ? 1 : 12;
const known = knownIds();
const cases = loadCases().filter(
  ({ id, writes, auth, steps }) =>
    !writes &&
    !auth &&
    !known.has(id) &&
    !id.startsWith('http/') &&
    // The wording of errors and `interval` are not in the reference.
    steps.every(
      ({ req, kind, want }) =>
        kind === 'query' &&
        want.status === 200 &&
        req.params?.interval === undefined &&
        /\/loki\/api\/v1\/query(_range)?$/.test(req.path),
    ),
);
const sample = cases.filter((_, i) => i % oneIn === 0);
const categories = [...new Set(sample.map(({ category }) => category))];
const service = referenceService(streams) as QueryService;

it.each(categories)('%s', async (category) => {
  const differences: string[] = [];
  for (const { id, steps } of sample.filter((one) => one.category === category)) {
    for (const step of steps) {
      const difference = await differenceOf(service, step);
      if (difference !== undefined)
        differences.push(`${id} ${JSON.stringify(step.req.params ?? step.req.form)}: ${difference}`);
    }
  }
  expect(differences).toEqual([]);
});
