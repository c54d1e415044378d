// What Grafana Logs Drilldown asks, in its own forms, of the whole gateway.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { get, push, queryLogs } from './client.ts';

describe('Drilldown', () => {
  let server: Server;
  const endNs = nowNs();
  const startNs = endNs - 3600n * 1_000_000_000n;
  const range = {
    start: new Date(Number(startNs / 1_000_000n)).toISOString(),
    end: new Date(Number(endNs / 1_000_000n) + 1000).toISOString(),
  };
  const ask = <T>(path: string, parameters: Record<string, string> = {}): Promise<T> =>
    get<T>(server.baseUrl, `/loki/api/v1/${path}`, { ...range, ...parameters });

  beforeAll(async () => {
    server = await startServer();
    const lines = (count: number, line: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => ({
        timestampNs: endNs - BigInt(i) * 1_000_000_000n,
        line: line(i),
      }));
    const shop = lines(
      40,
      (i) => `level=${i % 4 === 0 ? 'error' : 'info'} msg="order placed" id=${i} took=${i}ms`,
    );
    const cart = lines(5, (i) => `{"msg":"item added","user":{"id":${i}}}`);
    for (const [app, entries] of [
      ['shop', shop],
      ['cart', cart],
    ] as const) {
      expect(await push(server.baseUrl, jsonBody({ app }, entries), jsonHeaders)).toMatchObject({
        status: 204,
      });
    }
  });
  afterAll(() => server.remove());

  it('lists services by volume', async () => {
    const { data } = await ask<{ data: { resultType: string; result: { metric: unknown }[] } }>(
      'index/volume',
      {
        query: '{service_name=~".+"}',
        limit: '5000',
      },
    );
    expect(data.resultType).toBe('vector');
    expect(data.result.map(({ metric }) => metric)).toEqual([
      { service_name: 'shop' },
      { service_name: 'cart' },
    ]);
  });

  it('lists labels and fields', async () => {
    expect(await ask('detected_labels', { query: '' })).toEqual({
      detectedLabels: expect.arrayContaining([
        { label: 'app', cardinality: 2 },
        { label: 'service_name', cardinality: 2 },
      ]),
    });
    expect(await ask('detected_fields', { query: '{service_name="cart"}' })).toEqual({
      fields: [
        { label: 'detected_level', type: 'string', cardinality: 1, parsers: null },
        { label: 'msg', type: 'string', cardinality: 1, parsers: ['json'], jsonPath: ['msg'] },
        { label: 'user_id', type: 'int', cardinality: 5, parsers: ['json'], jsonPath: ['user', 'id'] },
      ],
      limit: 1000,
    });
    const { values } = await ask<{ values: string[] }>('detected_field/detected_level/values', {
      query: '{service_name="shop"}',
    });
    expect(values.sort()).toEqual(['error', 'info']);
  });

  it('finds the lines of a pattern by the filter it makes of it', async () => {
    const { data } = await ask<{ data: { pattern: string; level: string; samples: [number, number][] }[] }>(
      'patterns',
      { query: '{service_name="shop"}', step: '60s' },
    );
    expect(data.map(({ pattern, level }) => [pattern, level])).toEqual([
      ['level=info msg="order placed" id=<_> took=<_>', 'info'],
      ['level=error msg="order placed" id=<_> took=<_>', 'error'],
    ]);
    for (const { pattern, samples } of data) {
      const found = await queryLogs(server.baseUrl, `{service_name="shop"} |> \`${pattern}\``, {
        startNs,
        endNs: endNs + 1n,
      });
      const counted = samples.reduce((sum, [, lines]) => sum + lines, 0);
      expect(found.flatMap(({ values }) => values)).toHaveLength(counted);
    }
  });

  it('learns what it may ask', async () => {
    expect(await ask('drilldown-limits')).toMatchObject({
      limits: { volume_enabled: true },
      pattern_ingester_enabled: true,
    });
  });
});
