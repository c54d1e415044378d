// The key under which the store knows a push that its client may send again, because it cannot tell whether it was stored.
import { createHash } from 'node:crypto';
import type { PushRequest } from '../client/ingest-service.ts';

/** Undefined when the client gave none. Another body under the same key of the client's is another batch: nothing is lost. */
export function batchKey({ idempotencyKey, tenant, format, options, body }: PushRequest): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  const named = JSON.stringify([tenant, format, options, idempotencyKey]);
  const digest = createHash('sha256').update(`${named}\n`).update(new Uint8Array(body)).digest();
  return digest.subarray(0, 24).toString('base64url');
}
