// What the fields of records of one shape are: found once for all that have the same names in the same order.
import type { LabelPair } from '../../model/labels.ts';
import type { PushStream } from '../entries/push-stream.ts';
import type { FlatRecord } from './flat-record.ts';

export interface RecordRoles {
  /** Fields that are labels, with the labels' names. */
  readonly labels: readonly (readonly [field: string, label: string])[];
  /** Fields that may be the line; the first that a record has is. A record without one is the line itself. */
  readonly lines: readonly string[];
  /** Fields that may be the time; a record without one has come now. */
  readonly times: readonly string[];
  /** Fields that are not stored. */
  readonly ignored: ReadonlySet<string>;
  /** What the metadata is called; the field's own name where this is undefined. */
  readonly rename?: (field: string) => string;
}

/** What all records of a request have, beside their own. */
export interface SharedFields {
  readonly labels: readonly LabelPair[];
  readonly metadata: readonly LabelPair[];
}

export interface RecordPlan {
  readonly shape: number;
  readonly roles: RecordRoles;
  /** Places of the fields that may be the line, and the time: the first that is not null is. */
  readonly lines: readonly number[];
  readonly times: readonly number[];
  /** Of each label the places of its field. */
  readonly labels: readonly { readonly label: string; readonly places: readonly number[] }[];
  /** Of each field its name in structured metadata; '' for one that is a label or not stored. */
  readonly metadata: readonly string[];
}

export function recordPlan(record: FlatRecord, roles: RecordRoles): RecordPlan {
  const { labels, lines, times, ignored, rename } = roles;
  const isLabel = new Set(labels.map(([field]) => field));
  const places = new Map<string, number[]>();
  // Of a repeated field the last counts, as JSON.parse has it.
  for (let at = record.count - 1; at >= 0; at--) {
    const name = record.names[at] as string;
    const known = places.get(name);
    if (known === undefined) places.set(name, [at]);
    else known.push(at);
  }
  const placesOf = (name: string): readonly number[] => places.get(name) ?? [];
  return {
    shape: record.shape,
    roles,
    lines: lines.flatMap(placesOf),
    times: times.flatMap(placesOf),
    labels: labels.map(([field, label]) => ({ label, places: placesOf(field) })),
    metadata: Array.from({ length: record.count }, (_, at) => {
      const name = record.names[at] as string;
      return ignored.has(name) || isLabel.has(name) ? '' : (rename?.(name) ?? name);
    }),
  };
}

/** Streams of records that were read, by the values of their labels as they stand in the body. */
export class StreamsOfValues {
  readonly #byShared = new Map<SharedFields, Map<string, PushStream>>();
  #count = 0;

  get(shared: SharedFields, values: string): PushStream | undefined {
    return this.#byShared.get(shared)?.get(values);
  }

  set(shared: SharedFields, values: string, stream: PushStream): void {
    if (values.length > valuesKeptLengthMax) return;
    if (++this.#count > streamsMax) {
      this.#byShared.clear();
      this.#count = 1;
    }
    const known = this.#byShared.get(shared) ?? new Map<string, PushStream>();
    this.#byShared.set(shared, known);
    known.set(values, stream);
  }
}

/** Beyond these they are forgotten and looked up again. */
const streamsMax = 4096;
const valuesKeptLengthMax = 1024;
