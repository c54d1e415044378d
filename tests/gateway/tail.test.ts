// Tail over a real WebSocket: history, live lines, errors before the upgrade.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { type LogStream, push } from './client.ts';

interface Frame {
  readonly streams: readonly LogStream[];
  readonly dropped_entries?: readonly unknown[];
}

/** Collects lines from now on. Frames that come together are emitted together: it always listens. */
class Lines {
  #lines: string[] = [];
  #come = (): void => {};

  constructor(socket: WebSocket) {
    socket.on('message', (message) => {
      const frame = JSON.parse(String(message)) as Frame;
      this.#lines.push(...frame.streams.flatMap((s) => s.values.map(([, line]) => line)));
      this.#come();
    });
  }

  /** All that were not taken yet, once they are `count`. */
  async take(count: number): Promise<string[]> {
    while (this.#lines.length < count) {
      await new Promise<void>((resolve) => {
        this.#come = resolve;
      });
    }
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

describe('tail', () => {
  let server: Server;
  const send = (line: string): Promise<unknown> =>
    push(server.baseUrl, jsonBody({ app: 'tailed' }, [{ timestampNs: nowNs(), line }]), jsonHeaders);
  const open = (query: string, parameters: Readonly<Record<string, string>> = {}): WebSocket => {
    const url = `${server.baseUrl.replace('http', 'ws')}/loki/api/v1/tail`;
    return new WebSocket(`${url}?${new URLSearchParams({ query, ...parameters })}`);
  };
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.remove());

  it('sends history oldest first, then live lines, each once and filtered', async () => {
    for (const line of ['before 1', 'other', 'before 2']) await send(line);
    const socket = open('{app="tailed"} |= "e" != "other"');
    const lines = new Lines(socket);
    expect(await lines.take(2)).toEqual(['before 1', 'before 2']);
    for (let i = 0; i < 20; i++) {
      await send(`live ${i}`);
      await send('not this: other');
    }
    expect(await lines.take(20)).toEqual(Array.from({ length: 20 }, (_, i) => `live ${i}`));
    socket.close();
    await once(socket, 'close');
  });

  it.each([
    ['{app="tailed"', {}, 400, /parse error/],
    ['{app="tailed"}', { delay_for: '6' }, 400, /delay_for can't be greater than 5/],
  ])('refuses %s %j before the upgrade', async (query, parameters, status, text) => {
    const socket = open(query, parameters as Record<string, string>);
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      import('node:http').IncomingMessage,
    ];
    const body = (await response.toArray()).join('');
    expect({ status: response.statusCode, body }).toEqual({ status, body: expect.stringMatching(text) });
    socket.on('error', () => {});
    socket.terminate();
  });

  it('closes with 1011 on a metric query', async () => {
    const [code, reason] = (await once(open('rate({app="tailed"}[1m])'), 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1011, 'only log selector is supported']);
  });
});
