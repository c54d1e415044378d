// Pages of other sites: the rule row by row, then every route with every method, origin and host.
import { Agent, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credential, hashToken } from '../../src/http/auth/credentials.ts';
import type { Method } from '../../src/http/server/api.ts';
import { type CrossSiteSettings, crossSiteRule } from '../../src/http/server/cross-site.ts';
import { HttpError } from '../../src/http/server/http-error.ts';
import { tailPaths } from '../../src/http/tail/tail-request.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

const open: CrossSiteSettings = {
  allowedOrigins: [],
  allowedHosts: [],
  tls: undefined,
  auth: { credentials: [] },
};
const withCredentials = { ...open, auth: { credentials: ['somebody'] } };

interface Asked {
  readonly method?: string;
  readonly localAddress?: string;
  readonly settings?: Partial<CrossSiteSettings> | undefined;
}

/** The text of the refusal; undefined: let in. */
function refusal(headers: Record<string, string>, { method, localAddress, settings }: Asked = {}) {
  const socket = { localAddress: localAddress ?? '127.0.0.1' };
  try {
    const asked = { method: method ?? 'POST', headers, socket };
    crossSiteRule({ ...open, ...settings })(asked as unknown as IncomingMessage);
    return undefined;
  } catch (error) {
    if (error instanceof HttpError && error.status === 403) return error.message;
    throw error;
  }
}

describe('the origin is compared with the host asked', () => {
  const tls = { tls: {} };
  it.each<[name: string, origin: string, host: string, own: boolean, settings?: Partial<CrossSiteSettings>]>([
    ['the same', 'http://127.0.0.1:3100', '127.0.0.1:3100', true],
    ['in other letters', 'http://LOCALHOST:3100', 'localhost:3100', true],
    ['IPv6', 'http://[::1]:3100', '[::1]:3100', true],
    ['another port', 'http://127.0.0.1:8080', '127.0.0.1:3100', false],
    ['another name', 'http://localhost:3100', '127.0.0.1:3100', false],
    ['no port against one', 'http://127.0.0.1', '127.0.0.1:3100', false],
    ['a port against none', 'http://127.0.0.1:3100', '127.0.0.1', false],
    ['http on its port', 'http://127.0.0.1', '127.0.0.1', true],
    ['http on its port, written', 'http://127.0.0.1', '127.0.0.1:80', true],
    ['http on its port, written twice', 'http://127.0.0.1:80', '127.0.0.1', true],
    ['TLS before us, host passed on', 'https://127.0.0.1', '127.0.0.1', true],
    ['TLS before us, host with its port', 'https://127.0.0.1', '127.0.0.1:443', true],
    ['TLS before us on a port of its own', 'https://127.0.0.1:8443', '127.0.0.1:8443', true],
    ['TLS before us, plain port asked', 'https://127.0.0.1', '127.0.0.1:80', false],
    ['TLS here', 'https://logs.example.org', 'logs.example.org', true, tls],
    ['TLS here, page without', 'http://logs.example.org', 'logs.example.org', false, tls],
    ['null', 'null', '127.0.0.1:3100', false],
    ['empty', '', '127.0.0.1:3100', false],
    ['two', 'http://127.0.0.1:3100, http://evil.example', '127.0.0.1:3100', false],
    ['a path behind it', 'http://127.0.0.1:3100/', '127.0.0.1:3100', false],
    ['a user before it', 'http://evil@127.0.0.1:3100', '127.0.0.1:3100', false],
    ['a longer name', 'http://127.0.0.1.evil.example:3100', '127.0.0.1:3100', false],
    ['an extension', 'chrome-extension://abcdef', '127.0.0.1:3100', false],
    ['a file', 'file://', '127.0.0.1:3100', false],
    ['a host that is none', 'http://127.0.0.1', '127.0.0.1:x', false],
  ])('%s: %s asks %s', (_name, origin, host, own, settings) => {
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(refusal({ origin, host }, { method, settings }) === undefined).toBe(own);
  });

  it('no host at all is no page’s', () => {
    expect(refusal({ origin: 'http://127.0.0.1' })).toContain('http.allowed_origins');
    expect(refusal({}, { method: 'GET' })).toBeUndefined();
  });

  it('is told with the way out, and not at any length', () => {
    const host = '127.0.0.1:3100';
    const text = refusal({ origin: `https://${'x'.repeat(5000)}`, host }) ?? '';
    expect(text).toMatch(/^requests from pages of other sites are refused: the origin "https:\/\/x/);
    expect(text).toContain('http.allowed_origins');
    expect(text.length).toBeLessThan(500);
  });

  it.each([
    ['https://grafana.example.org', true],
    ['https://GRAFANA.example.org', true],
    ['https://grafana.example.org:443', true],
    ['https://grafana.example.org:8443', false],
    ['http://grafana.example.org', false],
    ['https://example.org', false],
    ['http://10.0.0.5:3000', true],
    ['moz-extension://0e1f', true],
    ['null', false],
  ])('or is one of http.allowed_origins: %s → %s', (origin, allowed) => {
    const allowedOrigins = ['https://grafana.example.org', 'http://10.0.0.5:3000', 'moz-extension://0e1f'];
    const headers = { origin, host: '127.0.0.1:3100', 'sec-fetch-site': 'cross-site' };
    expect(refusal(headers, { settings: { allowedOrigins } }) === undefined).toBe(allowed);
  });
});

describe('what a browser says of who asks', () => {
  const host = '127.0.0.1:3100';
  const navigate = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  it.each<[name: string, method: string, headers: Record<string, string>, refused: boolean]>([
    ['its own page', 'GET', { 'sec-fetch-site': 'same-origin' }, false],
    ['an address typed', 'GET', { 'sec-fetch-site': 'none', ...navigate }, false],
    [
      'a script of another site',
      'GET',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      true,
    ],
    [
      'another port of this host',
      'GET',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      true,
    ],
    ['a link of another site', 'GET', { 'sec-fetch-site': 'cross-site', ...navigate }, false],
    ['a link of another port', 'HEAD', { 'sec-fetch-site': 'same-site', ...navigate }, false],
    ['a form of another site', 'POST', { 'sec-fetch-site': 'cross-site', ...navigate }, true],
    ['a frame', 'GET', { 'sec-fetch-site': 'cross-site', ...navigate, 'sec-fetch-dest': 'iframe' }, true],
    ['a word to come', 'GET', { 'sec-fetch-site': 'other' }, true],
    [
      'another site in the guise of this one',
      'POST',
      { 'sec-fetch-site': 'cross-site', origin: `http://${host}` },
      true,
    ],
  ])('%s', (_name, method, headers, refused) => {
    expect(refusal({ host, ...headers }, { method }) !== undefined).toBe(refused);
  });
});

describe('the host asked for', () => {
  it.each<[host: string, known: boolean]>([
    ['127.0.0.1:3100', true],
    ['127.0.0.1', true],
    ['192.168.1.5:3100', true],
    ['[::1]:3100', true],
    ['[2001:db8::5]', true],
    ['localhost:3100', true],
    ['LocalHost', true],
    ['localhost.', true],
    ['logs.localhost:3100', true],
    ['logs.example.org', true],
    ['LOGS.example.org:443', true],
    ['evil.example:3100', false],
    ['evil.example', false],
    ['www.logs.example.org', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['evillocalhost', false],
    ['gateway', false],
    ['evil.example:x', false],
    ['2130706433', false],
    ['user@127.0.0.1', false],
  ])('%s', (host, known) => {
    const settings = { allowedHosts: ['logs.example.org'] };
    expect(refusal({ host }, { method: 'GET', settings }) === undefined).toBe(known);
    expect(refusal({ host, 'sec-fetch-site': 'same-origin' }, { settings }) === undefined).toBe(known);
  });

  const host = 'evil.example:3100';
  const page = { host, origin: `http://${host}` };
  it.each<[name: string, headers: Record<string, string>, asked: Asked, refused: boolean]>([
    ['a page whose name was pointed here reads', { host }, { method: 'GET' }, true],
    ['… writes', page, { method: 'POST' }, true],
    ['… opens a WebSocket', { ...page, upgrade: 'websocket' }, { method: 'GET' }, true],
    ['by IPv6', { host }, { method: 'GET', localAddress: '::1' }, true],
    ['by IPv4 on a socket of both', { host }, { method: 'GET', localAddress: '::ffff:127.0.0.1' }, true],
    ['through an address others reach', { host }, { method: 'GET', localAddress: '10.0.0.5' }, false],
    [
      '… with hosts listed',
      { host },
      { method: 'GET', localAddress: '10.0.0.5', settings: { allowedHosts: ['x'] } },
      true,
    ],
    ['with credentials to ask for', { host }, { method: 'GET', settings: withCredentials }, false],
    ['over TLS', { host }, { method: 'GET', settings: { tls: {} } }, false],
    ['a collector pushes by a name', { host }, { method: 'POST' }, false],
    ['a client without a browser tails by a name', { host, upgrade: 'websocket' }, { method: 'GET' }, false],
  ])('%s', (_name, headers, asked, refused) => {
    const text = refusal(headers, asked);
    expect(text !== undefined).toBe(refused);
    if (refused) expect(text).toContain('http.allowed_hosts');
  });
});

/**
 * Route → method → what a request without parameters gets: the decision on every route, without which a new one fails.
 * No GET may do anything: an image tag of any page can send it, and nothing in it says so.
 */
const answers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '/loki/api/v1/push': { POST: 204 },
  '/api/prom/push': { POST: 204 },
  '/otlp/v1/logs': { POST: 204 },
  '/v1/logs': { POST: 204 },
  '/loki/api/v1/otlp/v1/logs': { POST: 204 },
  '/insert/jsonline': { POST: 204 },
  '/elasticsearch': { GET: 200 },
  '/elasticsearch/': { GET: 200 },
  '/elasticsearch/_bulk': { POST: 204, PUT: 204 },
  '/elasticsearch/{index}/_bulk': { POST: 204, PUT: 204 },
  '/elasticsearch/{index}': { GET: 200, PUT: 200 },
  '/elasticsearch/_license': { GET: 200 },
  '/elasticsearch/_xpack': { GET: 200 },
  '/elasticsearch/_cluster/health': { GET: 200 },
  '/elasticsearch/_cat/health': { GET: 200 },
  '/elasticsearch/_ilm/policy/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_template/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_index_template/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_component_template/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_ingest/pipeline/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_data_stream/{name}': { GET: 200, PUT: 200 },
  '/elasticsearch/_alias/{name}': { GET: 200 },
  '/api/v2/logs': { POST: 204 },
  '/api/v1/validate': { GET: 200 },
  '/services/collector': { POST: 204 },
  '/services/collector/event': { POST: 204 },
  '/services/collector/event/1.0': { POST: 204 },
  '/services/collector/raw': { POST: 204 },
  '/services/collector/raw/1.0': { POST: 204 },
  '/services/collector/health': { GET: 200 },
  '/services/collector/health/1.0': { GET: 200 },
  '/upload': { POST: 415 },
  '/insert/journald/upload': { POST: 415 },
  '/loki/api/v1/query': { GET: 400, POST: 400 },
  '/loki/api/v1/query_range': { GET: 400, POST: 400 },
  '/loki/api/v1/labels': { GET: 200, POST: 200 },
  '/loki/api/v1/label': { GET: 200, POST: 200 },
  '/loki/api/v1/label/{name}/values': { GET: 200, POST: 200 },
  '/api/prom/label': { GET: 200, POST: 200 },
  '/api/prom/label/{name}/values': { GET: 200, POST: 200 },
  '/loki/api/v1/series': { GET: 200, POST: 200 },
  '/api/prom/series': { GET: 200, POST: 200 },
  '/loki/api/v1/index/stats': { GET: 400, POST: 400 },
  '/loki/api/v1/index/volume': { GET: 400, POST: 400 },
  '/loki/api/v1/index/volume_range': { GET: 400, POST: 400 },
  '/loki/api/v1/detected_labels': { GET: 200, POST: 200 },
  '/loki/api/v1/detected_fields': { GET: 400, POST: 400 },
  '/loki/api/v1/detected_field/{name}/values': { GET: 400, POST: 400 },
  '/loki/api/v1/patterns': { GET: 400, POST: 400 },
  '/loki/api/v1/format_query': { GET: 400, POST: 400 },
  '/loki/api/v1/drilldown-limits': { GET: 200 },
  '/config/tenant/v1/limits': { GET: 200 },
  '/loki/api/v1/status/buildinfo': { GET: 200 },
  '/loki/api/v1/tail': { GET: 400 },
  '/api/prom/tail': { GET: 400 },
  '/loki/api/v1/rules': { GET: 404 },
  '/loki/api/v1/rules/{namespace}': { GET: 404, POST: 400, DELETE: 400 },
  '/loki/api/v1/rules/{namespace}/{groupname}': { GET: 400, DELETE: 400 },
  '/api/prom/rules': { GET: 404 },
  '/api/prom/rules/{namespace}': { GET: 404, POST: 400, DELETE: 400 },
  '/api/prom/rules/{namespace}/{groupname}': { GET: 400, DELETE: 400 },
  '/prometheus/api/v1/rules': { GET: 200 },
  '/prometheus/api/v1/alerts': { GET: 200 },
  '/prometheus/api/v1/query': { GET: 404, POST: 404 },
  '/prometheus/api/v1/query_range': { GET: 404, POST: 404 },
  '/prometheus/api/v1/series': { GET: 404, POST: 404 },
  '/prometheus/api/v1/labels': { GET: 404, POST: 404 },
  '/prometheus/api/v1/label/{name}/values': { GET: 404 },
  '/api/rules/history': { GET: 404 },
  '/api/rules/notify-test': { POST: 404 },
  '/alertmanager/api/v2/status': { GET: 404 },
  '/alertmanager/api/v2/receivers': { GET: 404 },
  '/alertmanager/api/v2/alerts': { GET: 404 },
  '/alertmanager/api/v2/alerts/groups': { GET: 404 },
  '/alertmanager/api/v2/silences': { GET: 404, POST: 404 },
  '/alertmanager/api/v2/silence/{id}': { GET: 404, DELETE: 404 },
  '/api/prom/query': { GET: 400, POST: 400 },
  '/ready': { GET: 200 },
  '/metrics': { GET: 200 },
  '/config': { GET: 200 },
  '/runtime_config': { GET: 200 },
  '/services': { GET: 200 },
  '/log_level': { GET: 200, POST: 400 },
  '/flush': { POST: 204 },
  '/ring': { GET: 200 },
  '/distributor/ring': { GET: 200 },
  '/compactor/ring': { GET: 200 },
  '/ruler/ring': { GET: 200 },
  '/memberlist': { GET: 200 },
  '/loki/api/v1/delete': { GET: 200, POST: 400, PUT: 400, DELETE: 400 },
  '/loki/api/v1/cache/generation_numbers': { GET: 200 },
  '/api/logs': { GET: 200 },
  '/api/logs/stream': { GET: 200 },
  '/api/logs/{source}': { GET: 404 },
  '/api/status': { GET: 200 },
  '/api/access': { GET: 200 },
  '/session': { GET: 200, POST: 200, DELETE: 204 },
  '/': { GET: 200 },
  '/page/{file}': { GET: 404 },
  '/api/openapi.json': { GET: 200 },
};

const token = 'the-token';
const credential: Credential = {
  name: 'all',
  kind: 'token',
  hash: hashToken(token),
  scopes: ['push', 'query', 'admin'],
  tenants: [],
};
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

let gateway: FakeGateway;
let guarded: FakeGateway;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
beforeAll(async () => {
  gateway = await startFakeGateway();
  const auth = { credentials: [credential], readyOpen: true, metricsOpen: true };
  guarded = await startFakeGateway({ settings: { auth } });
});
afterAll(async () => {
  agent.destroy();
  await gateway?.close();
  await guarded?.close();
});

const ask = (port: number, method: string, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ agent, port, method, path, headers }, (response) => {
      resolve(response.statusCode ?? 0);
      // An event stream does not end.
      if (response.headers['content-type']?.startsWith('text/event-stream')) response.destroy();
      else response.resume();
    })
      .on('upgrade', (response, socket) => {
        resolve(response.statusCode ?? 0);
        socket.destroy();
      })
      .on('error', reject)
      .end();
  });

const origins = ['none', 'own', 'foreign', 'null'] as const;
const hosts = ['loopback', 'name'] as const;
type Identity = 'open' | 'unknown' | 'known';

function headersOf(origin: (typeof origins)[number], host: (typeof hosts)[number], port: number) {
  const asked = `${host === 'loopback' ? '127.0.0.1' : 'logs.example.org'}:${port}`;
  const sent = { none: undefined, own: `http://${asked}`, foreign: 'http://evil.example', null: 'null' };
  const name = sent[origin];
  return { Host: asked, ...(name !== undefined && { Origin: name }) };
}

const combinations = (['open', 'unknown', 'known'] as const).flatMap((identity) =>
  origins.flatMap((origin) => hosts.map((host) => ({ identity, origin, host }))),
);
const portOf = (identity: Identity): number => (identity === 'open' ? gateway : guarded).port;
const credentials = (identity: Identity) =>
  identity === 'known' ? { Authorization: `Bearer ${token}` } : undefined;

describe('every route and method, asked with any origin for any host', () => {
  it('is decided', () => {
    const decided = new Map(Object.entries(answers).map(([path, byMethod]) => [path, Object.keys(byMethod)]));
    expect(decided).toEqual(new Map(gateway.routes.map(({ path, methods }) => [path, Object.keys(methods)])));
  });

  it.each(combinations)('$identity, origin $origin, host $host', async ({ identity, origin, host }) => {
    const port = portOf(identity);
    const headers = { ...headersOf(origin, host, port), ...credentials(identity) };
    const asked = gateway.routes.flatMap((route) => methods.map((method) => ({ route, method })));
    const statuses = await Promise.all(
      asked.map(async ({ route, method }) => {
        const status = await ask(port, method, route.path.replace(/\{\w+\}/g, 'x'), headers);
        return `${method} ${route.path} ${status}`;
      }),
    );
    const expected = asked.map(({ route, method }) => {
      const { path, absentMethods } = route;
      const read = method === 'HEAD' ? 'GET' : method;
      const answer = answers[path]?.[read];
      if (answer === undefined) {
        const isAbsent = (absentMethods as readonly string[] | undefined)?.includes(read);
        return `${method} ${path} ${isAbsent ? 404 : 405}`;
      }
      const isPage = origin === 'foreign' || origin === 'null';
      const isUnknownName = identity === 'open' && host === 'name' && (origin === 'own' || read === 'GET');
      if (isPage || isUnknownName) return `${method} ${path} 403`;
      const isOpen = ['ready', 'metrics', 'open'].includes(route.methods[read as Method] ?? '');
      const isAsked = identity === 'unknown' && !isOpen;
      return `${method} ${path} ${isAsked ? 401 : answer}`;
    });
    expect(statuses).toEqual(expected);
  });

  it.each(combinations)(
    'a tail: $identity, origin $origin, host $host',
    async ({ identity, origin, host }) => {
      const port = portOf(identity);
      const upgrade = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
      };
      const headers = { ...headersOf(origin, host, port), ...credentials(identity), ...upgrade };
      const isPage = origin === 'foreign' || origin === 'null';
      const isUnknownName = identity === 'open' && host === 'name' && origin === 'own';
      const expected = isPage || isUnknownName ? 403 : identity === 'unknown' ? 401 : 101;
      for (const path of tailPaths)
        expect(await ask(port, 'GET', `${path}?query=%7Ba%3D%22b%22%7D`, headers)).toBe(expected);
    },
  );
});
