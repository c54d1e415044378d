// What is done to a collected entry instead of refusing it: nobody could send it again. One row for each reason for
// which a push is refused; a new reason does not compile without its row.

import { formatRfc3339Nano } from '../../go/rfc3339.ts';
import { emptyLabels, type LabelPair, labelsFromPairs, labelValue } from '../../model/labels.ts';
import { entryPartBytesMax } from '../../store/store.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { DiscardReason } from '../entries/push-stream.ts';
import { sanitizeName } from '../entries/sanitize-metadata.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { cutLine } from '../limits/validate.ts';
import { fewerPairs, shorterPairs } from './fit-metadata.ts';
import { shortenedText } from './shortened-text.ts';

/** The labels of a stream while they are made to fit. */
export interface LabelDraft {
  labels: readonly LabelPair[];
  /** Taken from the labels; to become structured metadata of each entry. */
  moved: readonly LabelPair[];
}

export interface EntryContext {
  readonly columns: PushColumns;
  readonly limits: IngestLimits;
  /** The moment of reading, another one for each entry. */
  readonly now: () => { readonly seconds: number; readonly nanos: number };
}

export type Repair =
  | {
      readonly part: 'labels';
      readonly mend: (draft: LabelDraft, limits: IngestLimits, source: string) => void;
    }
  | { readonly part: 'entry'; readonly mend: (context: EntryContext, at: number) => void }
  /** Bounded when the batch is unpacked, see packed-entries. */
  | { readonly part: 'batch' }
  /** Nothing of the batch is stored; the source keeps it, reads no further and tries again. */
  | { readonly part: 'wait' };

export const repairs: Readonly<Record<DiscardReason, Repair>> = {
  missing_labels: { part: 'labels', mend: addJob },
  missing_enforced_labels: { part: 'labels', mend: addEnforced },
  max_label_names_per_series: { part: 'labels', mend: moveSurplus },
  label_name_too_long: { part: 'labels', mend: shortenNames },
  label_value_too_long: { part: 'labels', mend: shortenValues },
  duplicate_label_names: { part: 'labels', mend: keepLast },
  invalid_labels: { part: 'labels', mend: sanitizeNames },
  stream_limit: { part: 'labels', mend: moveAll },
  greater_than_max_sample_age: { part: 'entry', mend: restamp },
  too_far_in_future: { part: 'entry', mend: restamp },
  line_too_long: { part: 'entry', mend: cut },
  disallowed_structured_metadata: { part: 'entry', mend: leaveMetadata },
  structured_metadata_too_large: { part: 'entry', mend: shortenMetadata },
  structured_metadata_too_many: { part: 'entry', mend: thinMetadata },
  request_body_too_large: { part: 'batch' },
  rate_limited: { part: 'wait' },
  per_stream_rate_limit: { part: 'wait' },
  blocked_ingestion: { part: 'wait' },
};

/** A required label that nobody gave. */
const unknownValue = 'unknown';
/** Labels that tell the most of where an entry comes from, the first ones first. */
const mainLabels: readonly string[] = [
  ...['job', 'host', 'service_name', 'app', 'container', 'unit', 'filename', 'compose_service'],
];

function addJob(draft: LabelDraft, _limits: IngestLimits, source: string): void {
  draft.labels = [...draft.labels, ['job', source]];
}

function addEnforced(draft: LabelDraft, { enforcedLabels }: IngestLimits): void {
  const has = (name: string): boolean => draft.labels.some(([there]) => there === name);
  const added = enforcedLabels
    .filter((name) => !has(name))
    .map((name): LabelPair => draft.moved.find(([there]) => there === name) ?? [name, unknownValue]);
  draft.moved = draft.moved.filter(([name]) => !added.some(([there]) => there === name));
  draft.labels = [...draft.labels, ...added];
}

function moveSurplus(draft: LabelDraft, { enforcedLabels, maxLabelNamesPerSeries }: IngestLimits): void {
  const first = [...enforcedLabels, ...mainLabels];
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  const ranked = [...draft.labels].sort(([a], [b]) => rank(a) - rank(b));
  draft.labels = ranked.slice(0, maxLabelNamesPerSeries);
  draft.moved = [...draft.moved, ...ranked.slice(maxLabelNamesPerSeries)];
}

/** All entries of too many streams are in one of their source. */
function moveAll(draft: LabelDraft, limits: IngestLimits, source: string): void {
  const { enforcedLabels } = limits;
  draft.moved = [...draft.moved, ...draft.labels];
  draft.labels = [
    ['job', source],
    ...enforcedLabels.filter((name) => name !== 'job').map((name): LabelPair => [name, unknownValue]),
  ];
}

function shortenNames(draft: LabelDraft, { maxLabelNameLengthBytes }: IngestLimits): void {
  draft.labels = draft.labels.map(([name, value]) => [
    shortenedText(name, maxLabelNameLengthBytes, '_'),
    value,
  ]);
}

function shortenValues(draft: LabelDraft, { maxLabelValueLengthBytes }: IngestLimits): void {
  draft.labels = draft.labels.map(([name, value]) => [
    name,
    shortenedText(value, maxLabelValueLengthBytes, '~'),
  ]);
}

function keepLast(draft: LabelDraft): void {
  draft.labels = labelsFromPairs(draft.labels);
}

function sanitizeNames(draft: LabelDraft): void {
  draft.labels = draft.labels.map(([name, value]) => [name === '' ? '_' : sanitizeName(name), value]);
}

function restamp({ columns, limits, now }: EntryContext, at: number): void {
  const original = formatRfc3339Nano(columns.seconds[at] as number, columns.nanos[at] as number);
  const { seconds, nanos } = now();
  columns.seconds[at] = seconds;
  columns.nanos[at] = nanos;
  note(columns, limits, at, ['original_timestamp', original]);
}

function cut({ columns, limits }: EntryContext, at: number): void {
  const before = columns.lineEnd[at] as number;
  cutLine(columns, at, limits);
  // A source may have cut it already.
  const cutBefore = Number(labelValue(columns.metadataOf(at), 'truncated_bytes') ?? 0);
  const cutBytes =
    before - (columns.lineEnd[at] as number) + (Number.isSafeInteger(cutBefore) ? cutBefore : 0);
  note(columns, limits, at, ['truncated_bytes', String(cutBytes)]);
}

function leaveMetadata({ columns }: EntryContext, at: number): void {
  columns.setMetadata(at, emptyLabels);
}

/** Each name and value has its length before it: five bytes at most, as an entry's metadata is at most 8 MiB. */
const lengthsBytes = 10;

function shortenMetadata({ columns, limits }: EntryContext, at: number): void {
  const pairs = columns.metadataOf(at);
  const { maxStructuredMetadataSizeBytes } = limits;
  const storable = entryPartBytesMax - lengthsBytes * pairs.length;
  const bytesMax =
    maxStructuredMetadataSizeBytes > 0 ? Math.min(maxStructuredMetadataSizeBytes, storable) : storable;
  columns.setMetadata(at, shorterPairs(pairs, bytesMax));
}

function thinMetadata({ columns, limits }: EntryContext, at: number): void {
  columns.setMetadata(at, fewerPairs(columns.metadataOf(at), limits.maxStructuredMetadataEntriesCount));
}

/** Says of an entry what was done to it, where structured metadata is allowed. */
function note(columns: PushColumns, limits: IngestLimits, at: number, pair: LabelPair): void {
  if (limits.allowStructuredMetadata) columns.setMetadata(at, [...columns.metadataOf(at), pair]);
}
