// What to do with a body nobody wants.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How much of an unwanted body is read so that its sender gets to see the answer. */
const discardBytesMax = 32 * 2 ** 20;

/**
 * Reads a refused body and throws it away, so that the client, still sending, does not meet a reset before it has
 * read the answer. Past a bound the connection is cut. The connection is not used again.
 */
export function discardBody(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > discardBytesMax) request.destroy();
  });
  request.on('error', () => {});
}
