// Requests in the forms that HTTP allows and clients use: targets, and upgrades that are not spoken here.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanTarget } from '../../src/http/server/request-target.ts';
import { Certificates } from '../real/certificates.ts';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { type FakeGateway, logResult, startFakeGateway } from './fake-gateway.ts';

const push = '/loki/api/v1/push';

describe('the target', () => {
  it.each([
    ['/ready', '/ready', 'own'],
    ['/ready?a=//b/../c', '/ready?a=//b/../c', 'own'],
    ['//loki/api/v1/push', push, 'own'],
    ['/loki//api/v1///push?x=1', '/loki/api/v1/push?x=1', 'own'],
    ['/loki/', '/loki/', 'own'],
    ['/loki//', '/loki/', 'own'],
    ['//', '/', 'own'],
    ['/a/./b/../c', '/a/c', 'own'],
    ['/../../etc/passwd', '/etc/passwd', 'own'],
    ['/..', '/', 'own'],
    ['http://gateway:3100/loki/api/v1/push?x=1', '/loki/api/v1/push?x=1', 'gateway:3100'],
    ['HTTPS://gateway/ready', '/ready', 'gateway'],
    ['http://gateway', '/', 'gateway'],
    ['http://gateway?x=1', '/?x=1', 'gateway'],
    ['http://gateway//loki/../ready', '/ready', 'gateway'],
    ['*', '*', 'own'],
  ])('%s is %s', (url, target, host) => {
    const request = { url, headers: { host: 'own' } };
    cleanTarget(request as unknown as IncomingMessage);
    expect([request.url, request.headers.host]).toEqual([target, host]);
  });
});

const upgrades: Readonly<Record<string, string>> = {
  h2c: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n',
  'a WebSocket where there is none': 'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  TLS: 'Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n',
};

const post = (headers: string, body: string, target = push): string =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\nX-Scope-OrgID: caf\xe9\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (headers: string, ...pieces: readonly string[]): string =>
  `POST ${push} HTTP/1.1\r\nHost: localhost\r\n${headers}Transfer-Encoding: chunked\r\n\r\n` +
  [...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');

let gateway: FakeGateway;
let sockets: Socket[];
/** Lets the query that is under way be answered. */
let answerQuery: () => void;
beforeAll(async () => {
  gateway = await startFakeGateway({
    settings: { pushBodyBytesMax: 16 * 2 ** 20 },
    logs: () =>
      new Promise((resolve) => {
        answerQuery = () => resolve(logResult([]));
      }),
  });
});
beforeEach(() => {
  sockets = [];
  gateway.pushes.length = 0;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});
afterAll(() => gateway?.close());

/** Gives the statuses when as many have come. */
async function statusesOf(socket: Socket, count: number): Promise<number[]> {
  sockets.push(socket);
  let received = '';
  for (;;) {
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    if (statuses.length >= count) return statuses;
    received += String((await once(socket, 'data'))[0]);
  }
}
const bodies = (): string[] => gateway.pushes.map(({ body }) => Buffer.from(body).toString());

/** More than the listeners that an emitter may have before Node warns of a leak. */
const many = Array.from({ length: 30 }, (_, index) => `body ${index}`);
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
afterAll(() => expect(warnings).toEqual([]));

describe.each(Object.entries(upgrades))('a request that asks for %s', (_name, upgrade) => {
  it.each([
    ['with a body', [post(upgrade, 'first')], ['first']],
    ['with a body in chunks', [chunked(upgrade, 'fi', 'rst')], ['first']],
    ['with the body in pieces', [post(upgrade, 'first').slice(0, -3), 'rst'], ['first']],
    [
      'with a head in pieces',
      [post(upgrade, 'first').slice(0, 40), post(upgrade, 'first').slice(40)],
      ['first'],
    ],
    ['on a connection that goes on', [post(upgrade, 'first'), post('', 'second')], ['first', 'second']],
    ['again and again', many.map((body) => post(upgrade, body)), many],
    [
      'before others are answered',
      [post(upgrade, 'first') + post(upgrade, 'second') + chunked('', 'third')],
      ['first', 'second', 'third'],
    ],
    ['after others', [post('', 'first') + post(upgrade, 'second')], ['first', 'second']],
    ['in the form for proxies', [post(upgrade, 'first', `http://localhost${push}`)], ['first']],
    ['with two slashes', [post(upgrade, 'first', `/${push}`)], ['first']],
    ['and waits to be asked for the body', [post(`${upgrade}Expect: 100-continue\r\n`, 'first')], ['first']],
  ])('is answered without: %s', async (_title, texts, pushed) => {
    const socket = connect(gateway.port, '127.0.0.1').setNoDelay();
    const isAsked = texts[0]?.includes('100-continue') === true;
    const statuses = statusesOf(socket, pushed.length + (isAsked ? 1 : 0));
    for (const text of texts) {
      socket.write(text, 'latin1');
      await new Promise(setImmediate);
    }
    expect(await statuses).toEqual([...(isAsked ? [100] : []), ...pushed.map(() => 204)]);
    expect(bodies()).toEqual(pushed);
  });

  it('is answered after what was asked before it', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const asked = gateway.logRequests.length;
    const query = encodeURIComponent('{app="x"}');
    socket.write(`GET /loki/api/v1/query_range?query=${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    socket.write(post(upgrade, 'second') + post('', 'third'), 'latin1');
    const statuses = statusesOf(socket, 3);
    await expect.poll(() => gateway.logRequests.length).toBe(asked + 1);
    expect(bodies()).toEqual([]);
    answerQuery();
    expect(await statuses).toEqual([200, 204, 204]);
    expect(bodies()).toEqual(['second', 'third']);
  });

  it('is refused like any other', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const length = 17 * 2 ** 20;
    socket.write(post(upgrade, '').replace('Content-Length: 0', `Content-Length: ${length}`), 'latin1');
    const statuses = statusesOf(socket, 2);
    socket.write(Buffer.alloc(length));
    socket.write(post('', 'second'), 'latin1');
    expect(await statuses).toEqual([413, 204]);
    expect(bodies()).toEqual(['second']);
  });
});

describeWith(components.openssl, 'over TLS', () => {
  it('a request that asks for h2c is answered without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skald-'));
    const certificates = new Certificates(folder);
    certificates.make('server');
    const [certFile, keyFile] = [certificates.certificate('server'), certificates.key('server')];
    const tls = { certFile, keyFile, clientCaFile: '', clientCertRequired: false };
    const secure = await startFakeGateway({ settings: { tls } });
    try {
      const socket = connectTls({ port: secure.port, host: '127.0.0.1', ca: readFileSync(certFile) });
      socket.write(post(upgrades.h2c ?? '', 'first') + post('', 'second'), 'latin1');
      expect(await statusesOf(socket, 2)).toEqual([204, 204]);
      expect(secure.pushes).toHaveLength(2);
      socket.destroy();
    } finally {
      await secure.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describeWith(components.java, 'Java’s client', () => {
  it('pushes, and sees a refusal', async () => {
    const program = fileURLToPath(new URL('clients/Push.java', import.meta.url));
    const java = findProgram('java') ?? 'java';
    const run = promisify(execFile)(java, [program, gateway.url + push, `${gateway.url}/nosuch`]);
    const expected = ['204', '204', '204', '204 when asked', '413 of 17 MB', '204', '404 of 17 MB', '204'];
    expect((await run).stdout.trim().split('\n')).toEqual(expected);
    expect(bodies()).toEqual(['push 0', 'push 1', 'push 2', 'push 3', 'push 4', 'push 5']);
  });
});
