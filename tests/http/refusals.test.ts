// Refusals while the body is still on its way: they arrive, whoever sends and however much.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credential, hashToken } from '../../src/http/auth/credentials.ts';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { rawRequest } from '../security/raw-request.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

const megabyte = 2 ** 20;
const credential: Credential = {
  name: 'pusher',
  kind: 'token',
  hash: hashToken('right'),
  scopes: ['push'],
  tenants: [],
};

let gateway: FakeGateway;
/** One at whose door every push has to wait. */
let full: FakeGateway;
beforeAll(async () => {
  const auth = { credentials: [credential], readyOpen: true, metricsOpen: true };
  const settings = { auth, pushBodyBytesMax: megabyte / 2 };
  gateway = await startFakeGateway({ settings });
  full = await startFakeGateway({ settings, bytesInFlight: () => 2 ** 40 });
});
afterAll(async () => {
  await gateway?.close();
  await full?.close();
});

interface Refusal {
  readonly status: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isFull?: boolean;
}

const push = '/loki/api/v1/push';
const right = { Authorization: 'Bearer right' };
const refusals: readonly (Refusal & { readonly name: string })[] = [
  { name: 'too large', status: 413, path: push, headers: right },
  { name: 'nobody known', status: 401, path: push },
  { name: 'without the scope', status: 403, path: '/loki/api/v1/delete', headers: right },
  { name: 'a page of another site', status: 403, path: push, headers: { Origin: 'http://evil.example' } },
  { name: 'no room now', status: 429, path: push, headers: right, isFull: true },
  { name: 'no such path', status: 404, path: '/nosuch' },
  { name: 'no such method', status: 405, path: push, method: 'PUT' },
  { name: 'a path that is none', status: 400, path: '/loki/api/v1/label/%zz/values' },
];
const portOf = ({ isFull }: Refusal): number => (isFull ? full : gateway).port;

const piece = Buffer.alloc(megabyte, ' ');

/** Writes the whole body before it reads the first byte of the answer. Gives all that came. */
async function writeThenRead(refusal: Refusal, megabytes: number, connection: string): Promise<string> {
  const socket = connect(portOf(refusal), '127.0.0.1');
  socket.pause();
  const headers = Object.entries({ Host: 'localhost', Connection: connection, ...refusal.headers });
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => {});
  socket.write(
    `${refusal.method ?? 'POST'} ${refusal.path} HTTP/1.1\r\n` +
      `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}` +
      `Content-Length: ${megabytes * megabyte}\r\n\r\n`,
  );
  for (let sent = 0; sent < megabytes; sent++)
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), failed]);
  if (connection === 'close') socket.end();
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.resume();
  while (!/\r\n\r\n/.test(received)) await Promise.race([once(socket, 'data'), failed]);
  socket.destroy();
  return received;
}

describe('a refusal arrives', () => {
  const cases = refusals.flatMap((refusal) =>
    ['close', 'keep-alive'].map((connection) => ({ ...refusal, connection })),
  );
  it.each(cases)('$status, $name, Connection: $connection, at who reads last', async (refusal) => {
    for (const megabytes of [1, 17])
      expect(await writeThenRead(refusal, megabytes, refusal.connection)).toMatch(
        new RegExp(`^HTTP/1\\.1 ${refusal.status} `),
      );
  });

  it.each(refusals.filter(({ status }) => [401, 413, 429].includes(status)))(
    '$status, $name, with 100 MB',
    async (refusal) => {
      expect(await writeThenRead(refusal, 100, 'close')).toMatch(
        new RegExp(`^HTTP/1\\.1 ${refusal.status} `),
      );
    },
  );

  it.each(refusals)('$status, $name, at Node’s client, the connection of which goes on', async (refusal) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (isChunked: boolean): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const { path, headers, method = 'POST' } = refusal;
        const length = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': 3 * megabyte };
        const sent = request({
          agent,
          port: portOf(refusal),
          path,
          method,
          headers: { ...headers, ...length },
        })
          .on('response', (response) => {
            response.resume().on('end', () => resolve(response.statusCode));
          })
          .on('error', reject);
        for (let written = 0; written < 3; written++) sent.write(piece);
        void sent.end();
      });
    expect([await send(false), await send(true), await send(false)]).toEqual(Array(3).fill(refusal.status));
    agent.destroy();
  });

  it('and a body that stops coming is not waited for', async () => {
    const text = `POST ${push} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf`;
    expect(await rawRequest(gateway.url, text)).toMatch(/^HTTP\/1\.1 401 .*credentials are needed$/s);
  });
});

describe('what cannot be read', () => {
  const head = 'GET /ready HTTP/1.1\r\nHost: localhost\r\n';
  it.each([
    ['a head without end', 431, `${head}X: `],
    ['a line that is no field', 400, `${head}no field\r\n`],
    ['no HTTP', 400, '\x16\x03\x01\r\n'],
  ])('%s: %i arrives at who reads last', async (_name, status, text) => {
    for (const bytes of [100_000, megabyte, 3 * megabyte]) {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.pause();
      socket.write(text);
      for (let sent = 0; sent < bytes; sent += 50_000)
        if (!socket.write('x'.repeat(50_000))) await once(socket, 'drain');
      const [answer] = await Promise.all([once(socket, 'data'), socket.resume()]);
      expect(String(answer[0])).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      socket.destroy();
    }
  });
});

describe('Expect: 100-continue', () => {
  const head = (length: number, headers: string): string =>
    `POST ${push} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n${headers}\r\n`;
  const authorization = 'Authorization: Bearer right\r\n';

  it.each([
    ['too large', 413, head(megabyte, authorization)],
    ['nobody known', 401, head(10, '')],
  ])('%s: refused before the body is asked for', async (_name, status, text) => {
    const answer = await rawRequest(gateway.url, text, /\r\n\r\n/);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('asks for the body that it takes', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(head(4, authorization));
    expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('body');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 204 /);
    expect(Buffer.from(gateway.pushes.at(-1)?.body ?? new ArrayBuffer(0)).toString()).toBe('body');
    socket.destroy();
  });
});

describeWith(components.go, 'Go’s client', () => {
  it('sees every refusal of bodies of 1 to 100 MB', async () => {
    const program = fileURLToPath(new URL('clients/push.go', import.meta.url));
    const run = promisify(execFile)(findProgram('go') ?? 'go', ['run', program, gateway.url + push]);
    expect((await run).stdout.trim().split('\n')).toEqual(
      [1, 17, 100].map((megabytes) => `${megabytes} MB: 401 x12`),
    );
  });
});
