// Ending the server: nobody who does nothing keeps it waiting, nobody in the middle of a request loses it.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { QueryCancelledError } from '../../src/scan/query-errors.ts';
import { type FakeOptions, logResult, startFakeGateway } from './fake-gateway.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Far longer than the test may take: a close that waits for it fails the test by its timeout. */
const deadlineMs = 3_600_000;

async function open(port: number, text = ''): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return { socket, received: () => received };
}

/** Also by a reset: what was sent need not have been read. */
const closeOf = (socket: Socket): Promise<unknown> => new Promise((done) => socket.once('close', done));

const start = async (options: FakeOptions = {}) =>
  startFakeGateway({ ...options, closeDeadlineMs: deadlineMs });

describe('closing', () => {
  it('does not wait for connections that never asked, asked before, or are in the middle of a head', async () => {
    const gateway = await start();
    const silent = await open(gateway.port);
    const before = await open(gateway.port, 'GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(before.socket, 'data');
    const half = await open(gateway.port, 'GET /rea');
    const ends = [silent, before, half].map(({ socket }) => closeOf(socket));
    await gateway.close();
    await Promise.all(ends);
    expect(before.received()).toContain('200 OK');
  });

  it('lets a request under way end, and says that the connection goes', async () => {
    let answer: () => void = () => {};
    const asked = withResolvers();
    const gateway = await start({
      logs: () =>
        new Promise((resolve) => {
          answer = () => resolve(logResult([]));
          asked.resolve(undefined);
        }),
    });
    const path = `/loki/api/v1/query_range?query=${encodeURIComponent('{a="b"}')}`;
    const busy = await open(gateway.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await asked.promise;
    const closed = gateway.close();
    const gone = closeOf(busy.socket);
    answer();
    await closed;
    await gone;
    expect(busy.received()).toContain('"status":"success"');
  });
});

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('a client that leaves', () => {
  it('ends all it has asked for, also what stands behind a first request', async () => {
    const signals: AbortSignal[] = [];
    const both = withResolvers();
    const gateway = await start({
      logs: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new QueryCancelledError('gone')));
          if (signals.push(signal) === 2) both.resolve(undefined);
        }),
    });
    const path = `/loki/api/v1/query_range?query=${encodeURIComponent('{a="b"}')}`;
    const ask = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const { socket } = await open(gateway.port, ask + ask);
    await both.promise;
    const ended = Promise.all(signals.map((signal) => once(signal, 'abort')));
    socket.destroy();
    await ended;
    expect(await gateway.metricsText()).toMatch(/^loki_inflight_requests\{.*\} 0$/m);
    expect(await gateway.metricsText()).not.toMatch(/^loki_inflight_requests\{.*\} [1-9]/m);
    await gateway.close();
  });
});
