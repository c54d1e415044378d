// Records one after the other in one body: a line each, or a JSON array, or one object after the other.
import { JsonReader, validUtf8 } from '../decode/json-reader.ts';
import type { ArrivedPush } from '../doors/door.ts';
import { RecordFaults } from './faults.ts';
import { FlatRecord } from './flat-record.ts';
import { RecordWriter } from './record-writer.ts';

const newline = 0x0a;

export interface RecordBody {
  readonly json: JsonReader;
  readonly record: FlatRecord;
  readonly writer: RecordWriter;
  readonly faults: RecordFaults;
}

/** Resets the columns to the body. `whole`: fields of which an object is the value. */
export function recordBody(push: ArrivedPush, whole?: ReadonlySet<string>): RecordBody {
  const { columns, context, refusals } = push;
  const bytes = validUtf8(push.writable());
  columns.reset(bytes, context.limits);
  const json = new JsonReader(bytes);
  return {
    json,
    record: new FlatRecord(json, whole),
    writer: new RecordWriter(json, columns, context),
    faults: new RecordFaults(refusals),
  };
}

/** Where the line that begins at `start` ends. */
export function lineEnd(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(newline, start);
  return end < 0 ? bytes.length : end;
}

/** True: there is nothing but white space. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x20) return false;
  return true;
}

/** Reads the record of the line `[start, end)`. Throws PushError 400. */
export function readLine({ json, record }: RecordBody, start: number, end: number): void {
  json.seek(start);
  record.read();
  if (record.end > end) throw json.fault('the record is not in one line');
  if (!isBlank(json.bytes, record.end, end)) throw json.fault('something follows the record in its line');
}

/** Calls `read` for each line that is not blank; a line that it refuses is counted as a fault. */
export function eachLine(body: RecordBody, read: () => void): void {
  const { json, faults } = body;
  const { bytes } = json;
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const from = start;
    const end = lineEnd(bytes, from);
    number++;
    start = end + 1;
    if (isBlank(bytes, from, end)) continue;
    faults.attempt(
      `line ${number}`,
      () => end - from,
      () => {
        readLine(body, from, end);
        read();
      },
    );
  }
}
