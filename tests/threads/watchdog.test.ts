import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { RpcPeer } from '../../src/threads/rpc.ts';
import { watchForHang } from '../../src/threads/watchdog.ts';

const open: RpcPeer<object>[] = [];
function channel() {
  const { port1, port2 } = new MessageChannel();
  const peer = new RpcPeer<object>(port1, {});
  open.push(peer);
  return { peer, port2 };
}
afterEach(() => {
  for (const peer of open.splice(0)) peer.close();
});

it('tells of an end that does not answer, once, and of its coming back', async () => {
  const { peer, port2 } = channel();
  let told = 0;
  let back = (): void => {};
  const isBack = new Promise<void>((resolve) => {
    back = resolve;
  });
  const watchdog = await new Promise<ReturnType<typeof watchForHang>>((resolve) => {
    const made = watchForHang(peer, {
      everyMs: 2,
      missedMax: 3,
      onHung: () => {
        told++;
        resolve(made);
      },
      onBack: () => back(),
    });
    expect(made.hung).toBe(false);
  });
  expect(watchdog.hung).toBe(true);
  // Nobody has listened so far; the questions wait in the port.
  open.push(new RpcPeer<object>(port2, {}));
  await isBack;
  expect([watchdog.hung, told]).toEqual([false, 1]);
});

it('is content with an end that answers, however often it asks', async () => {
  const { peer, port2 } = channel();
  let asked = 0;
  const enough = new Promise<void>((resolve) => {
    port2.on('message', () => {
      port2.postMessage({ rpc: 'pong' });
      if (++asked === 20) resolve();
    });
  });
  let hung = false;
  watchForHang(peer, {
    everyMs: 1,
    // An answer takes a turn of this loop; a loaded machine may hold it up for a while.
    missedMax: 1000,
    onHung: () => {
      hung = true;
    },
  });
  await enough;
  expect(hung).toBe(false);
});

it('is content with an end whose event loop does not turn, as long as it gives signs of life', async () => {
  const dist = new URL('../../dist/threads/', import.meta.url).href;
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     Promise.all([import('${dist}rpc.js'), import('${dist}watchdog.js')]).then(([{ RpcPeer }, { signOfLife }]) => {
       const peer = new RpcPeer(parentPort, {});
       const step = signOfLife(() => peer.alive());
       for (;;) step();
     });`,
    { eval: true },
  );
  const peer = new RpcPeer<object>(worker, {});
  open.push(peer);
  const answered = () => new Promise<void>((resolve) => peer.ping(resolve));
  // Two watch it, and neither is forgotten.
  for (let round = 0; round < 3; round++) await Promise.all([answered(), answered()]);
  await worker.terminate();
});

it('waits for no answer once the channel is closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const { peer, port2 } = channel();
    const onHung = vi.fn();
    watchForHang(peer, { everyMs: 1, missedMax: 2, onHung });
    const [first] = await once(port2, 'message');
    expect(first).toEqual({ rpc: 'ping' });
    vi.advanceTimersByTime(1);
    peer.close();
    await peer.closed;
    await once(port2, 'close');
    vi.advanceTimersByTime(1000);
    expect(onHung).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});
