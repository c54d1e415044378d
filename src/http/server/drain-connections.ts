// Ending a server's connections without keeping anybody waiting: idle ones at once, busy ones after their answer.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Connections } from './connections.ts';

/**
 * Stops accepting, closes connections without a request under way, the others after their answer, and what is left
 * after `deadlineMs`. Resolves when none is open. Node's own `closeIdleConnections` passes over those that have not
 * sent a request yet, which health checks and browsers open and keep.
 */
export async function drain(server: Server, connections: Connections, deadlineMs: number): Promise<void> {
  const closed = server.listening ? once(server, 'close') : Promise.resolve();
  server.close();
  connections.drain();
  const cut = setTimeout(() => connections.cut(), deadlineMs);
  await closed;
  clearTimeout(cut);
}
