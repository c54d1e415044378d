import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { RpcClosedError, RpcPeer, RpcRemoteError, WithTransfer } from '../../src/threads/rpc.ts';

class FullError extends Error {
  override readonly name = 'FullError';
}

interface Service {
  add(params: { a: number; b: number }): number;
  fail(params: 'full' | 'odd'): never;
  hang(params: number): number;
  bytes(params: number): Uint8Array;
  note(params: string): void;
}

function connect() {
  const { port1, port2 } = new MessageChannel();
  const seen: string[] = [];
  let aborted: () => void = () => {};
  const abortSeen = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  const server = new RpcPeer<Client, Service>(port2, {
    add: ({ a, b }) => {
      server.notify('event', `before ${a + b}`);
      return a + b;
    },
    fail: (kind) => {
      throw kind === 'full' ? new FullError('no room') : new TypeError('odd');
    },
    hang: (_, { signal }) =>
      new Promise<number>((resolve) =>
        signal.addEventListener('abort', () => {
          aborted();
          resolve(0);
        }),
      ),
    bytes: (n) => {
      const value = new Uint8Array(n).fill(7);
      return new WithTransfer(value, [value.buffer]);
    },
    note: (text) => {
      seen.push(text);
    },
  });
  const client = new RpcPeer<Service, Client>(
    port1,
    { event: (text) => void seen.push(text) },
    { errors: [FullError] },
  );
  return { client, server, seen, abortSeen };
}
interface Client {
  event(params: string): void;
}

const open: { client: { close(): void }; server: { close(): void } }[] = [];
afterEach(() => {
  for (const pair of open.splice(0)) {
    pair.client.close();
    pair.server.close();
  }
});
function connected() {
  const pair = connect();
  open.push(pair);
  return pair;
}

describe('rpc over a port', () => {
  it('answers each call with its own result', async () => {
    const { client } = connected();
    const sums = await Promise.all([1, 2, 3].map((a) => client.call('add', { a, b: 10 })));
    expect(sums).toEqual([11, 12, 13]);
    expect(client.inFlight).toBe(0);
  });

  it('delivers a notification before the answer sent after it', async () => {
    const { client, seen } = connected();
    const answer = client.call('add', { a: 1, b: 1 }).then(() => seen.push('answer'));
    await answer;
    expect(seen).toEqual(['before 2', 'answer']);
  });

  it('keeps the class of shared errors and names others', async () => {
    const { client } = connected();
    await expect(client.call('fail', 'full')).rejects.toThrow(FullError);
    await expect(client.call('fail', 'odd')).rejects.toMatchObject({
      constructor: RpcRemoteError,
      message: 'odd',
      remoteName: 'TypeError',
    });
  });

  it('rejects with the reason of the abort at once and tells the other end', async () => {
    const { client, abortSeen } = connected();
    const abort = new AbortController();
    const call = client.call('hang', 1, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await abortSeen;
    expect(client.inFlight).toBe(0);
  });

  it('transfers memory named by WithTransfer', async () => {
    const { client } = connected();
    expect(await client.call('bytes', 3)).toEqual(new Uint8Array([7, 7, 7]));
  });

  it('rejects calls in flight and later ones when the other end goes', async () => {
    const { client, server } = connected();
    const call = client.call('hang', 1);
    server.close();
    await expect(call).rejects.toThrow(RpcClosedError);
    await expect(client.call('add', { a: 1, b: 1 })).rejects.toThrow(RpcClosedError);
    expect(await client.closed).toBeInstanceOf(RpcClosedError);
  });
});

it.each([
  ['throw new TypeError("odd")', 'worker failed: odd'],
  // An error of SQLite's, as it comes out at the other end: without message.
  ["require('better-sqlite3')(':memory:').exec('odd')", 'worker failed: SQLITE_ERROR'],
])('a worker that ends by `%s` leaves its reason', async (code, reason) => {
  const peer = new RpcPeer<object>(new Worker(code, { eval: true }), {});
  expect(await peer.closed).toMatchObject({ name: 'RpcClosedError', message: reason });
});
