// Requests that ask for a protocol that is not spoken here, as all of Java's HTTP clients ask for h2c with their first
// request. HTTP says to answer as if they had not asked. Node stops reading such a request at the end of its head once
// somebody listens for upgrades; so what it has read goes back into the connection, without the question.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface Upgrade {
  readonly request: IncomingMessage;
  /** As it was sent. */
  readonly target: string;
  readonly socket: Socket;
  /** What was read after the head: the body, and further requests. */
  readonly rest: Buffer;
}

export type IgnoreUpgrade = (upgrade: Upgrade) => void;

/**
 * For a server without listeners of others yet: the first one is Node's own, which reads the requests of a connection.
 *
 * @param socketEvent 'connection', or 'secureConnection' for TLS.
 */
export function upgradeIgnorer(
  server: Server,
  socketEvent: 'connection' | 'secureConnection',
): IgnoreUpgrade {
  const [readRequests] = server.listeners(socketEvent);
  return ({ request, target, socket, rest }) => {
    // A time for idle connections may be left from the answer before.
    socket.setTimeout(0);
    socket.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request, target), 'latin1'), rest]));
    readRequests?.call(server, socket);
  };
}

const leftOut: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

function headWithoutUpgrade({ method, httpVersion, rawHeaders }: IncomingMessage, target: string): string {
  let head = `${method} ${target} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!leftOut.has(name.toLowerCase())) head += `${name}: ${rawHeaders[at + 1] ?? ''}\r\n`;
  }
  return `${head}\r\n`;
}
