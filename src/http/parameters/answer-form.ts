// How a client wants its answer: `Accept`, and X-Loki-Response-Encoding-Flags.
import type { IncomingMessage } from 'node:http';
import { HttpError } from '../server/http-error.ts';

export const categorizeLabelsFlag = 'categorize-labels';

/** A comma list. One flag has an effect; all are echoed, as the reference does. */
export function encodingFlags(request: IncomingMessage): readonly string[] {
  const header = request.headers['x-loki-response-encoding-flags'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const flags = text.split(',').map((flag) => flag.trim());
  return flags.filter((flag) => flag !== '');
}

const binaryTypes: ReadonlySet<string> = new Set([
  'application/vnd.apache.parquet',
  'application/vnd.google.protobuf',
]);

/**
 * Answers of queries are JSON. Loki can also give Parquet and its own protobuf; who asks for nothing else gets a refusal
 * instead of what it cannot read. Throws HttpError 406 when all types of `Accept` are binary ones.
 */
export function checkAcceptsJson({ headers }: IncomingMessage): void {
  const ranges = (headers.accept ?? '').split(',');
  const types = ranges.map((range) => (range.split(';', 1)[0] as string).trim().toLowerCase());
  if (types.every((type) => binaryTypes.has(type)))
    throw new HttpError(406, `answers are JSON only: ${types[0]} is not supported`);
}
