// Writes answers to sockets: status, headers, body, with backpressure for bodies in pieces.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Answer, textType } from './api.ts';
import { endAnswer } from './end-answer.ts';
import type { ErrorAnswer } from './http-error.ts';

/** After this many bytes the event loop gets a turn, so that one large answer does not hold up the others. */
const bytesPerTurn = 256 * 1024;

export interface Sending {
  /** A client that takes nothing for this long is cut off: what it is owed lies in memory. */
  readonly stallTimeoutMs: number;
}

/** Resolves when all is handed to the socket, or the client is gone. */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  { stallTimeoutMs }: Sending,
): Promise<void> {
  // Node destroys the socket when the time is over, and sets a time of its own when the answer is out.
  response.socket?.setTimeout(stallTimeoutMs);
  response.statusCode = answer.status ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.contentType !== undefined) response.setHeader('Content-Type', answer.contentType);
  const { body } = answer;
  if (body === undefined) {
    endAnswer(response);
  } else if (typeof body === 'string' || body instanceof Uint8Array) {
    response.setHeader('Content-Length', typeof body === 'string' ? Buffer.byteLength(body) : body.length);
    endAnswer(response, body);
  } else {
    await sendPieces(response, body);
  }
}

async function sendPieces(response: ServerResponse, pieces: Iterable<string | Uint8Array>): Promise<void> {
  let sinceTurn = 0;
  for (const piece of pieces) {
    if (response.destroyed) return;
    const flowing = response.write(piece);
    sinceTurn += piece.length;
    if (!flowing) {
      await drained(response);
    } else if (sinceTurn > bytesPerTurn) {
      sinceTurn = 0;
      await nextTurn();
    }
  }
  endAnswer(response);
}

async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const until = { signal: stop.signal };
  await Promise.race([once(response, 'drain', until), once(response, 'close', until)]).catch(() => {});
  stop.abort();
}

/** An error as text without newline: what Loki's query routes send. */
export function sendError(response: ServerResponse, error: ErrorAnswer): void {
  if (response.headersSent) {
    // The status is out; cutting the connection is the only way left to say that the body is not whole.
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  response.statusCode = error.status;
  response.setHeader('Content-Type', textType);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  endAnswer(response, error.message);
}
