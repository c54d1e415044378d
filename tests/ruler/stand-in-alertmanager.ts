// A stand-in for Alertmanager on loopback, which answers as it is told and keeps what it was sent.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly alerts: readonly PostedAlert[];
}

export interface StandIn {
  readonly url: string;
  /** Posts that were answered with 200. */
  readonly taken: Received[];
  /** All posts. */
  readonly received: Received[];
  /** From now on; the default takes everything. */
  answer: (response: ServerResponse, post: Received) => void;
  close(): Promise<void>;
}

export const takes = (response: ServerResponse): void => {
  response.writeHead(200).end();
};

export async function startStandIn(): Promise<StandIn> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const post: Received = {
      path: request.url ?? '',
      headers: request.headers,
      alerts: JSON.parse(Buffer.concat(pieces).toString()) as PostedAlert[],
    };
    standIn.received.push(post);
    response.on('finish', () => {
      if (response.statusCode === 200) standIn.taken.push(post);
    });
    standIn.answer(response, post);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken: [],
    received: [],
    answer: takes,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}
