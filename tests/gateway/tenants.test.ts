// Tenants of the whole gateway: none sees another's lines, labels or figures on any route, caches and tails included;
// `a|b` reads both, where that is switched on.
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { within } from '../within.ts';
import { push } from './client.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({
    environment: { SKALD_AUTH_ENABLED: 'true', SKALD_MULTI_TENANT_QUERIES_ENABLED: 'true' },
  });
});
afterAll(() => server.remove());

const tenants = ['red', 'green', 'blue'] as const;
/** Stands in every line, label value and metadata value of a tenant, and nowhere else. */
const mark = (tenant: string): string => `mark-of-${tenant}`;

async function fill(tenant: string, run: string, lines: number): Promise<void> {
  const entries = Array.from({ length: lines }, (_, index) => ({
    timestampNs: nowNs() - BigInt(index) * 1_000_000n,
    line: `level=info msg="${mark(tenant)}" n=${index}`,
    structuredMetadata: { trace: mark(tenant) },
  }));
  const body = jsonBody({ app: 'shared', run, owner: mark(tenant) }, entries);
  const { status } = await push(server.baseUrl, body, { ...jsonHeaders, 'X-Scope-OrgID': tenant });
  expect(status).toBe(204);
}

async function ask(tenant: string, path: string): Promise<string> {
  const response = await fetch(server.baseUrl + path, { headers: { 'X-Scope-OrgID': tenant } });
  return response.text();
}

const selector = (run: string): string => encodeURIComponent(`{run="${run}"}`);
const metric = (run: string): string =>
  encodeURIComponent(`sum by (owner) (count_over_time({run="${run}"}[1h]))`);

/** Routes that show something of a tenant's entries. */
const reads: readonly ((run: string) => string)[] = [
  (run) => `/loki/api/v1/query_range?query=${selector(run)}&limit=1000`,
  (run) => `/loki/api/v1/query?query=${metric(run)}`,
  (run) => `/loki/api/v1/query_range?query=${metric(run)}&step=60`,
  (run) => `/loki/api/v1/label/owner/values?query=${selector(run)}`,
  (run) => `/loki/api/v1/series?match=${selector(run)}`,
  (run) => `/loki/api/v1/index/volume?query=${selector(run)}&targetLabels=owner`,
  (run) => `/loki/api/v1/index/volume_range?query=${selector(run)}&targetLabels=owner&step=60`,
  (run) => `/loki/api/v1/detected_field/trace/values?query=${selector(run)}`,
  (run) => `/api/prom/query?query=${selector(run)}&limit=1000`,
  (run) => `/api/prom/series?match=${selector(run)}`,
  () => '/api/logs?limit=1000',
  () => '/api/prom/label/owner/values',
];

describe('isolation', () => {
  it('holds on every read, whatever was asked by whom before', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({ red: fc.nat(3), green: fc.nat(3), blue: fc.nat(3) }),
        fc.shuffledSubarray([...tenants], { minLength: 3 }),
        within(15_000, async (lines, order) => {
          const run = `run-${runs++}`;
          for (const tenant of tenants) if (lines[tenant] > 0) await fill(tenant, run, lines[tenant]);
          for (const read of reads)
            for (const tenant of order) {
              const text = await ask(tenant, read(run));
              for (const other of tenants.filter((one) => one !== tenant))
                expect(text, read(run)).not.toContain(mark(other));
              if (lines[tenant] > 0) expect(text, read(run)).toContain(mark(tenant));
            }
        }),
      ),
      { numRuns: 8 },
    );
  });

  it('counts only what is the tenant’s own', async () => {
    await fill('red', 'count', 3);
    await fill('green', 'count', 5);
    const stats = JSON.parse(await ask('red', `/loki/api/v1/index/stats?query=${selector('count')}`));
    expect(stats).toMatchObject({ streams: 1, entries: 3 });
    const labels = JSON.parse(await ask('empty', '/loki/api/v1/labels'));
    expect(labels.data ?? []).toEqual([]);
  });

  it('holds for tails', async () => {
    const socket = new WebSocket(
      `${server.baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query=${selector('tail')}`,
      { headers: { 'X-Scope-OrgID': 'red' } },
    );
    await once(socket, 'open');
    const first = once(socket, 'message');
    await fill('green', 'tail', 1);
    await fill('red', 'tail', 1);
    const text = String((await first)[0]);
    socket.terminate();
    expect(text).toContain(mark('red'));
    expect(text).not.toContain(mark('green'));
  });

  it('holds for deletions', async () => {
    await fill('red', 'gone', 1);
    await fill('green', 'gone', 1);
    const response = await fetch(`${server.baseUrl}/loki/api/v1/delete?query=${selector('gone')}&start=1`, {
      method: 'POST',
      headers: { 'X-Scope-OrgID': 'red' },
    });
    expect(response.status).toBe(204);
    const read = `/loki/api/v1/series?match=${selector('gone')}`;
    expect(JSON.parse(await ask('green', '/loki/api/v1/delete'))).toEqual([]);
    expect(JSON.parse(await ask('red', '/loki/api/v1/delete'))).toHaveLength(1);
    expect(await ask('green', read)).toContain(mark('green'));
    const lines = await ask('red', `/loki/api/v1/query_range?query=${selector('gone')}`);
    expect(lines).not.toContain(mark('red'));
  });
});

describe('several tenants at once', () => {
  it('are read by every read, told apart by __tenant_id__', async () => {
    await fill('red', 'both', 2);
    await fill('green', 'both', 3);
    await fill('blue', 'both', 4);
    for (const read of reads) {
      const text = await ask('red|green', read('both'));
      expect(text, read('both')).toContain(mark('red'));
      expect(text, read('both')).toContain(mark('green'));
      expect(text, read('both')).not.toContain(mark('blue'));
    }
    const path = `/loki/api/v1/query?query=${encodeURIComponent('sum(count_over_time({run="both"}[1h]))')}`;
    expect(JSON.parse(await ask('green|red', path)).data.result[0].value[1]).toBe('5');
    const values = await ask('red|green', '/loki/api/v1/label/__tenant_id__/values');
    expect(JSON.parse(values).data).toEqual(['green', 'red']);
    const { data } = JSON.parse(await ask('red|green', '/loki/api/v1/labels'));
    expect(data).toContain('__tenant_id__');
  });

  it('can be chosen among by a matcher', async () => {
    await fill('red', 'chosen', 1);
    await fill('green', 'chosen', 1);
    const query = encodeURIComponent('{run="chosen", __tenant_id__!="red"}');
    const text = await ask('red|green', `/loki/api/v1/query_range?query=${query}`);
    expect(JSON.parse(text).data.result).toMatchObject([{ stream: { __tenant_id__: 'green' } }]);
    expect(text).not.toContain(mark('red'));
  });

  it('come newest first over all of them', async () => {
    const at = nowNs();
    for (const [index, tenant] of ['red', 'green', 'red', 'green'].entries()) {
      const entry = { timestampNs: at + BigInt(index), line: `line ${index}` };
      const body = jsonBody({ run: 'order', owner: tenant }, [entry]);
      await push(server.baseUrl, body, { ...jsonHeaders, 'X-Scope-OrgID': tenant });
    }
    const text = await ask('red|green', `/loki/api/v1/query_range?query=${selector('order')}&limit=2`);
    const lines = JSON.parse(text).data.result.flatMap((stream: { values: [string, string][] }) =>
      stream.values.map(([, line]) => line),
    );
    expect(lines.sort()).toEqual(['line 2', 'line 3']);
  });

  it('cannot be written, tailed or deleted', async () => {
    const body = jsonBody({ a: 'b' }, [{ timestampNs: nowNs(), line: 'x' }]);
    const pushed = await push(server.baseUrl, body, { ...jsonHeaders, 'X-Scope-OrgID': 'red|green' });
    expect([pushed.status, pushed.text]).toEqual([400, 'multiple org IDs present']);
    for (const path of ['/loki/api/v1/tail?query={a="b"}', '/loki/api/v1/delete'])
      expect(await ask('red|green', path)).toBe('multiple org IDs present');
  });
});
