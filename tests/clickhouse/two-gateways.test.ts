// Two gateways over the same shards: what one has acknowledged the other reads, and deletes.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { get, push, queryLogs } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { clickHouseEnvironment } from './environment.ts';
import { Shim } from './shims.ts';

describeWith(components.clickhouse, 'two gateways over ClickHouse', () => {
  let shims: readonly Shim[] = [];
  let gateways: readonly Server[] = [];
  beforeAll(async () => {
    shims = await Promise.all([Shim.start(), Shim.start()]);
    const environment = clickHouseEnvironment(shims, 'shared');
    // The tables are made by the first.
    gateways = [await startServer({ environment })];
    gateways = [...gateways, await startServer({ environment })];
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.remove()));
    await Promise.all(shims.map((shim) => shim.stop()));
  });

  const startNs = nowNs() - 60_000_000_000n;
  /** As one gateway reads them, in order of time. */
  const linesAt = async ({ baseUrl }: Server): Promise<readonly string[]> => {
    const streams = await queryLogs(baseUrl, '{app=~".+"}', { startNs, endNs: nowNs() + 1n });
    return streams
      .flatMap(({ values }) => values)
      .toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
      .map(([, line]) => line);
  };

  it('each reads at once what the other has acknowledged, also of streams that it has not seen', async () => {
    const sent: string[] = [];
    for (let round = 0; round < 12; round++) {
      const writer = gateways[round % 2] as Server;
      // Streams on both shards; some known to both gateways, some new.
      const app = `app-${round < 6 ? round : round % 3}`;
      const line = `line ${round}`;
      sent.push(line);
      const body = jsonBody({ app }, [{ timestampNs: startNs + BigInt(round), line }]);
      expect((await push(writer.baseUrl, body, jsonHeaders)).status).toBe(204);
      for (const gateway of gateways) expect(await linesAt(gateway)).toEqual(sent);
    }
    for (const { baseUrl } of gateways)
      expect((await get<{ data: string[] }>(baseUrl, '/loki/api/v1/label/app/values')).data).toEqual(
        Array.from({ length: 6 }, (_, at) => `app-${at}`),
      );
  });

  it('what comes again by the other gateway is there once', async () => {
    const before = await linesAt(gateways[0] as Server);
    const body = jsonBody({ app: 'again' }, [{ timestampNs: startNs + 100n, line: 'sent twice' }]);
    for (const { baseUrl } of gateways) expect((await push(baseUrl, body, jsonHeaders)).status).toBe(204);
    for (const gateway of gateways) expect(await linesAt(gateway)).toEqual([...before, 'sent twice']);
  });

  it('what one is asked to delete the other hides', async () => {
    const [first, second] = gateways as readonly [Server, Server];
    const query = new URLSearchParams({ query: '{app="again"}', start: '0' });
    const asked = await fetch(`${first.baseUrl}/loki/api/v1/delete?${query}`, { method: 'POST' });
    expect(asked.status).toBe(204);
    await expect.poll(() => linesAt(second)).not.toContain('sent twice');
    expect(await linesAt(first)).not.toContain('sent twice');
  });
});
