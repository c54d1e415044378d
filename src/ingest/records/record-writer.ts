// From records, JSON objects of any shape, to entries: some fields are labels, one the line, one the time, the others
// structured metadata.
import type { LabelPair } from '../../model/labels.ts';
import { splitNs } from '../../model/time.ts';
import type { DecodeContext } from '../decode/decode-protobuf.ts';
import type { JsonReader } from '../decode/json-reader.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import { badRequest } from '../limits/push-error.ts';
import type { FlatRecord } from './flat-record.ts';
import {
  type RecordPlan,
  type RecordRoles,
  recordPlan,
  type SharedFields,
  StreamsOfValues,
} from './record-plan.ts';
import { type RecordTime, RecordTimes } from './record-time.ts';
import { streamOf } from './stream-target.ts';

const notAField = -1;

export class RecordWriter {
  readonly #json: JsonReader;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  readonly #now: RecordTime;
  readonly #times = new RecordTimes();
  readonly #streams = new StreamsOfValues();
  #plan: RecordPlan | undefined;

  /** The columns must have been reset to the reader's bytes. */
  constructor(json: JsonReader, columns: PushColumns, context: DecodeContext) {
    this.#json = json;
    this.#columns = columns;
    this.#context = context;
    this.#now = splitNs(context.receivedNs);
  }

  /**
   * Adds the entry that the record is. The body is written to. `shared`: the same object for records that share the same.
   * Throws PushError 400 for a time that is none, 413.
   */
  add(record: FlatRecord, roles: RecordRoles, shared: SharedFields): void {
    const columns = this.#columns;
    const plan = this.#planOf(record, roles);
    const time = this.#time(record, plan);
    const target = this.#target(record, plan, shared);
    const line = firstOf(record, plan.lines);
    let { start, end } = record;
    columns.entryMetadata.begin();
    if (line !== notAField) {
      record.unescape(line);
      ({ start, end } = this.#json);
      this.#metadata(record, plan, line);
    }
    for (const [name, value] of shared.metadata) columns.entryMetadata.add(name, value);
    const { discoverLogLevels } = this.#context.limits;
    columns.add(target, time.seconds, time.nanos, start, end, discoverLogLevels);
  }

  /** Adds a range of the body as an entry that has come now. */
  addLine(start: number, end: number, shared: SharedFields): void {
    const { entryMetadata } = this.#columns;
    const target = this.#targetOf(shared, '', shared.labels);
    entryMetadata.begin();
    for (const [name, value] of shared.metadata) entryMetadata.add(name, value);
    const { seconds, nanos } = this.#now;
    this.#columns.add(target, seconds, nanos, start, end, this.#context.limits.discoverLogLevels);
  }

  #planOf(record: FlatRecord, roles: RecordRoles): RecordPlan {
    const before = this.#plan;
    if (before !== undefined && before.shape === record.shape && before.roles === roles) return before;
    const plan = recordPlan(record, roles);
    this.#plan = plan;
    return plan;
  }

  #target(record: FlatRecord, { labels }: RecordPlan, shared: SharedFields): number {
    const { bytes } = this.#json;
    // JSON has no bare newline in a value.
    let values = '';
    for (const { places } of labels) {
      const at = firstOf(record, places);
      values +=
        at === notAField ? '\n' : `${bytes.toString('latin1', record.rawStart(at), record.rawEnd(at))}\n`;
    }
    return this.#targetOf(shared, values, () => ownLabels(record, labels, shared));
  }

  #targetOf(
    shared: SharedFields,
    values: string,
    labels: readonly LabelPair[] | (() => readonly LabelPair[]),
  ): number {
    const columns = this.#columns;
    const known = this.#streams.get(shared, values);
    if (known !== undefined) return columns.addSameStream(known);
    const stream = streamOf(columns, this.#context, typeof labels === 'function' ? labels() : labels);
    this.#streams.set(shared, values, stream);
    return columns.addStream(stream);
  }

  #time(record: FlatRecord, { times }: RecordPlan): RecordTime {
    const field = firstOf(record, times);
    if (field === notAField) return this.#now;
    const known = this.#times.at(this.#json.bytes, record.rawStart(field), record.rawEnd(field));
    if (known !== undefined) return known;
    const text = record.text(field);
    // What VictoriaLogs and its shippers mean by them.
    if (text === '' || text === '0') return this.#now;
    const time = this.#times.of(text);
    if (time !== undefined) return time;
    throw badRequest(
      `the field '${record.names[field]}' must be a time (RFC 3339 or Unix), got '${text.slice(0, 40)}'`,
    );
  }

  #metadata(record: FlatRecord, { metadata, times }: RecordPlan, line: number): void {
    const { entryMetadata } = this.#columns;
    const json = this.#json;
    const time = firstOf(record, times);
    for (let field = 0; field < record.count; field++) {
      const name = metadata[field] as string;
      if (name === '' || field === line || field === time || record.isNull(field)) continue;
      record.unescape(field);
      entryMetadata.pairNamed(name, json.bytes, json.start, json.end);
    }
    if (record.unkept > 0) entryMetadata.overfill(record.unkept, 0);
  }
}

function ownLabels(
  record: FlatRecord,
  labels: RecordPlan['labels'],
  shared: SharedFields,
): readonly LabelPair[] {
  const own: LabelPair[] = [...shared.labels];
  for (const { label, places } of labels) {
    const at = firstOf(record, places);
    if (at !== notAField) own.push([label, record.text(at)]);
  }
  return own;
}

/** The first of these fields that has a value. */
function firstOf(record: FlatRecord, places: readonly number[]): number {
  for (const at of places) if (!record.isNull(at)) return at;
  return notAField;
}
