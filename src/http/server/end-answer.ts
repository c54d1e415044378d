// The end of an answer. A body that nobody reads may still be on its way: a connection that is closed in the middle of
// it is reset, and with it goes the answer, which the sender then never sees; shippers repeat such a batch for ever. So
// the answer is sent at once and whole, but ended only when the body has come to its end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { freeBytes } from '../../threads/free-memory.ts';

/** How much of such a body is read and thrown away: the largest batches that senders make. */
const discardBytesMax = 128 * 2 ** 20;
/** From the answer on. */
const discardMsMax = 60_000;
/** A body that stops coming is not waited for. */
const discardIdleMs = 5000;

/** Ends an answer, with what there is to say at its end. Past the bounds on the rest of the body the connection is cut. */
export function endAnswer(response: ServerResponse, body?: string | Uint8Array): void {
  const { req: request } = response;
  if (request.complete || request.destroyed || !hasBody(request)) {
    response.end(body);
    return;
  }
  if (!response.headersSent && response.statusCode !== 204 && !response.hasHeader('Content-Length'))
    response.setHeader('Content-Length', body === undefined ? 0 : Buffer.byteLength(body));
  if (body === undefined || body.length === 0) response.flushHeaders();
  else response.write(body);
  discardRest(request, response);
}

function discardRest(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  const end = (): void => {
    clearTimeout(idle);
    clearTimeout(deadline);
    request.off('data', onData).off('end', end).off('close', end);
    response.end();
  };
  const cut = (): void => {
    end();
    request.socket.destroySoon();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    freeBytes(chunk);
    if (bytes > discardBytesMax) cut();
    else idle.refresh();
  };
  const idle = setTimeout(cut, discardIdleMs);
  const deadline = setTimeout(cut, discardMsMax);
  request.on('data', onData).on('end', end).on('close', end).on('error', end);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
