// Clients that are slow, on purpose or not, and requests that are too much: cut off or told so, the others served.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { httpDefaults } from '../../src/http/server/settings.ts';
import type { PushResponse } from '../../src/ingest/client/ingest-service.ts';
import { rawRequest } from '../security/raw-request.ts';
import { type FakeGateway, logResult, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

const requestTimeoutMs = 400;
const settings = { requestTimeoutMs };
const bigBytes = 64 * 2 ** 20;

/** What came until the server closed the connection. */
async function untilClosed(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.on('error', () => {});
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return bytes;
}

describe('slow clients are cut off', () => {
  it.each([
    ['in the middle of a head', 'GET /ready HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'in the middle of a body',
      'POST /loki/api/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf',
    ],
    [
      'in the middle of a form',
      'POST /loki/api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nquery=',
    ],
  ])('%s', async (_name, text) => {
    gateway = await startFakeGateway({ settings });
    expect(await rawRequest(gateway.url, text)).toMatch(/^HTTP\/1\.1 408 /);
    expect(gateway.pushes).toEqual([]);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
  });

  it('that take nothing of an answer', async () => {
    const values = [['1795491859000000000', 'x'.repeat(bigBytes)]];
    gateway = await startFakeGateway({
      settings,
      logs: async () => logResult([{ stream: { app: 'x' }, values }]),
    });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.pause();
    socket.write('GET /loki/api/v1/query_range?query={app="x"} HTTP/1.1\r\nHost: localhost\r\n\r\n');
    // The server gives up while nobody reads: what is then read is the start of the answer.
    await expect
      .poll(async () => (await gateway.metricsText()).includes('status_code="200",ws="false"} 1'))
      .toBe(true);
    expect(await untilClosed(socket)).toBeLessThan(bigBytes);
  });

  it('that take nothing of a tail, and only those', async () => {
    const tail = { ...httpDefaults.tail, pingIntervalMs: 50, bufferedBytesMax: 1024, heldFramesMax: 10 };
    gateway = await startFakeGateway({ settings: { ...settings, tail } });
    const open = async () => {
      const subscribed = gateway.nextTail();
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/loki/api/v1/tail?query={app="x"}`);
      await once(socket, 'open');
      return { socket, tail: await subscribed };
    };
    const slow = await open();
    slow.socket.pause();
    const quick = await open();
    const frame = (): Uint8Array => Buffer.from(`{"streams":[],"x":"${'x'.repeat(bigBytes)}"}`);
    slow.tail.listener.onFrame(frame());
    await expect.poll(() => slow.tail.closed).toBe(true);
    const came = once(quick.socket, 'message');
    quick.tail.listener.onFrame(Buffer.from('{"streams":[]}'));
    expect(String((await came)[0])).toBe('{"streams":[]}');
    expect(quick.tail.closed).toBe(false);
    slow.socket.terminate();
    quick.socket.terminate();
  });
});

describe('too much at once is refused', () => {
  it.each([
    ['a head', (long: string) => `GET /ready HTTP/1.1\r\nHost: localhost\r\nX-Long: ${long}\r\n\r\n`],
    ['a URL', (long: string) => `GET /ready?x=${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  ])('%s', async (_name, text) => {
    gateway = await startFakeGateway();
    expect(await rawRequest(gateway.url, text('x'.repeat(600_000)))).toMatch(/^HTTP\/1\.1 431 /);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
  });

  it.each([
    ['a query', `{app="${'x'.repeat(200_000)}"}`],
    ['nesting', `${'('.repeat(50_000)}vector(1)${')'.repeat(50_000)}`],
  ])('%s', async (_name, query) => {
    gateway = await startFakeGateway();
    const body = new URLSearchParams({ query });
    const response = await fetch(`${gateway.url}/loki/api/v1/query`, { method: 'POST', body });
    expect([response.status, (await response.text()).length < 1000]).toEqual([400, true]);
  });

  it('a form', async () => {
    gateway = await startFakeGateway({ settings: { formBytesMax: 1000 } });
    const body = new URLSearchParams({ query: 'x'.repeat(2000) });
    const response = await fetch(`${gateway.url}/loki/api/v1/query`, { method: 'POST', body });
    expect(response.status).toBe(413);
  });
});

describe('pushes under way', () => {
  const bytesMax = 1000;
  const begun: string[] = [];
  let finish = (): void => {};

  /** A gateway whose ingest answers when told. */
  async function start(authEnabled: boolean): Promise<void> {
    begun.length = 0;
    let bytes = 0;
    const told = new Promise<void>((resolve) => {
      finish = resolve;
    });
    gateway = await startFakeGateway({
      settings: { authEnabled, pushBytesInFlightMax: bytesMax },
      bytesInFlight: () => bytes,
      push: async ({ tenant, body }): Promise<PushResponse> => {
        bytes += body.byteLength;
        begun.push(tenant);
        await told;
        bytes -= body.byteLength;
        return { status: 204, message: '' };
      },
    });
  }
  const push = async (tenant: string, bytes: number): Promise<number> => {
    const headers = { 'X-Scope-OrgID': tenant };
    const init = { method: 'POST', headers, body: 'x'.repeat(bytes) };
    return (await fetch(`${gateway.url}/loki/api/v1/push`, init)).status;
  };
  const under = (pushes: number) => expect.poll(() => begun.length).toBe(pushes);

  it('of one tenant leave room for those of another', async () => {
    await start(true);
    const first = [push('greedy', 400)];
    await under(1);
    expect(await push('greedy', 400)).toBe(429);
    first.push(push('greedy', 100));
    await under(2);
    first.push(push('modest', 300));
    await under(3);
    expect(begun).toEqual(['greedy', 'greedy', 'modest']);
    finish();
    expect(await Promise.all(first)).toEqual([204, 204, 204]);
    expect(await push('greedy', 900)).toBe(204);
  });

  it('of the only tenant may fill the room', async () => {
    await start(false);
    const first = [push('', 400)];
    await under(1);
    first.push(push('', 500));
    await under(2);
    expect(await push('', 200)).toBe(429);
    finish();
    expect(await Promise.all(first)).toEqual([204, 204]);
  });
});
