// Requests that cannot be read: a head that is too long, that comes too late, or that is no HTTP. Node answers them and
// closes the connection at once, which resets it while the client still sends, and takes the answer with it.
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

const longRequests = new WeakMap<Socket, IncomingMessage>();

/**
 * The request may take longer to arrive than `request_timeout`, since it is stored while it comes. Its handler sees to
 * it that something comes.
 */
export function letTakeLong(request: IncomingMessage): void {
  longRequests.set(request.socket, request);
}

const mayTakeLong = (socket: Socket): boolean => longRequests.get(socket)?.complete === false;

/** By Node's codes of errors; others of its parser are 400. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
/** What comes after the answer is thrown away within these bounds, until the client closes its side. */
const discardBytesMax = 4 * 2 ** 20;
const discardMsMax = 2000;

/** `isAnswering` tells whether an answer on this connection has begun and not ended: nothing can be said in its middle. */
export function refuseUnreadable(server: Server, isAnswering: (socket: Socket) => boolean): void {
  const refused = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The parser says it again for what it is still given.
    if (refused.has(socket)) return;
    const code = error.code ?? '';
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeLong(socket)) return;
    const status = statuses[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
    if (status === undefined || !socket.writable || isAnswering(socket)) {
      socket.destroy(error);
      return;
    }
    refused.add(socket);
    let bytes = 0;
    const end = (): void => {
      socket.destroy();
    };
    const deadline = setTimeout(end, discardMsMax);
    socket.removeAllListeners('data');
    socket
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > discardBytesMax) end();
      })
      .on('end', end)
      .on('close', () => clearTimeout(deadline))
      .end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  });
}
