// How much structured metadata one entry may have: what is beyond is counted while it is read, and not kept.
import { entryPartBytesMax } from '../../store/store.ts';
import type { IngestLimits } from './limits.ts';
import { largestPush } from './push-bounds.ts';

export interface MetadataBounds {
  /** Names of one entry, detected_level not among them. */
  readonly pairsMax: number;
  /** Names and values of one entry. */
  readonly sizeBytesMax: number;
  /** Pairs of all entries of one push together. OTLP repeats a resource's attributes for each record. */
  readonly pushPairsMax: number;
}

export function metadataBounds(
  {
    maxStructuredMetadataEntriesCount: pairs,
    maxStructuredMetadataSizeBytes: sizeBytes,
  }: Pick<IngestLimits, 'maxStructuredMetadataEntriesCount' | 'maxStructuredMetadataSizeBytes'>,
  pushPairsMax = largestPush.metadataPairsMax,
): MetadataBounds {
  return {
    pairsMax: pairs > 0 ? pairs : Number.POSITIVE_INFINITY,
    sizeBytesMax: sizeBytes > 0 ? Math.min(sizeBytes, entryPartBytesMax) : entryPartBytesMax,
    pushPairsMax,
  };
}

export const noMetadataBounds: MetadataBounds = {
  pairsMax: Number.POSITIVE_INFINITY,
  sizeBytesMax: Number.POSITIVE_INFINITY,
  pushPairsMax: Number.POSITIVE_INFINITY,
};
