// Requests of hostile clients: whatever is answered is dropped, errors are what they want.
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Target } from './attack.ts';

export interface Hostile {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request on a connection of its own; resolves when it is over, however it ends. */
export function send(
  target: Target,
  { path, headers = {}, body }: Hostile,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const sent: ClientRequest = request(
      {
        host: '127.0.0.1',
        port: target.port,
        localAddress: target.fromAddress,
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
        agent: false,
        signal,
      },
      (response) => response.resume().on('close', resolve),
    );
    sent.on('error', () => resolve()).on('close', () => resolve());
    sent.end(body);
  });
}

const pauseMs = 5;

/** Sends one request again and again over this many connections at a time. */
export function repeat(
  name: string,
  make: (round: number) => Hostile,
  connections: number,
  environment: Attack['environment'] = () => ({}),
): Attack {
  return {
    name,
    environment,
    run: async (target, signal) => {
      const lane = async (place: number): Promise<void> => {
        for (let round = place; !signal.aborted; round += connections) {
          await send(target, make(round), signal);
          await delay(pauseMs);
        }
      };
      await Promise.all(Array.from({ length: connections }, (_, place) => lane(place)));
    },
  };
}

/** Opens connections, writes to each of them and holds them all until the end. */
export function hold(name: string, connections: number, opening: string | Buffer): Attack {
  return {
    name,
    run: async (target, signal) => {
      const held: Socket[] = [];
      while (held.length < connections && !signal.aborted) {
        const socket = connect({ host: '127.0.0.1', port: target.port, localAddress: target.fromAddress });
        socket.on('error', () => {}).resume();
        socket.write(opening);
        held.push(socket);
        if (held.length % connectionsAtOnce === 0) await delay(connectionsEveryMs);
      }
      if (!signal.aborted) await once(signal, 'abort');
      for (const socket of held) socket.destroy();
    },
  };
}

/** Slow enough for the queue of the listening socket. */
const connectionsAtOnce = 50;
const connectionsEveryMs = 20;
