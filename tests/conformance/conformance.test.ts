// All recorded cases against the built gateway. Floors may only rise; what we answer differently on purpose
// stands in KNOWN.md, and must really be answered differently.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../server.ts';
import { loadCases } from './cases.ts';
import { pushDataset, replay, type Verdict } from './replay.ts';
import { countByCategory, knownIds, readFloors, table } from './report.ts';

const cases = loadCases();
const floors = readFloors();
const verdicts: Verdict[] = [];
/** Bytes of /metrics when all of it has been asked. */
const metricsBytes: number[] = [];
/** Prometheus reads the page every few seconds. */
const metricsBytesMax = 200_000;

async function replayOn(auth: boolean, prepare: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer({
    environment: {
      SKALD_REJECT_OLD_SAMPLES: 'false',
      SKALD_RETENTION_PERIOD: '0',
      SKALD_AUTH_ENABLED: String(auth),
    },
  });
  try {
    await prepare(server);
    verdicts.push(
      ...(await replay(
        server.baseUrl,
        cases.filter((c) => c.auth === auth),
      )),
    );
    metricsBytes.push((await (await fetch(`${server.baseUrl}/metrics`)).text()).length);
  } finally {
    await server.remove();
  }
}

describe('recorded answers of the reference', () => {
  beforeAll(async () => {
    await replayOn(false, (server) => pushDataset(server.baseUrl));
    await replayOn(true, async () => {});
  }, 600_000);

  afterAll(() => console.log(table(countByCategory(verdicts), floors)));

  it('covers every recorded case', () => {
    expect(verdicts).toHaveLength(8_299);
  });

  it.each(Object.keys(floors))('%s stands at or above its floor', (category) => {
    const count = countByCategory(verdicts).find((c) => c.category === category);
    const failing = verdicts.filter((v) => v.category === category && v.difference !== undefined);
    const examples = failing.slice(0, 5).map((v) => `${v.id}: ${v.difference}`);
    expect(count?.passed, examples.join('\n')).toBeGreaterThanOrEqual(floors[category] as number);
  });

  it('leaves a page of metrics that is not too large', () => {
    expect(Math.max(...metricsBytes)).toBeLessThan(metricsBytesMax);
  });

  it('has a floor for every category', () => {
    expect(Object.keys(floors).sort()).toEqual([...new Set(cases.map((c) => c.category))].sort());
  });

  it('answers every case of KNOWN.md differently, as it says', () => {
    const known = knownIds();
    const same = verdicts.filter((v) => known.has(v.id) && v.difference === undefined).map((v) => v.id);
    expect(same).toEqual([]);
    const recorded = new Set(cases.map((c) => c.id));
    expect([...known].filter((id) => !recorded.has(id))).toEqual([]);
  });
});
