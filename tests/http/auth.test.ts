// Credentials, scopes and tenants on every route with every method, and on the upgrade.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { demands } from '../../src/http/auth/access.ts';
import { type Credential, hashToken, type Scope } from '../../src/http/auth/credentials.ts';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

const tokenOf = (scope: Scope): string => `token-of-${scope}`;
const scopes: readonly Scope[] = ['push', 'query', 'admin'];
const credentials: readonly Credential[] = [
  ...scopes.map((scope): Credential => {
    const hash = hashToken(tokenOf(scope));
    return { name: scope, kind: 'token', hash, scopes: [scope], tenants: [] };
  }),
  { name: 'all', kind: 'token', hash: hashToken('all'), scopes: [...scopes], tenants: [] },
  { name: 'bound', kind: 'token', hash: hashToken('bound'), scopes: [...scopes], tenants: ['a'] },
  { name: 'both', kind: 'token', hash: hashToken('both'), scopes: [...scopes], tenants: ['a', 'b'] },
  { name: 'grafana', kind: 'user', hash: hashPassword('pass:word'), scopes: ['query'], tenants: [] },
];

let gateway: FakeGateway;
let closed: FakeGateway;
beforeAll(async () => {
  const auth = { credentials, readyOpen: true, metricsOpen: true };
  gateway = await startFakeGateway({ settings: { authEnabled: true, auth } });
  closed = await startFakeGateway({
    settings: { auth: { credentials, readyOpen: false, metricsOpen: false } },
  });
});
afterAll(async () => {
  await gateway.close();
  await closed.close();
});

const basic = (text: string): string => Buffer.from(text).toString('base64');

async function ask(method: string, path: string, headers: Record<string, string>, of = gateway) {
  const response = await fetch(of.url + path, { method, headers });
  // An event stream does not end.
  const endless = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (endless) await response.body?.cancel();
  const text = endless ? '' : await response.text();
  return { status: response.status, text, challenge: response.headers.get('www-authenticate') };
}

const cases = () =>
  gateway.routes.flatMap((route) => {
    const path = route.path.replace(/\{\w+\}/g, 'x');
    return Object.entries(route.methods).flatMap(([method, access]) => {
      // HEAD is what GET is.
      const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
      return methods.map((asked) => ({ route, method: asked, path, access }));
    });
  });

describe('every route and method', () => {
  it('refuses those without credentials with a challenge, but probes, scrapes and the page', async () => {
    const open: string[] = [];
    for (const { route, method, path } of cases()) {
      const answer = await ask(method, path, { 'X-Scope-OrgID': 'a' });
      if (answer.status !== 401) open.push(`${method} ${route.path}`);
      else expect(answer.challenge).toContain('Basic realm=');
    }
    const files = ['GET /', 'HEAD /', 'GET /page/{file}', 'HEAD /page/{file}'];
    const probes = ['GET /ready', 'HEAD /ready', 'GET /metrics', 'HEAD /metrics'];
    expect(open).toEqual([...probes, 'DELETE /session', ...files]);
  });

  it('lets in those with its scope and no others', async () => {
    for (const { route, method, path, access } of cases()) {
      if (access === 'ready' || access === 'metrics' || access === 'open') continue;
      const { scope: needed } = demands[access];
      for (const scope of scopes) {
        const { status } = await ask(method, path, {
          'X-Scope-OrgID': 'a',
          Authorization: `Bearer ${tokenOf(scope)}`,
        });
        const refused = status === 401 || status === 403;
        expect(refused, `${method} ${route.path} with ${scope}`).toBe(
          needed !== undefined && needed !== scope,
        );
      }
    }
  });

  it('needs a tenant where it has one, and keeps a bound credential to its own', async () => {
    for (const { route, method, path } of cases().filter(({ route }) => route.tenant)) {
      const name = `${method} ${route.path}`;
      const said = (text: string): string => (method === 'HEAD' ? '' : text);
      const none = await ask(method, path, { Authorization: 'Bearer all' });
      expect([none.status, none.text.trim()], name).toEqual([401, said('no org id')]);
      const foreign = await ask(method, path, { Authorization: 'Bearer bound', 'X-Scope-OrgID': 'b' });
      expect([foreign.status, foreign.text.trim()], name).toEqual([
        403,
        said('the tenant "b" is not open to this credential'),
      ]);
      const several = await ask(method, path, { Authorization: 'Bearer both', 'X-Scope-OrgID': 'a|b' });
      expect([several.status, several.text.trim()], name).toEqual([400, said('multiple org IDs present')]);
      const own = await ask(method, path, { Authorization: 'Bearer bound' });
      expect([401, 403], name).not.toContain(own.status);
    }
  });
});

describe('what is about all tenants', () => {
  const about = async (bearer: string): Promise<string[]> => {
    const refused: string[] = [];
    for (const { route, method, path } of cases()) {
      const headers = { 'X-Scope-OrgID': 'a', Authorization: `Bearer ${bearer}` };
      const { status, text } = await ask(method, path, headers, closed);
      if (status === 403 && (method === 'HEAD' || text.includes('is about all of them')))
        refused.push(`${method} ${route.path}`);
    }
    return refused;
  };

  it('is not for a credential that is bound to some', async () => {
    expect(await about('all')).toEqual([]);
    expect((await about('bound')).sort()).toEqual(
      [
        ...[
          '/metrics',
          '/log_level',
          '/api/status',
          '/api/access',
          '/config',
          '/runtime_config',
          '/services',
        ],
        ...['/ring', '/distributor/ring', '/compactor/ring', '/ruler/ring', '/memberlist'],
      ]
        .flatMap((path) => [`GET ${path}`, `HEAD ${path}`])
        .concat('POST /log_level', 'POST /flush')
        .sort(),
    );
  });
});

describe('the Authorization header', () => {
  const path = '/loki/api/v1/labels';
  it.each<[name: string, header: string | undefined, status: number, text: string]>([
    ['none', undefined, 401, 'credentials are needed'],
    ['right token', `Bearer ${tokenOf('query')}`, 200, 'success'],
    ['scheme in lower case', `bearer ${tokenOf('query')}`, 200, 'success'],
    ['wrong token', 'Bearer x', 401, 'unknown token'],
    ['the hash of a token', `Bearer ${hashToken('all')}`, 401, 'unknown token'],
    ['right user', `Basic ${basic('grafana:pass:word')}`, 200, 'success'],
    ['right user again, remembered', `Basic ${basic('grafana:pass:word')}`, 200, 'success'],
    ['old winston-loki', `Basic: ${basic('grafana:pass:word')}`, 200, 'success'],
    ['old pino-loki', basic('grafana:pass:word'), 200, 'success'],
    ['wrong password', `Basic ${basic('grafana:password')}`, 401, 'wrong user name or password'],
    ['unknown user', `Basic ${basic('nobody:pass:word')}`, 401, 'wrong user name or password'],
    ['a token as a user', `Basic ${basic('all:all')}`, 401, 'wrong user name or password'],
    ['no colon', `Basic ${basic('grafana')}`, 401, 'neither Basic nor Bearer'],
    ["Splunk's scheme", `Splunk ${tokenOf('query')}`, 200, 'success'],
    ["Elasticsearch's scheme", `ApiKey ${basic(`id:${tokenOf('query')}`)}`, 200, 'success'],
    ['a wrong token in another scheme', 'Splunk x', 401, 'unknown token'],
    ['another scheme', 'Digest username="x"', 401, 'neither Basic nor Bearer'],
  ])('%s', async (_name, header, status, text) => {
    const headers = { 'X-Scope-OrgID': 'a', ...(header && { Authorization: header }) };
    const answer = await ask('GET', path, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  it("may be missing where Datadog's header has the token", async () => {
    const headers = { 'X-Scope-OrgID': 'a' };
    expect((await ask('GET', path, { ...headers, 'DD-API-KEY': tokenOf('query') })).status).toBe(200);
    expect((await ask('GET', path, { ...headers, 'DD-API-KEY': 'x' })).status).toBe(401);
  });

  it('is asked of probes and scrapes where that is configured', async () => {
    for (const probe of ['/ready', '/metrics']) {
      expect((await ask('GET', probe, {}, closed)).status).toBe(401);
      expect((await ask('GET', probe, { Authorization: 'Bearer all' }, closed)).status).toBe(200);
    }
  });

  it('counts refusals by reason', async () => {
    const metrics = await gateway.metricsText();
    for (const reason of ['credentials', 'forbidden', 'missing', 'invalid'])
      expect(metrics).toMatch(new RegExp(`skald_auth_failures_total\\{reason="${reason}"\\} [1-9]`));
  });
});

describe('the upgrade of a tail', () => {
  it.each([
    ['nobody', {}, 401],
    ['another scope', { Authorization: `Bearer ${tokenOf('push')}`, 'X-Scope-OrgID': 'a' }, 403],
    ['another tenant', { Authorization: 'Bearer bound', 'X-Scope-OrgID': 'b' }, 403],
    ['several tenants', { Authorization: 'Bearer both', 'X-Scope-OrgID': 'a|b' }, 400],
    ['its own', { Authorization: 'Bearer bound' }, 101],
  ])('by %s', async (_name, headers, status) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/loki/api/v1/tail?query={a="b"}`, {
      headers,
    });
    const [response] = await Promise.race([
      once(socket, 'unexpected-response').then(([, answer]) => [answer]),
      once(socket, 'upgrade'),
    ]);
    expect(response.statusCode).toBe(status);
    if (status === 401) expect(response.headers['www-authenticate']).toContain('Basic');
    socket.on('error', () => {});
    socket.terminate();
  });
});
