// Request bodies as one ArrayBuffer that can be transferred to a worker. An own collector: the memory is allocated
// once from Content-Length and belongs to nobody else, so handing it over copies nothing.
import type { IncomingMessage } from 'node:http';
import { freeBytes } from '../../threads/free-memory.ts';
import type { BytePlace } from './byte-room.ts';
import { askForBody } from './expect-continue.ts';

/** The body is longer than allowed; `bodyBytes` as announced, or as many as had come. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly bodyBytes: number;
  constructor(bodyBytes: number, bodyBytesMax: number) {
    super(`request body too large: message size too large than max (${bodyBytes} vs ${bodyBytesMax})`);
    this.bodyBytes = bodyBytes;
  }
}

/** The client went away in the middle of its body: there is nobody to answer. */
export class BodyAbortedError extends Error {
  override readonly name = 'BodyAbortedError';
}

/** There is no room for more of the body now, or it comes too slowly to keep the room that it has. */
export class BodyRefusedError extends Error {
  override readonly name = 'BodyRefusedError';
}

/** The body has not wholly come in the time that it had. */
export class BodyTimeoutError extends Error {
  override readonly name = 'BodyTimeoutError';
}

/** First guess for a body without Content-Length. */
const unknownBytes = 64 * 1024;

/** Content-Length, or undefined for a chunked body. */
export function announcedBytes(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/**
 * Reads the whole body. Rejects with BodyTooLargeError, BodyRefusedError or BodyTimeoutError (without reading on) or
 * BodyAbortedError.
 * Room is taken for each piece that came: what is announced and not sent takes no memory.
 */
export function collectBody(
  request: IncomingMessage,
  bodyBytesMax: number,
  place: BytePlace,
  timeoutMs?: number,
): Promise<ArrayBuffer> {
  const announced = announcedBytes(request);
  if (announced !== undefined && announced > bodyBytesMax)
    return Promise.reject(new BodyTooLargeError(announced, bodyBytesMax));
  return new Promise((resolve, reject) => {
    // Not from the pool: pooled memory cannot be transferred.
    let body = Buffer.allocUnsafeSlow(announced ?? Math.min(unknownBytes, bodyBytesMax));
    let length = 0;

    const onData = (chunk: Buffer): void => {
      const needed = length + chunk.length;
      if (needed > bodyBytesMax) {
        fail(new BodyTooLargeError(needed, bodyBytesMax));
        return;
      }
      if (!place.take(chunk.length)) {
        refuse();
        return;
      }
      if (needed > body.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(bodyBytesMax, Math.max(needed, body.length * 2)));
        body.copy(larger, 0, 0, length);
        body = larger;
      }
      chunk.copy(body, length);
      length = needed;
      // Node copies each piece into memory of its own, for us alone.
      freeBytes(chunk);
    };
    const onEnd = (): void => {
      const memory = body.buffer as ArrayBuffer;
      finish(() => resolve(length === memory.byteLength ? memory : memory.slice(0, length)));
    };
    const fail = (error: Error): void =>
      finish(() => {
        freeBytes(body);
        reject(error);
      });
    const refuse = (): void => fail(new BodyRefusedError('no room for the body'));
    const onGone = (): void => fail(new BodyAbortedError('the client closed the connection'));
    const late = (): void => fail(new BodyTimeoutError(`the body did not come within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      settle();
    };
    place.onTooSlow(refuse);
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    askForBody(request);
  });
}

/**
 * An urlencoded form, '' when the body is something else (which is then ignored). It must come within the time, else
 * it is refused. Rejects like {@link collectBody}.
 */
export async function collectForm(
  request: IncomingMessage,
  { formBytesMax, timeoutMs }: { readonly formBytesMax: number; readonly timeoutMs: number },
  place: BytePlace,
): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return '';
  const form = await collectBody(request, formBytesMax, place, timeoutMs);
  return Buffer.from(form).toString();
}
