// `Expect: 100-continue`: a client that waits with its body until it is asked for. It is asked when the body is about to
// be read, so that one that is too large, or whose sender nobody knows, is refused before it is sent.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** Node asks at once by itself; from now on {@link askForBody} does. */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    server.emit('request', request, response);
  });
}

/** Asks for the body of a request whose client waits to be asked. */
export function askForBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
}
