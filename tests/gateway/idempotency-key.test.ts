// Pushes that come again under their key: their lines have no time of their own, so that nothing else tells that they are
// the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { get } from './client.ts';

const linesOf = (app: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ app, _msg: `line ${n}` })}\n`).join('');

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.remove());

async function send(body: string, key: string, tenant = 'fake'): Promise<void> {
  const answer = await fetch(`${server.baseUrl}/insert/jsonline?_stream_fields=app`, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Scope-OrgID': tenant,
      ...(key !== '' && { 'Idempotency-Key': key }),
    },
  });
  expect(answer.ok).toBe(true);
}

async function stored(app: string): Promise<number> {
  const answer = await get<{ data: { result: { value: [number, string] }[] } }>(
    server.baseUrl,
    '/loki/api/v1/query',
    { query: `sum(count_over_time({app="${app}"}[1h]))`, time: String(nowNs() + 1_000_000_000n) },
  );
  return Number(answer.data.result[0]?.value[1] ?? 0);
}

it.each([
  ['small', 3],
  // More entries than are decoded in one turn: stored in slices.
  ['large', 40_000],
] as const)('a %s push is stored once, also after a kill and beside others', async (app, count) => {
  const body = linesOf(app, count);
  await Promise.all([send(body, 'one'), send(body, 'one')]);
  expect(await stored(app)).toBe(count);
  await server.stop('SIGKILL');
  server = await startServer({ dataDir: server.dataDir });
  await send(body, 'one');
  expect(await stored(app)).toBe(count);
});

it.each([
  ['another key', linesOf('small', 3), 'two', 6],
  ['another body under a used key', linesOf('small', 4), 'one', 10],
  ['no key', linesOf('small', 3), '', 13],
])('what comes under %s is stored', async (_, body, key, count) => {
  await send(body, key);
  expect(await stored('small')).toBe(count);
});

it('keys are of one tenant', async () => {
  const body = linesOf('tenants', 2);
  await send(body, 'shared', 'other');
  await send(body, 'shared');
  expect(await stored('tenants')).toBe(2);
});
