// Ending a server's connections without keeping anybody waiting: idle ones at once, busy ones after their answer.
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Drain {
  /**
   * Stops accepting, closes connections without a request under way, the others after their answer, and what is left
   * after `deadlineMs`. Resolves when none is open.
   */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Keeps count of a server's connections from now on. Node's own `closeIdleConnections` passes over those that have
 * not sent a request yet, which health checks and browsers open and keep.
 *
 * @param socketEvent 'connection', or 'secureConnection' for TLS, whose requests belong to the inner socket.
 */
export function trackConnections(server: Server, socketEvent: 'connection' | 'secureConnection'): Drain {
  /** Requests under way by connection. */
  const open = new Map<Socket, number>();
  /** Connections in the middle of a TLS handshake. */
  const shaking = new Set<Socket>();
  let draining = false;

  server.on(socketEvent, (socket: Socket) => {
    open.set(socket, 0);
    socket.on('close', () => open.delete(socket));
  });
  if (socketEvent === 'secureConnection')
    server.on('connection', (socket: Socket) => {
      shaking.add(socket);
      socket.on('close', () => shaking.delete(socket));
    });
  server.on('request', (request, response: ServerResponse) => {
    const { socket } = request;
    open.set(socket, (open.get(socket) ?? 0) + 1);
    if (draining && !response.headersSent) response.setHeader('Connection', 'close');
    response.on('close', () => {
      const left = (open.get(socket) ?? 1) - 1;
      if (open.has(socket)) open.set(socket, left);
      if (draining && left === 0) socket.destroySoon();
    });
  });

  return {
    async close(deadlineMs) {
      draining = true;
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      server.close();
      for (const [socket, requests] of open) if (requests === 0) socket.destroy();
      const cut = setTimeout(() => {
        for (const socket of [...open.keys(), ...shaking]) socket.destroy();
      }, deadlineMs);
      if (open.size === 0) for (const socket of shaking) socket.destroy();
      await closed;
      clearTimeout(cut);
    },
  };
}
