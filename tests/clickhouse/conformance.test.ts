// Recorded answers of the reference, asked of a gateway over two shards: what SQLite answers, ClickHouse must. Of all
// cases the gate takes a share; `npm run test:clickhouse` takes them all.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCases } from '../conformance/cases.ts';
import { pushDataset, replay, type Verdict } from '../conformance/replay.ts';
import { knownIds } from '../conformance/report.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { clickHouseEnvironment } from './environment.ts';
import { everything, Shim } from './shims.ts';

/** One of so many cases. */
const share = everything ? 1 : 40;
const cases = loadCases().filter((_, index) => index % share === 0);

describeWith(components.clickhouse, 'recorded answers over ClickHouse', () => {
  let shims: readonly Shim[] = [];
  const verdicts: Verdict[] = [];

  async function replayOn(auth: boolean, prepare: (server: Server) => Promise<void>): Promise<void> {
    const server = await startServer({
      environment: {
        ...clickHouseEnvironment(shims, auth ? 'with_auth' : 'without_auth'),
        SKALD_REJECT_OLD_SAMPLES: 'false',
        SKALD_RETENTION_PERIOD: '0',
        SKALD_AUTH_ENABLED: String(auth),
      },
    });
    try {
      await prepare(server);
      const chosen = cases.filter((recorded) => recorded.auth === auth);
      verdicts.push(...(await replay(server.baseUrl, chosen)));
    } finally {
      await server.remove();
    }
  }

  beforeAll(async () => {
    shims = await Promise.all([Shim.start(), Shim.start()]);
    await replayOn(false, (server) => pushDataset(server.baseUrl));
    await replayOn(true, async () => {});
  }, 3_600_000);
  afterAll(() => Promise.all(shims.map((shim) => shim.stop())));

  it('are those of the reference, but for what is known to differ', () => {
    const known = knownIds();
    const wrong = verdicts.filter(({ id, difference }) => difference !== undefined && !known.has(id));
    expect(wrong).toEqual([]);
    expect(verdicts).toHaveLength(cases.length);
  });
});
