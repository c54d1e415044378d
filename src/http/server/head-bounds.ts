// Heads of requests: how long they may be, how many fields they may have, and which of them only once.
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Node refuses longer ones with 431. A long query goes as a form. */
export const headBytesMax = 64 * 1024;
const fieldsMax = 200;

/** Given to Node, which leaves out further fields in silence: one more than we take shows that there were too many. */
export const fieldsReadMax = fieldsMax + 1;

/** Throws HttpError 431 when there are too many fields. */
export function checkHead({ rawHeaders }: IncomingMessage): void {
  if (rawHeaders.length > 2 * fieldsMax)
    throw new HttpError(431, `too many header fields (limit: ${fieldsMax})`);
}

/**
 * Throws HttpError 400 when there are several `Host` fields: Node takes the first, and whoever has checked the request
 * before us may have looked at another.
 */
export function checkHost({ rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) throw new HttpError(400, 'a request has one Host field, and no more');
}

/** Bytes of the head that stay in memory while the request is under way. */
export function headBytes({ url = '', rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((bytes, text) => bytes + text.length, url.length);
}
