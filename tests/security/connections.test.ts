// Connections that take places and do nothing, heads and forms that never end, tails without number: they are closed or
// refused, and an honest client, of another address or of the same, is served.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpSettings, httpDefaults } from '../../src/http/server/settings.ts';
import { type FakeGateway, type FakeOptions, logResult, startFakeGateway } from '../http/fake-gateway.ts';
import { rawRequest } from './raw-request.ts';

let gateway: FakeGateway;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway.close();
});

const start = async (settings: Partial<HttpSettings>, logs?: FakeOptions['logs']): Promise<void> => {
  gateway = await startFakeGateway({ settings, ...(logs && { logs }) });
};

/** Queries that are answered when told. */
function heldQueries(): { answer: () => void; logs: NonNullable<FakeOptions['logs']> } {
  let answer = (): void => {};
  const told = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return { answer, logs: () => told.then(() => logResult([])) };
}

interface Client {
  readonly socket: Socket;
  received: string;
}

/** A connection from one of the loopback's addresses. */
async function open(text = '', localAddress = '127.0.0.1'): Promise<Client> {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', localAddress });
  const client: Client = { socket, received: '' };
  sockets.push(socket);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    client.received += data.toString('latin1');
  });
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return client;
}

async function openMany(count: number, text = '', localAddress = '127.0.0.1'): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) clients.push(await open(text, localAddress));
  return clients;
}

const openNow = async (): Promise<number> =>
  Number(/^loki_tcp_connections\{protocol="http"\} (\d+)/m.exec(await gateway.metricsText())?.[1]);
const closedForRoom = async (): Promise<number> =>
  Number(/^skald_http_connections_closed_total (\d+)/m.exec(await gateway.metricsText())?.[1]);

const ask = 'GET /loki/api/v1/labels HTTP/1.1\r\nHost: localhost\r\n\r\n';
const query = 'GET /loki/api/v1/query_range?query={app="x"} HTTP/1.1\r\nHost: localhost\r\n\r\n';
const isOpen = ({ socket }: Client): boolean => !socket.destroyed;
const answered = (client: Client) => expect.poll(() => client.received).toContain('"status":"success"');

describe('when all places are taken', () => {
  it.each([
    ['by connections that ask nothing', ''],
    ['by heads that do not end', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: '],
  ])('%s, each new one is served, of the same address too', async (_name, text) => {
    await start({ connectionsMax: 20, connectionsPerPeerMax: 0 });
    const honest = [await open(ask, '127.0.0.2')];
    await openMany(60, text);
    for (const address of ['127.0.0.2', '127.0.0.1', '127.0.0.3']) {
      const client = await open(ask, address);
      await answered(client);
      honest.push(client);
    }
    // Not at the cost of one who holds few places, idle though it is.
    expect(honest.filter(isOpen)).toEqual(honest);
    expect(await openNow()).toBeLessThanOrEqual(20);
  });

  it('4,096 idle connections of one address shut nobody out', async () => {
    await start({});
    await openMany(httpDefaults.connectionsMax);
    for (const address of ['127.0.0.1', '127.0.0.2']) await answered(await open(ask, address));
    expect(await openNow()).toBeLessThanOrEqual(httpDefaults.connectionsPerPeerMax + 1);
  });

  it('those between two requests go after those that never asked, the idlest first', async () => {
    await start({ connectionsMax: 4 });
    const asked: Client[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await open(ask);
      await answered(client);
      asked.push(client);
    }
    const silent = await open();
    asked.push(await open(ask));
    await expect.poll(() => isOpen(silent)).toBe(false);
    await expect.poll(() => asked.map((client) => client.received !== '')).toEqual([true, true, true, true]);
    await answered(await open(ask));
    await expect.poll(() => asked.map(isOpen)).toEqual([false, true, true, true]);
  });

  it('those whose request is under way stay, and one more is refused', async () => {
    const { answer, logs } = heldQueries();
    await start({ connectionsMax: 2 }, logs);
    const busy = await openMany(2, query);
    await expect.poll(() => gateway.logRequests.length).toBe(2);
    const refused = await open(ask);
    await expect.poll(() => isOpen(refused)).toBe(false);
    expect(refused.received).toBe('');
    answer();
    await Promise.all(busy.map(answered));
  });

  it('one address has no more than its places, and a trusted proxy as many as there are', async () => {
    await start({ connectionsMax: 40, connectionsPerPeerMax: 5, trustedProxies: ['127.0.0.9'] });
    await openMany(10, '', '127.0.0.1');
    await expect.poll(openNow).toBe(5);
    expect(await closedForRoom()).toBe(5);
    const ofProxy = await openMany(20, '', '127.0.0.9');
    await expect.poll(openNow).toBe(25);
    expect(ofProxy.filter(isOpen)).toHaveLength(20);
  });

  it('those that have begun nothing end after the time for a head', async () => {
    await start({ headTimeoutMs: 200, requestTimeoutMs: 1000 });
    const clients = await openMany(3);
    await expect.poll(() => clients.filter(isOpen)).toEqual([]);
  });
});

describe('several Host fields', () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const handshake = `${upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n`;

  it.each([
    ['a read', 'GET', '/loki/api/v1/labels', ''],
    ['a push', 'POST', '/loki/api/v1/push', 'Content-Length: 0\r\n'],
    ['a path that is not there', 'GET', '/nowhere', ''],
    ['a path that would be redirected', 'GET', '//ready', ''],
    ['an absolute target', 'GET', 'http://localhost/ready', ''],
    ['a tail', 'GET', '/loki/api/v1/tail?query=%7Ba%3D%22b%22%7D', handshake],
    ['an upgrade that is not known', 'GET', '/ready', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'],
  ])('%s is refused with 400', async (_, method, target, fields) => {
    await start({});
    for (const hosts of [
      'Host: localhost\r\nhost: evil',
      'Host: evil\r\nHOST: localhost',
      'Host: a\r\nHost: a',
    ]) {
      const head = `${method} ${target} HTTP/1.1\r\n${hosts}\r\n${fields}\r\n`;
      expect(await rawRequest(gateway.url, head, /one Host field/)).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});

describe('bytes before authentication', () => {
  it('a head of more than 64 KB, or of more than 200 fields, is refused with 431', async () => {
    await start({});
    const head = (fields: string): string =>
      `GET /loki/api/v1/labels HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
    expect(await rawRequest(gateway.url, head(`X: ${'a'.repeat(65_536)}\r\n`))).toMatch(/^HTTP\/1\.1 431 /);
    const closing = 'Connection: close\r\n';
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `X${i}: y\r\n`).join('');
    expect(await rawRequest(gateway.url, head(closing + many(199)))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await rawRequest(gateway.url, head(closing + many(1000)))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await rawRequest(gateway.url, head(closing + many(198)))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('of heads that do not end: the largest of who sends most are closed, and no more than must be', async () => {
    await start({ queryBytesInFlightMax: 200_000 });
    const headOf = (bytes: number): string =>
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(bytes)}`;
    const modest = await openMany(2, headOf(10_000), '127.0.0.2');
    const greedy = await openMany(4, headOf(40_000));
    await expect.poll(() => greedy.filter(isOpen).length).toBe(1);
    expect(modest.filter(isOpen)).toHaveLength(2);
    expect(await closedForRoom()).toBe(3);
  });

  const formHead = (bytes: number): string =>
    'POST /loki/api/v1/labels HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
    `Content-Length: ${bytes}\r\n\r\n`;

  it('of forms that do not end: more are told to come again, and those of other addresses find room', async () => {
    await start({ queryBytesInFlightMax: 100_000 });
    const unfinished = formHead(40_001) + 'x'.repeat(40_000);
    await open(unfinished);
    const second = await open(unfinished);
    await expect.poll(() => second.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: 1/);
    await answered(await open(`${formHead(3)}x=1`, '127.0.0.2'));
    await answered(await open(formHead(30_000) + 'x'.repeat(30_000), '127.0.0.2'));
  });

  it('of forms that do not end: small requests of the same address find room', async () => {
    await start({ queryBytesInFlightMax: 1_000_000 });
    await openMany(3, `${formHead(400_001)}${'x'.repeat(400_000)}`);
    for (let i = 0; i < 20; i++) await answered(await open(ask));
  });

  it('a form that stands still gives way to others, and ends after the time for it', async () => {
    await start({ queryBytesInFlightMax: 100_000, headTimeoutMs: 3000 });
    const [still] = await openMany(1, `${formHead(60_001)}${'x'.repeat(60_000)}`);
    const answerOf = async (text: string): Promise<string> => {
      const client = await open(text);
      await expect.poll(() => client.received).toMatch(/^HTTP/);
      return client.received.slice(9, 12);
    };
    await expect.poll(() => answerOf(`${formHead(60_000)}${'x'.repeat(60_000)}`)).toBe('200');
    expect(still?.received).toMatch(/^HTTP\/1\.1 503 /);
    const late = await open(formHead(10));
    await expect.poll(() => late.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('requests behind each other without end are cut off', async () => {
    const { answer, logs } = heldQueries();
    await start({}, logs);
    const client = await open(query.repeat(1000));
    await expect.poll(() => isOpen(client)).toBe(false);
    answer();
    expect(gateway.logRequests.length).toBeLessThan(200);
    await answered(await open(ask));
  });
});

describe('tails', () => {
  const tailOf = (tenant: string): string =>
    `GET /loki/api/v1/tail?query={app="x"} HTTP/1.1\r\nHost: localhost\r\nX-Scope-OrgID: ${tenant}\r\nConnection: Upgrade\r\n` +
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const statusOf = async (client: Client): Promise<string> => {
    await expect.poll(() => client.received).toMatch(/^HTTP/);
    return client.received.slice(9, 12);
  };

  it('of one address, whatever tenants it names, and of all are bounded', async () => {
    const tail = { ...httpDefaults.tail, tailsPerPeerMax: 3, tailsMax: 5 };
    await start({ authEnabled: true, tail });
    const statuses: string[] = [];
    for (let i = 0; i < 4; i++) statuses.push(await statusOf(await open(tailOf(`t${i}`))));
    for (let i = 0; i < 3; i++) statuses.push(await statusOf(await open(tailOf(`u${i}`), '127.0.0.2')));
    expect(statuses).toEqual(['101', '101', '101', '429', '101', '101', '429']);
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(async () => statusOf(await open(tailOf('v')))).toBe('101');
  });
});
