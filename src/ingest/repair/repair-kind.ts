// What was done to a collected entry so that it could be stored. It cannot be sent again by anybody, so it is never
// refused: it is cut, stamped or moved from labels to structured metadata.
import type { DiscardReason } from '../entries/push-stream.ts';

/** The reason for which a push would have been refused, or what a collector mends before that. */
export type RepairKind =
  | DiscardReason
  /** Labels guessed from text, beyond the streams that a sender may bring up: in structured metadata. */
  | 'guessed_labels'
  /** Of syslog: the count of a message's bytes was not that of its bytes. */
  | 'wrong_octet_count';

/** Entries repaired, by kind. */
export type RepairCounts = Readonly<Partial<Record<RepairKind, number>>>;
