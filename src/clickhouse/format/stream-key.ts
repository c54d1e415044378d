// How a stream is named in the tables, by whatever gateway.
import { createHash } from 'node:crypto';
import type { Labels } from '../../model/labels.ts';
import { streamName } from '../../store/stream-activity.ts';

/** Not to be had twice by chance, nor on purpose at less than 2^32 tries; of another tenant it would not matter. */
export function streamKey(tenant: string, labels: Labels): bigint {
  return createHash('sha256').update(streamName(tenant, labels)).digest().readBigUInt64LE();
}
