import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { httpDefaults } from '../../src/http/server/settings.ts';
import { type FakeGateway, type FakeOptions, logResult, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await gateway.close();
});

const query = encodeURIComponent('{a="b"}');

function open(path = `/loki/api/v1/tail?query=${query}`, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { headers });
  sockets.push(socket);
  // Closing a socket that is still connecting is an error to ws, and to these tests nothing.
  socket.on('error', () => {});
  const frames: unknown[] = [];
  let wake: () => void = () => {};
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)));
    wake();
  });
  /** Waits for this many frames. */
  const next = async (count: number): Promise<unknown[]> => {
    while (frames.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return frames;
  };
  return { socket, frames, next };
}

const frame = (streams: unknown, more: object = {}) => Buffer.from(JSON.stringify({ streams, ...more }));

async function start(options: FakeOptions = {}) {
  gateway = await startFakeGateway(options);
  return gateway;
}

describe('a tail', () => {
  it('sends the history oldest first over all streams, then live frames', async () => {
    await start({
      logs: async () =>
        logResult([
          {
            stream: { s: '1' },
            values: [
              ['30', 'c'],
              ['10', 'a'],
            ],
          },
          { stream: { s: '2' }, values: [['20', 'b']] },
        ]),
    });
    const subscribed = gateway.nextTail();
    const { next } = open();
    const tail = await subscribed;
    expect(await next(1)).toEqual([
      {
        streams: [
          { stream: { s: '1' }, values: [['10', 'a']] },
          { stream: { s: '2' }, values: [['20', 'b']] },
          { stream: { s: '1' }, values: [['30', 'c']] },
        ],
      },
    ]);
    tail.listener.onFrame(frame([{ stream: { s: '1' }, values: [['40', 'd']] }]));
    expect((await next(2))[1]).toEqual({ streams: [{ stream: { s: '1' }, values: [['40', 'd']] }] });
    expect(gateway.logRequests[0]).toMatchObject({ direction: 'backward', limit: 100 });
  });

  it('gives the memory of a frame back once it is sent', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { next } = open();
    const { listener } = await subscribed;
    const text = JSON.stringify({ streams: [{ stream: { s: '1' }, values: [['40', 'd'.repeat(100_000)]] }] });
    const sent = new TextEncoder().encode(text);
    listener.onFrame(sent);
    expect(await next(1)).toEqual([JSON.parse(text)]);
    await expect.poll(() => sent.length).toBe(0);
  });

  it('subscribes before it reads the history, and sends nothing twice', async () => {
    // Entry "both" is committed after the subscription and before the history is read; "live" after it.
    await start({
      logs: async () => {
        const [tail] = gateway.tails;
        tail?.listener.onFrame(
          frame([
            {
              stream: { s: '1', t: '2' },
              values: [
                ['10', 'both'],
                ['10', 'live'],
              ],
            },
          ]),
        );
        return logResult([{ stream: { t: '2', s: '1' }, values: [['10', 'both']] }]);
      },
    });
    const { next } = open();
    expect(await next(2)).toEqual([
      { streams: [{ stream: { t: '2', s: '1' }, values: [['10', 'both']] }] },
      { streams: [{ stream: { s: '1', t: '2' }, values: [['10', 'live']] }] },
    ]);
  });

  it('passes on what was dropped', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { next } = open();
    const dropped_entries = [{ timestamp: '1', labels: { a: 'b' } }];
    (await subscribed).listener.onFrame(frame([], { dropped_entries }));
    expect(await next(1)).toEqual([{ streams: [], dropped_entries }]);
  });

  it('categorises when asked', async () => {
    await start({ logs: async () => logResult([{ stream: { s: '1' }, values: [['1', 'a', {}]] }]) });
    const { next } = open(undefined, { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' });
    expect(await next(1)).toEqual([
      { streams: [{ stream: { s: '1' }, values: [['1', 'a', {}]] }], encodingFlags: ['categorize-labels'] },
    ]);
    expect(gateway.logRequests[0]?.categorizeLabels).toBe(true);
    expect(gateway.tails[0]?.options.categorizeLabels).toBe(true);
  });

  it('speaks the old form at the old path', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { next } = open(`/api/prom/tail?query=${query}`);
    (await subscribed).listener.onFrame(
      frame([{ stream: { a: 'b' }, values: [['1795491819318477056', 'x']] }]),
    );
    expect(await next(1)).toEqual([
      {
        streams: [{ labels: '{a="b"}', entries: [{ ts: '2026-11-24T03:43:39.318477056Z', line: 'x' }] }],
        dropped_entries: null,
      },
    ]);
  });

  it('takes limit, start and delay_for', async () => {
    await start();
    const subscribed = gateway.nextTail();
    open(`/loki/api/v1/tail?query=${query}&limit=7&start=1795491000&delay_for=3`);
    expect((await subscribed).options).toMatchObject({ tenant: 'fake', delayMs: 3000 });
    await expect
      .poll(() => gateway.logRequests[0])
      .toMatchObject({
        limit: 7,
        startNs: 1_795_491_000_000_000_000n,
      });
  });

  it('pings', async () => {
    await start({
      settings: {
        tail: { ...httpDefaults.tail, pingIntervalMs: 5, bufferedBytesMax: 1000, heldFramesMax: 10 },
      },
    });
    const { socket } = open();
    await once(socket, 'ping');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('lets go when the client closes', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { socket } = open();
    const tail = await subscribed;
    await once(socket, 'open');
    socket.close();
    await expect.poll(() => tail.closed).toBe(true);
    expect(await gateway.metricsText()).toContain('loki_querier_tail_active 0');
  });

  it('pauses the source while the history is read when too much comes', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await start({
      settings: {
        tail: { ...httpDefaults.tail, pingIntervalMs: 1000, bufferedBytesMax: 1_000_000, heldFramesMax: 2 },
      },
      logs: async () => {
        await held;
        return logResult([]);
      },
    });
    const subscribed = gateway.nextTail();
    const { next } = open();
    const tail = await subscribed;
    for (const n of ['1', '2']) tail.listener.onFrame(frame([{ stream: {}, values: [[n, 'x']] }]));
    await expect.poll(() => tail.paused).toBe(true);
    release();
    await next(2);
    await expect.poll(() => tail.paused).toBe(false);
  });
});

describe('before the upgrade', () => {
  it.each([
    [`/loki/api/v1/tail?query=${encodeURIComponent('{a=')}`, {}, 400, 'parse error at line 1, col 4'],
    [`/loki/api/v1/tail?query=${query}&delay_for=-1`, {}, 400, "delay_for can't be greater than 5"],
    [`/loki/api/v1/tail?query=${query}&delay_for=6`, {}, 400, "delay_for can't be greater than 5"],
    [`/loki/api/v1/tail?query=${query}&start=abc`, {}, 400, "could not parse 'start' parameter"],
    [`/nosuch?query=${query}`, {}, 404, '404 page not found'],
  ])('%s', async (path, headers, status, text) => {
    await start();
    const { socket } = open(path, headers);
    const [, response] = await once(socket, 'unexpected-response');
    let body = '';
    for await (const chunk of response) body += chunk;
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      status,
      'text/plain; charset=utf-8',
    ]);
    expect(body).toContain(text);
  });

  it('wants a tenant under multi-tenancy', async () => {
    await start({ settings: { authEnabled: true } });
    const { socket } = open();
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    response.resume();
  });
});

describe('after the upgrade', () => {
  const closed = async (socket: WebSocket): Promise<[number, string]> => {
    const [code, reason] = await once(socket, 'close');
    return [code, String(reason)];
  };

  it('refuses metric queries with 1011', async () => {
    await start();
    const { socket } = open(`/loki/api/v1/tail?query=${encodeURIComponent('rate({a="b"}[1m])')}`);
    expect(await closed(socket)).toEqual([1011, 'only log selector is supported']);
  });

  it('refuses more tails than the limit', async () => {
    await start({ limits: { maxConcurrentTailRequests: 1 } });
    const first = gateway.nextTail();
    open();
    await first;
    expect(await closed(open().socket)).toEqual([
      1011,
      'max concurrent tail requests limit exceeded, count > limit (2 > 1)',
    ]);
  });

  it('frees the place of a tail that ended', async () => {
    await start({ limits: { maxConcurrentTailRequests: 1 } });
    for (let i = 0; i < 3; i++) {
      const subscribed = gateway.nextTail();
      const { socket } = open();
      const tail = await subscribed;
      socket.terminate();
      await expect.poll(() => tail.closed).toBe(true);
    }
    expect(gateway.tails).toHaveLength(3);
  });

  it('closes with the reason, cut to fit, when the tail fails', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { socket } = open();
    (await subscribed).listener.onEnd('ü'.repeat(100));
    const [code, reason] = await closed(socket);
    expect([code, reason]).toEqual([1011, 'ü'.repeat(61)]);
  });

  it('is cut without a close frame at a planned end: clients then come back', async () => {
    await start();
    const subscribed = gateway.nextTail();
    const { socket } = open();
    await subscribed;
    const ended = closed(socket);
    await gateway.close();
    expect(await ended).toEqual([1006, '']);
  });
});
