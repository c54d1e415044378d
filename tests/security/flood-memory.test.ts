// What a whole gateway grows by while it is flooded by those whom nobody knows: by what its settings allow, not by what
// they send.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../server.ts';

/** Kept by the kernel for each process; the most that it ever had. */
const peakMb = (): number => {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
};

let server: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = await startServer();
  // What starts with the first query is there before.
  for (let i = 0; i < 5; i++) expect(await askLabels('127.0.0.1')).toBe(200);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server?.remove();
});

async function askLabels(localAddress: string): Promise<number | undefined> {
  const asked = request(`${server.baseUrl}/loki/api/v1/labels`, { localAddress, agent: false });
  asked.end();
  const [answer] = await once(asked, 'response');
  answer.resume();
  return answer.statusCode;
}

/** Sends it from this many connections, as fast as they take it. */
async function flood(count: number, bytes: Buffer): Promise<void> {
  const { port } = new URL(server.baseUrl);
  for (let i = 0; i < count; i++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.9' });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    await new Promise((settled) => socket.once('connect', settled).once('close', settled));
    if (!socket.destroyed) socket.write(bytes);
  }
}

const formBytes = 2 ** 20 - 16;
const kinds: readonly (readonly [name: string, count: number, bytes: Buffer])[] = [
  ['heads of half a megabyte', 600, Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(500_000)}`)],
  ['heads of 60 KB', 2000, Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(60_000)}`)],
  [
    'forms that lack one byte',
    600,
    Buffer.concat([
      Buffer.from(
        'POST /loki/api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
          `Content-Length: ${formBytes}\r\n\r\n`,
      ),
      Buffer.alloc(formBytes - 1, 'a'),
    ]),
  ],
];

describe.skipIf(process.platform !== 'linux')('memory under', () => {
  it.each(kinds)('%s that are not whole: bounded, and others are served', async (_name, count, bytes) => {
    const before = peakMb();
    const flooded = flood(count, bytes);
    const statuses = new Set<number | undefined>();
    let on = true;
    const asking = (async () => {
      while (on) for (const address of ['127.0.0.2', '127.0.0.9']) statuses.add(await askLabels(address));
    })();
    await flooded;
    on = false;
    await asking;
    expect([...statuses]).toEqual([200]);
    // Without bounds each of them is at least 120 MB, all of it kept.
    expect(peakMb() - before).toBeLessThan(100);
    for (const socket of sockets) socket.destroy();
  });
});
