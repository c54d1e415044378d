// Stand-ins for receivers on loopback: one for those that speak HTTP, which answers as it is told, and a mail server.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';

export interface Taken {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}
export interface HttpStandIn {
  readonly url: string;
  /** What was sent, whatever the answer. */
  readonly received: Taken[];
  /** By the first part of the path; the default takes everything. */
  readonly answers: Map<string, (response: ServerResponse) => void>;
  close(): Promise<void>;
}

export async function startHttpStandIn(): Promise<HttpStandIn> {
  const received: Taken[] = [];
  const answers = new Map<string, (response: ServerResponse) => void>();
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const path = request.url ?? '';
    received.push({ path, headers: request.headers, body: JSON.parse(Buffer.concat(pieces).toString()) });
    const answer = answers.get(path.split('/')[1] ?? '');
    if (answer === undefined) response.writeHead(200).end('ok');
    else answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface MailStandIn {
  readonly port: number;
  /** Whole messages, as sent. */
  readonly mails: string[];
  /** The answer to the recipient. */
  recipientAnswer: string;
  close(): Promise<void>;
}

export async function startMailStandIn(): Promise<MailStandIn> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let isData = false;
    let text = '';
    socket.write('220 here\r\n');
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      for (;;) {
        const end = isData ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n');
        if (end < 0) return;
        const part = text.slice(0, end);
        text = text.slice(end + (isData ? 5 : 2));
        if (isData) {
          mails.push(part);
          isData = false;
          socket.write('250 taken\r\n');
          continue;
        }
        const word = part.slice(0, 4).toUpperCase();
        isData = word === 'DATA';
        if (word === 'RCPT') socket.write(`${standIn.recipientAnswer}\r\n`);
        else socket.write(isData ? '354 go on\r\n' : word === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: MailStandIn = {
    port: (server.address() as AddressInfo).port,
    mails,
    recipientAnswer: '250 fine',
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}
