// Threads that others can take the place of, and that die or hang: whoever waits for them is told.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { push } from './client.ts';
import { controlThreads, shortWatch, threadControl } from './thread-control.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({
    environment: {
      SKALD_QUERY_WORKERS: '1',
      // The least; the thread of large pushes is given up after it.
      SKALD_STORE_HANG_TIMEOUT: '10s',
      NODE_OPTIONS: threadControl,
      ...shortWatch,
    },
  });
  const entries = [{ timestampNs: nowNs(), line: 'first' }];
  expect((await push(server.baseUrl, jsonBody({ app: 'a' }, entries), jsonHeaders)).status).toBe(204);
});
afterAll(() => server.remove());

const count = async (): Promise<{ status: number; text: string }> => {
  const query = encodeURIComponent('sum(count_over_time({app="a"}[1h]))');
  const response = await fetch(`${server.baseUrl}/loki/api/v1/query?query=${query}`);
  return { status: response.status, text: await response.text() };
};

const queryLost = 'a query worker has failed and is being replaced';
const decoderLost = 'the thread that decodes large pushes has failed and is being replaced';
const tailLost = 'the tail worker has failed; its tails have ended';
const printed = (text: string): number => server.output().split(text).length - 1;

async function openTail(): Promise<WebSocket> {
  const query = encodeURIComponent('{app="tailed"}');
  const socket = new WebSocket(`${server.baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query=${query}`);
  await once(socket, 'open');
  return socket;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never so:\n${server.output()}`);
    await delay(10);
  }
}

describe.each(['kill', 'hang'] as const)('%s', (what) => {
  it('the query thread: its queries get 503, /ready tells, the next ones are answered', async () => {
    const seen = new Set<number>();
    const before = printed(queryLost);
    // It starts with the first query.
    expect((await count()).status).toBe(200);
    await controlThreads(server, what, 'query');
    // A query asked before the thread is gone waits for it, one asked after that for its successor.
    await until(async () => {
      const { status } = await count();
      seen.add(status);
      return printed(queryLost) > before && status === 200;
    });
    expect([...seen].every((status) => status === 200 || status === 503)).toBe(true);
    if (what === 'hang') expect(seen).toContain(503);
    await until(async () => (await fetch(`${server.baseUrl}/ready`)).status === 200);
  });

  it('the tail thread: its tails end with a reason, new ones live', async () => {
    const before = printed(tailLost);
    const tail = await openTail();
    const closed = once(tail, 'close');
    await controlThreads(server, what, 'tail');
    const [code, reason] = (await closed) as [number, Buffer];
    expect(code).toBe(1011);
    expect(String(reason)).not.toBe('');
    const next = await openTail();
    const message = once(next, 'message');
    const entries = [{ timestampNs: nowNs(), line: 'tailed line' }];
    expect((await push(server.baseUrl, jsonBody({ app: 'tailed' }, entries), jsonHeaders)).status).toBe(204);
    expect(String((await message)[0])).toContain('tailed line');
    next.close();
    await once(next, 'close');
    expect(printed(tailLost)).toBe(before + 1);
  });

  it('the thread of large pushes: its push gets 503, small ones go on, the next large one is stored', async () => {
    const before = printed(decoderLost);
    const body = (line: string): string =>
      jsonBody(
        { app: 'large' },
        Array.from({ length: 20_000 }, () => ({ timestampNs: nowNs(), line: line.repeat(110) })),
      );
    expect((await push(server.baseUrl, body('a'), jsonHeaders)).status).toBe(204);
    await controlThreads(server, what, 'decoder');
    const seen = new Set<number>();
    await until(async () => {
      const [large, small] = await Promise.all([
        push(server.baseUrl, body('b'), jsonHeaders),
        push(server.baseUrl, jsonBody({ app: 'a' }, [{ timestampNs: nowNs(), line: 'x' }]), jsonHeaders),
      ]);
      expect(small.status).toBe(204);
      seen.add(large.status);
      return printed(decoderLost) > before && large.status === 204;
    });
    if (what === 'hang') expect([...seen].sort()).toEqual([204, 503]);
    expect((await fetch(`${server.baseUrl}/ready`)).status).toBe(200);
  });
});
