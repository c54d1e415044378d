// A tail whose client does not read: the gateway drops instead of buffering, says so, and serves the others.
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { push } from './client.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({ environment: { SKALD_TAIL_BUFFERED_BYTES_MAX: '64KB' } });
});
afterAll(() => server.remove());

interface Frame {
  readonly streams: readonly { readonly values: readonly (readonly [string, string])[] }[];
  readonly dropped_entries?: readonly { readonly timestamp: string; readonly labels: object }[];
}

const open = async (): Promise<WebSocket> => {
  const query = encodeURIComponent('{app="loud"}');
  const url = `${server.baseUrl.replace('http', 'ws')}/loki/api/v1/tail?query=${query}`;
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return socket;
};

/** Entries of 32 KB, so that what waits is soon more than any buffer holds. */
const line = 'x'.repeat(32 * 1024);
const batches = 40;
const batchEntries = 40;

it('drops for the one that does not read, and for nobody else', async () => {
  const slow = await open();
  const quick = await open();
  let seen = 0;
  quick.on('message', (data) => {
    for (const { values } of (JSON.parse(String(data)) as Frame).streams) seen += values.length;
  });
  const dropped = new Promise<Frame>((resolve) => {
    slow.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (frame.dropped_entries !== undefined) resolve(frame);
    });
  });
  slow.pause();
  for (let batch = 0; batch < batches; batch++) {
    const entries = Array.from({ length: batchEntries }, (_, index) => ({
      timestampNs: nowNs() + BigInt(index),
      line,
    }));
    expect((await push(server.baseUrl, jsonBody({ app: 'loud' }, entries), jsonHeaders)).status).toBe(204);
    const sent = (batch + 1) * batchEntries;
    await expect.poll(() => seen).toBe(sent);
  }
  slow.resume();
  const frame = await dropped;
  expect(frame.dropped_entries?.[0]).toMatchObject({ timestamp: expect.stringMatching(/^\d+$/) });
  expect(frame.dropped_entries?.[0]?.labels).toMatchObject({ app: 'loud' });
  const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
  expect(metrics).toMatch(/skald_tail_dropped_entries_total\{tenant="fake"\} [1-9]/);
  quick.terminate();
  slow.terminate();
});
