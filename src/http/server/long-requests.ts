// Requests that may take longer to arrive than `request_timeout`, since they are stored while they come. Their handler
// sees to it that something comes.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const longRequests = new WeakMap<Socket, IncomingMessage>();

export function letTakeLong(request: IncomingMessage): void {
  longRequests.set(request.socket, request);
}

/** Whether the request that is on its way on this connection is such a one. */
export const mayTakeLong = (socket: Socket): boolean => longRequests.get(socket)?.complete === false;
