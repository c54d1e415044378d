// How much one push may be, in what its decoders make of it. What is above is refused with 413, while decoding.
import { mebibyte } from '../../model/units.ts';

export interface PushBounds {
  /** Bytes when decompressed, where the setting of the gateway allows more. */
  readonly bytesMax: number;
  /** An entry can take four bytes of a body and takes ten times that in columns. */
  readonly entriesMax: number;
  /** Times that a body names a stream, known and repeated ones too. Some senders make one of each entry. */
  readonly streamsNamedMax: number;
  /**
   * Metadata of all entries together. OTLP repeats a resource's attributes for each record, so a small body can mean a
   * lot of metadata.
   */
  readonly metadataBytesMax: number;
  /** Their names and values, also those of entries that have too many. */
  readonly metadataPairsMax: number;
  /** Records and attributes of OTLP, as otlp-size.ts counts them. */
  readonly otlpObjectsMax: number;
  /** Streams with a place of their own, as a multiple of those that a tenant may have. */
  readonly streamPlaces: 1 | 2;
}

/** Of any push. */
export const largestPush: PushBounds = {
  bytesMax: Number.POSITIVE_INFINITY,
  entriesMax: 2 ** 21,
  streamsNamedMax: 2 ** 17,
  metadataBytesMax: 128 * mebibyte,
  metadataPairsMax: 2 ** 22,
  otlpObjectsMax: 2 ** 20,
  streamPlaces: 1,
};

/**
 * Of one that is decoded in a thread apart. Nothing is known there of the streams that the store has: they count as new
 * ones, of which a tenant may have as many again.
 */
export const largestPushApart: PushBounds = { ...largestPush, streamPlaces: 2 };

/**
 * Of one that is decoded in one turn of the ingest worker's event loop, while others wait: the batches that agents send,
 * some milliseconds of work, and some tens if they are made to be as dear as they can be.
 */
export const pushOfOneTurn: PushBounds = {
  bytesMax: 2 * mebibyte,
  entriesMax: 2 ** 15,
  streamsNamedMax: 2 ** 12,
  metadataBytesMax: 4 * mebibyte,
  metadataPairsMax: 2 ** 15,
  otlpObjectsMax: 2 ** 15,
  streamPlaces: 1,
};
