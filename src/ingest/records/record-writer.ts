// From records, JSON objects of any shape, to entries: some fields are labels, one the line, one the time, the others
// structured metadata.
import type { LabelPair } from '../../model/labels.ts';
import { splitNs } from '../../model/time.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import type { JsonReader } from '../decode/json-reader.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import { badRequest } from '../limits/push-error.ts';
import type { FlatRecord } from './flat-record.ts';
import { parseRecordTime, type RecordTime } from './record-time.ts';
import { streamTarget } from './stream-target.ts';

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

const notAField = -1;

export class RecordWriter {
  readonly #json: JsonReader;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  readonly #now: RecordTime;

  /** The columns must have been reset to the reader's bytes. */
  constructor(json: JsonReader, columns: PushColumns, context: DecodeContext) {
    this.#json = json;
    this.#columns = columns;
    this.#context = context;
    this.#now = splitNs(context.receivedNs);
  }

  /** Adds the entry that the record is. The body is written to. Throws PushError 400 for a time that is none, 413. */
  add(record: FlatRecord, roles: RecordRoles, shared: SharedFields): void {
    const columns = this.#columns;
    const time = this.#time(record, roles.times);
    const target = streamTarget(columns, this.#context, ownLabels(record, roles, shared));
    const line = firstOf(record, roles.lines);
    let { start, end } = record;
    columns.entryMetadata.begin();
    if (line !== notAField) {
      record.unescape(line);
      ({ start, end } = this.#json);
      this.#metadata(record, roles, line);
    }
    for (const [name, value] of shared.metadata) columns.entryMetadata.add(name, value);
    const { discoverLogLevels } = this.#context.limits;
    columns.add(target, time.seconds, time.nanos, start, end, discoverLogLevels);
  }

  /** Adds a range of the body as an entry that has come now. */
  addLine(start: number, end: number, { labels, metadata }: SharedFields): void {
    const { entryMetadata } = this.#columns;
    const target = streamTarget(this.#columns, this.#context, labels);
    entryMetadata.begin();
    for (const [name, value] of metadata) entryMetadata.add(name, value);
    const { seconds, nanos } = this.#now;
    this.#columns.add(target, seconds, nanos, start, end, this.#context.limits.discoverLogLevels);
  }

  #time(record: FlatRecord, names: readonly string[]): RecordTime {
    const field = firstOf(record, names);
    if (field === notAField) return this.#now;
    const text = record.text(field);
    // What VictoriaLogs and its shippers mean by them.
    if (text === '' || text === '0') return this.#now;
    const time = parseRecordTime(text);
    if (time !== undefined) return time;
    throw badRequest(
      `the field '${record.names[field]}' must be a time (RFC 3339 or Unix), got '${text.slice(0, 40)}'`,
    );
  }

  #metadata(record: FlatRecord, { labels, times, ignored, rename }: RecordRoles, line: number): void {
    const { entryMetadata } = this.#columns;
    const json = this.#json;
    const time = firstOf(record, times);
    for (let field = 0; field < record.count; field++) {
      const name = record.names[field] as string;
      if (field === line || field === time || record.isNull(field) || ignored.has(name)) continue;
      if (labels.some(([label]) => label === name)) continue;
      record.unescape(field);
      const stored = rename === undefined ? name : rename(name);
      if (stored !== '') entryMetadata.pairNamed(stored, json.bytes, json.start, json.end);
    }
    if (record.unkept > 0) entryMetadata.overfill(record.unkept, 0);
  }
}

function ownLabels(record: FlatRecord, { labels }: RecordRoles, shared: SharedFields): readonly LabelPair[] {
  const own: LabelPair[] = [...shared.labels];
  for (const [field, label] of labels) {
    const at = placeOf(record, field);
    if (at !== notAField) own.push([label, record.text(at)]);
  }
  return own;
}

/** The first of these fields that the record has with a value. */
function firstOf(record: FlatRecord, names: readonly string[]): number {
  for (const name of names) {
    const at = placeOf(record, name);
    if (at !== notAField) return at;
  }
  return notAField;
}

/** Of a repeated field the last counts, as JSON.parse has it. */
function placeOf(record: FlatRecord, name: string): number {
  for (let at = record.count - 1; at >= 0; at--) {
    if (record.names[at] === name && !record.isNull(at)) return at;
  }
  return notAField;
}
