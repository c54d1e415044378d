// Guessed passwords by the real thread, over real sockets: others log in, and answers are compressed meanwhile.

import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashToken } from '../../src/http/auth/credentials.ts';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { type FakeGateway, startFakeGateway } from '../http/fake-gateway.ts';

/** Eight times as dear as the default. */
const dear = { N: 131_072, r: 8, p: 1 };
const salt = Buffer.alloc(16, 1);
const dearKey = scryptSync('pass', salt, 32, { ...dear, maxmem: 2 ** 29 });
const dearHash = `scrypt:${dear.N}:8:1:${salt.toString('base64')}:${dearKey.toString('base64')}`;

const all = { scopes: ['push', 'query', 'admin'] as const, tenants: [] };
let cheap: FakeGateway;
let costly: FakeGateway;
beforeAll(async () => {
  const start = (hash: string): Promise<FakeGateway> => {
    const credentials = [
      { ...all, name: 'ann', kind: 'user', hash } as const,
      { ...all, name: 'tok', kind: 'token', hash: hashToken('token') } as const,
    ];
    return startFakeGateway({ settings: { auth: { credentials, readyOpen: true, metricsOpen: true } } });
  };
  cheap = await start(hashPassword('pass'));
  costly = await start(dearHash);
});
afterAll(async () => {
  await cheap.close();
  await costly.close();
});

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

async function ask(
  { port }: FakeGateway,
  authorization: string,
  { path = '/loki/api/v1/labels', localAddress = '127.0.0.1' } = {},
): Promise<number | undefined> {
  const headers = { Authorization: authorization, 'Accept-Encoding': 'gzip' };
  const asked = request({ port, host: '127.0.0.1', localAddress, path, headers, agent: false });
  asked.end();
  const [answer] = await once(asked, 'response');
  answer.resume();
  await once(answer, 'end');
  if (path.endsWith('.json')) expect(answer.headers['content-encoding']).toBe('gzip');
  return answer.statusCode;
}

it('those of one address keep nobody else from logging in', async () => {
  let on = true;
  const statuses = new Map<number | undefined, number>();
  const flood = Array.from({ length: 48 }, async (_, worker) => {
    for (let i = 0; on; i++) {
      const status = await ask(cheap, basic('ann', `guess ${worker} ${i}`));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  try {
    await expect.poll(() => statuses.get(429) ?? 0).toBeGreaterThan(0);
    const localAddress = '127.0.0.2';
    // Not remembered: each is worked out.
    for (let i = 0; i < 5; i++)
      expect(await ask(cheap, basic('ann', `typo ${i}`), { localAddress })).toBe(401);
    expect(await ask(cheap, basic('ann', 'pass'), { localAddress })).toBe(200);
  } finally {
    on = false;
    await Promise.all(flood);
  }
  expect([...statuses.keys()].sort()).toEqual([401, 429]);
});

it('compression does not wait for them', async () => {
  const order: string[] = [];
  // As many as the pool has threads that compresses.
  const logins = [2, 3, 4, 5].map(async (host) => {
    const status = await ask(costly, basic('ann', `guess ${host}`), { localAddress: `127.0.0.${host}` });
    order.push(`login ${status}`);
  });
  // Until they have been read, and the first is under way.
  await expect
    .poll(() => costly.gateway.metrics.registry.metrics())
    .toContain('loki_tcp_connections{protocol="http"} 4');
  for (let i = 0; i < 3; i++)
    expect(await ask(costly, 'Bearer token', { path: '/api/openapi.json' })).toBe(200);
  order.push('compressed');
  await Promise.all(logins);
  expect(order.indexOf('compressed')).toBeLessThan(order.length - 1);
  expect(order).toHaveLength(5);
});
