// What was done to a source's entries so that they could be stored, in words for people.
import type { RepairCounts, RepairKind } from '../ingest/repair/repair-kind.ts';

/** After "N entries ". */
const texts: Readonly<Record<RepairKind, string>> = {
  guessed_labels:
    'of senders with too many host and app names have these in structured metadata instead of labels',
  wrong_octet_count:
    'came with a count of bytes that is not theirs, as of characters, and end where the next count begins',
  missing_labels: 'without any label got the label job',
  missing_enforced_labels: 'without a required label got it with the value "unknown"',
  max_label_names_per_series: 'with too many labels have the last of them in structured metadata',
  label_name_too_long: 'have a label whose name was too long and is cut',
  label_value_too_long: 'have a label whose value was too long and is cut',
  duplicate_label_names: 'had a label twice and keep the last of them',
  invalid_labels: 'had a label whose name cannot be one, and have it under another',
  greater_than_max_sample_age:
    'were older than the store accepts and stand at the moment of reading; their own time is original_timestamp',
  too_far_in_future:
    'were further in the future than the store accepts and stand at the moment of reading; their own time is original_timestamp',
  line_too_long: 'were longer than max_line_size and are cut; truncated_bytes says by how much',
  disallowed_structured_metadata: 'lost their structured metadata, which is not allowed',
  structured_metadata_too_large: 'had too much structured metadata, which is shortened',
  structured_metadata_too_many: 'had too many pairs of structured metadata and lost the longest',
  rate_limited: 'waited for the rate limit',
  per_stream_rate_limit: 'waited for the rate limit of a stream',
  stream_limit: 'of too many streams have their labels in structured metadata, in one stream of the source',
  request_body_too_large: 'came with too much structured metadata at once, which is shortened',
  blocked_ingestion: 'waited while ingestion was blocked',
};

/** '' when nothing was repaired. */
export const repairHint = (counts: RepairCounts): string =>
  kindsOf(counts)
    .map(([kind, entries]) => `${repairSentence(kind, entries)}.`)
    .join(' ');

/** "12 entries were …", without a full stop. */
export const repairSentence = (kind: RepairKind, entries: number): string =>
  `${entries} ${entries === 1 ? 'entry' : 'entries'} ${texts[kind]}`;

export const kindsOf = (counts: RepairCounts): [RepairKind, number][] =>
  Object.entries(counts) as [RepairKind, number][];
