// Signing in by a cookie: what it is, who it stands for, and when it ends.
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credential, hashToken } from '../../src/http/auth/credentials.ts';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { Sessions } from '../../src/http/auth/sessions.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

const reader: Credential = {
  name: 'ann',
  kind: 'user',
  hash: hashPassword('pass:word'),
  scopes: ['query'],
  tenants: ['a'],
};
const operator: Credential = {
  name: 'tool',
  kind: 'token',
  hash: hashToken('the-token'),
  scopes: ['push', 'query', 'admin'],
  tenants: [],
};
const basic = `Basic ${Buffer.from('ann:pass:word').toString('base64')}`;

describe('/session', () => {
  let gateway: FakeGateway;
  let open: FakeGateway;
  beforeAll(async () => {
    const auth = { credentials: [reader, operator], readyOpen: true, metricsOpen: true };
    gateway = await startFakeGateway({ settings: { authEnabled: true, auth, pathPrefix: '/logs' } });
    open = await startFakeGateway();
  });
  afterAll(async () => {
    await gateway.close();
    await open.close();
  });

  const session = (method: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/logs/session`, { method, headers });
  const cookieOf = (response: Response): string =>
    (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const labels = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${gateway.url}/logs/loki/api/v1/labels`, { headers })).status;

  it.each([
    ['a password', basic, { name: 'ann', scopes: ['query'], tenants: ['a'] }],
    ['a token', 'Bearer the-token', { name: 'tool', scopes: ['push', 'query', 'admin'], tenants: [] }],
  ])('stands for who signed in with %s, until they sign out', async (_name, Authorization, who) => {
    const answer = await session('POST', { Authorization });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ ...who, signedIn: true, authEnabled: true });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^skald-session\d+=[\w-]{43}; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    const Cookie = `theme=dark; ${cookieOf(answer)}; other`;
    expect(await (await session('GET', { Cookie })).json()).toMatchObject({ ...who, signedIn: true });
    expect(await labels({ Cookie, 'X-Scope-OrgID': 'a' })).toBe(200);

    const ended = await session('DELETE', { Cookie });
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toMatch(/^skald-session\d+=; Max-Age=0; /);
    expect(await labels({ Cookie, 'X-Scope-OrgID': 'a' })).toBe(401);
  });

  it('has the scopes and tenants of its credential, and no more', async () => {
    const Cookie = cookieOf(await session('POST', { Authorization: basic }));
    expect(await labels({ Cookie })).toBe(200);
    expect(await labels({ Cookie, 'X-Scope-OrgID': 'b' })).toBe(403);
    const deletion = await fetch(`${gateway.url}/logs/loki/api/v1/delete?query={a="b"}&start=1`, {
      method: 'POST',
      headers: { Cookie },
    });
    expect(deletion.status).toBe(403);
  });

  it('gives way to credentials in the request', async () => {
    const Cookie = cookieOf(await session('POST', { Authorization: basic }));
    const answer = await session('GET', { Cookie, Authorization: 'Bearer the-token' });
    expect(await answer.json()).toMatchObject({ name: 'tool', signedIn: false });
    expect((await session('GET', { Cookie, Authorization: 'Bearer x' })).status).toBe(401);
  });

  it.each([
    ['nothing', {}],
    ['a wrong password', { Authorization: `Basic ${Buffer.from('ann:x').toString('base64')}` }],
    ['an unknown cookie', { Cookie: 'skald-session=x; skald-session3100=y' }],
  ])('is not opened with %s', async (_name, headers) => {
    for (const method of ['GET', 'POST']) {
      const answer = await session(method, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
    }
    // No window of the browser before the page's own form.
    const asked = await session('POST', { ...headers, 'X-Requested-With': 'XMLHttpRequest' });
    expect(asked.headers.get('www-authenticate')).toBe('Bearer realm="Skald"');
  });

  it('is only sent over TLS when that is how the browser came', async () => {
    const Origin = gateway.url.replace('http:', 'https:');
    const secure = await session('POST', { Authorization: basic, Origin });
    expect(secure.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  it('needs no cookie where nobody is asked who they are', async () => {
    const answer = await fetch(`${open.url}/session`, { method: 'POST' });
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await answer.json()).toEqual({
      name: '',
      scopes: ['push', 'query', 'admin'],
      tenants: [],
      signedIn: false,
      authEnabled: false,
    });
  });
});

describe('sessions', () => {
  const request = (cookie?: string): IncomingMessage =>
    ({ headers: { host: 'gateway:3100', cookie } }) as unknown as IncomingMessage;
  const openOf = (sessions: Sessions, who: Credential): IncomingMessage =>
    request(sessions.open(who, request()).split(';')[0]);

  it('end after seven days', () => {
    let nowMs = 1_000;
    const sessions = new Sessions(() => nowMs);
    const signedIn = openOf(sessions, reader);
    nowMs += 7 * 86_400_000 - 1;
    expect(sessions.principalOf(signedIn)).toBe(reader);
    nowMs += 1;
    expect(sessions.principalOf(signedIn)).toBeUndefined();
  });

  it('are few of each credential: a further one ends the oldest of its own', () => {
    const sessions = new Sessions();
    const other = openOf(sessions, operator);
    const opened = Array.from({ length: 33 }, () => openOf(sessions, reader));
    expect(opened.map((one) => sessions.principalOf(one) === reader)).toEqual([
      false,
      ...Array.from({ length: 32 }, () => true),
    ]);
    expect(sessions.principalOf(other)).toBe(operator);
  });
});
