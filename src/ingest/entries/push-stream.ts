// A stream as ingest knows it: its labels, what they say of the level, whether they may be stored, and its id.

import { levelLabels } from '../../formats/level-words.ts';
import { type LabelPair, type Labels, labelsFromPairs, labelsKey, labelValue } from '../../model/labels.ts';
import type { StreamId } from '../../store/store.ts';
import type { SentLabels } from '../decode/sent-labels.ts';
import type { IngestLimits } from '../limits/limits.ts';
import type { TokenBucket } from '../limits/rate-limiter.ts';
import { cutLabels, cutText } from './echoed-text.ts';
import { type DecidedLevel, levelAsWritten, undecidedLevel } from './metadata-writer.ts';
import { withServiceName } from './service-name.ts';
import { StreamCache } from './stream-cache.ts';

/** Why something was not stored, as the metrics name it. */
export type DiscardReason =
  | 'missing_labels'
  | 'max_label_names_per_series'
  | 'label_name_too_long'
  | 'label_value_too_long'
  | 'duplicate_label_names'
  | 'greater_than_max_sample_age'
  | 'too_far_in_future'
  | 'line_too_long'
  | 'disallowed_structured_metadata'
  | 'structured_metadata_too_large'
  | 'structured_metadata_too_many'
  | 'missing_enforced_labels'
  | 'rate_limited'
  | 'per_stream_rate_limit'
  | 'stream_limit'
  | 'request_body_too_large'
  | 'blocked_ingestion'
  | 'invalid_labels';

/** As {@link DiscardReason}, also of what never was an entry. */
export type LossReason = DiscardReason | 'unreadable_record';

export interface Refusal {
  readonly reason: DiscardReason;
  readonly message: string;
}

/** What a label set as sent comes to, without regard to the store. */
export interface DecodedStream {
  readonly tenant: string;
  /** With service_name. */
  readonly labels: Labels;
  readonly level: DecidedLevel;
  /** Set when no entry of this stream may be stored. */
  readonly refusal: Refusal | undefined;
  /** As messages print it; made when asked for. */
  readonly text: string;
}

export interface PushStream extends DecodedStream {
  /** The store's id, once one was asked for. */
  id: StreamId | undefined;
  /** Unix ms when the store was last asked for the id; 0 = never. */
  idAskedMs: number;
  rate: TokenBucket | undefined;
  /** Number of the push that named it last, and its place among that push's targets. */
  pushNumber: number;
  pushTarget: number;
}

/** Longer label texts are legal and not remembered. */
const keyLengthMax = 16_384;

/**
 * Streams by what clients call them. Different writings of one label set lead to one PushStream, so that its rate and
 * id are shared.
 */
export class PushStreams {
  readonly #byText = new StreamCache();
  readonly #byLabels = new StreamCache();

  /** The stream for a text that was seen before. `text` may be any injective text of the label set as sent. */
  known(tenant: string, text: string): PushStream | undefined {
    return text.length > keyLengthMax ? undefined : this.#byText.get(`${tenant}\n${text}`);
  }

  /**
   * Makes (or finds) the stream of these labels and remembers it under `text`, unless it is `surplus`: one of so many
   * that they would drive out the streams in use.
   */
  resolve(
    tenant: string,
    text: string,
    labels: SentLabels,
    limits: IngestLimits,
    surplus: boolean,
  ): PushStream {
    const stream = this.#make(tenant, labels, limits, surplus);
    if (!surplus && text.length <= keyLengthMax) this.#byText.set(`${tenant}\n${text}`, stream);
    return stream;
  }

  /** The stream that another thread has made of labels as sent. */
  adopt(decoded: DecodedStream, surplus: boolean): PushStream {
    const isKeepable = decoded.refusal === undefined;
    const key = `${decoded.tenant}\n${labelsKey(decoded.labels)}`;
    const known = isKeepable ? this.#byLabels.get(key) : undefined;
    if (known !== undefined) return known;
    const stream: PushStream = { ...decoded, ...neverStored };
    if (!surplus && isKeepable) this.#byLabels.set(key, stream);
    return stream;
  }

  #make(tenant: string, { pairs, unkept }: SentLabels, limits: IngestLimits, surplus: boolean): PushStream {
    const sent = labelsFromPairs(pairs);
    const labels = withServiceName(sent, limits.discoverServiceName);
    const duplicate = duplicateName(pairs);
    const key = `${tenant}\n${labelsKey(labels)}`;
    const isKeepable = duplicate === undefined && unkept === 0;
    if (isKeepable) {
      const known = this.#byLabels.get(key);
      if (known !== undefined) return known;
    }
    const text = (): string =>
      cutText(duplicate === undefined ? cutLabels(labels) : cutLabels(withDuplicates(pairs, labels)));
    const stream: PushStream = {
      tenant,
      labels,
      level: limits.discoverLogLevels ? levelOfLabels(labels) : undecidedLevel,
      refusal: refusalOf({ tenant, sent, unkept, labels, text, duplicate }, limits),
      get text() {
        return text();
      },
      ...neverStored,
    };
    if (!surplus && isKeepable) this.#byLabels.set(key, stream);
    return stream;
  }
}

/** Of a stream that neither the store nor a push was asked about. */
const neverStored = { id: undefined, idAskedMs: 0, rate: undefined, pushNumber: 0, pushTarget: 0 } as const;

function duplicateName(pairs: readonly LabelPair[]): string | undefined {
  const seen = new Set<string>();
  const doubled: string[] = [];
  for (const [name] of pairs) {
    if (seen.has(name)) doubled.push(name);
    seen.add(name);
  }
  return doubled.sort()[0];
}

/** All pairs as sent, repeated names included, with service_name, sorted by name and value. */
function withDuplicates(pairs: readonly LabelPair[], labels: Labels): LabelPair[] {
  const all = [...pairs];
  const service = labelValue(labels, 'service_name');
  if (service !== undefined && !pairs.some(([name]) => name === 'service_name')) {
    all.push(['service_name', service]);
  }
  return all.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The first level label present, in the order of the list. */
function levelOfLabels(labels: Labels): DecidedLevel {
  for (const name of levelLabels) {
    const value = labelValue(labels, name);
    if (value !== undefined && value !== '') return levelAsWritten(value);
  }
  return undecidedLevel;
}

interface Candidate {
  readonly tenant: string;
  readonly sent: Labels;
  readonly unkept: number;
  readonly labels: Labels;
  readonly text: () => string;
  readonly duplicate: string | undefined;
}

function refusalOf(stream: Candidate, limits: IngestLimits): Refusal | undefined {
  const { sent, unkept, labels, text, tenant, duplicate } = stream;
  if (labels.length === 0) {
    return {
      reason: 'missing_labels',
      message: 'error at least one label pair is required per stream',
    };
  }
  const missing = limits.enforcedLabels.filter((name) => labelValue(labels, name) === undefined);
  if (missing.length > 0) {
    return {
      reason: 'missing_enforced_labels',
      message: `missing required labels '${missing.join(',')}' for user '${tenant}' for stream '${text()}' (policy: '')`,
    };
  }
  if (sent.length + unkept > limits.maxLabelNamesPerSeries) {
    return {
      reason: 'max_label_names_per_series',
      message: `entry for stream '${text()}' has ${sent.length + unkept} label names; limit ${limits.maxLabelNamesPerSeries}`,
    };
  }
  for (const [name, value] of labels) {
    if (Buffer.byteLength(name) > limits.maxLabelNameLengthBytes) {
      return {
        reason: 'label_name_too_long',
        message: `stream '${text()}' has label name too long: '${cutText(name)}'`,
      };
    }
    if (Buffer.byteLength(value) > limits.maxLabelValueLengthBytes) {
      return {
        reason: 'label_value_too_long',
        message: `stream '${text()}' has label value too long: '${cutText(value)}'`,
      };
    }
  }
  if (duplicate !== undefined) {
    return {
      reason: 'duplicate_label_names',
      message: `stream '${text()}' has duplicate label name: '${cutText(duplicate)}'`,
    };
  }
  return undefined;
}
