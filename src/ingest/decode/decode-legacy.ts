// JSON bodies of the old path /api/prom/push: `{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":RFC3339,"line":…}]}]}`.

import { parseRfc3339 } from '../../go/rfc3339.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { PushStream } from '../entries/push-stream.ts';
import { badRequest } from '../limits/push-error.ts';
import type { DecodeContext } from './decode-protobuf.ts';
import { JsonReader, validUtf8 } from './json-reader.ts';
import { parseLabelSet } from './parse-label-set.ts';
import { labelsKeptMax } from './sent-labels.ts';

/**
 * Writes the entries to `columns` (reset here); the body is written to. A body of the new style has neither labels
 * nor entries here and stores nothing, as in the reference. Throws PushError 400.
 */
export function decodeLegacyJson(body: Buffer, columns: PushColumns, context: DecodeContext): void {
  if (body.length === 0) throw badRequest('EOF');
  const bytes = validUtf8(body);
  columns.reset(bytes, context.limits);
  const json = new JsonReader(bytes);
  if (json.peek() === 0x6e) {
    json.skip();
    return;
  }
  if (json.peek() !== 0x7b) throw json.fault(`a push must be an object, found ${json.describe()}`);
  for (let more = json.enterObject(); more; more = json.nextKey()) {
    json.key();
    if (json.textIs('streams')) eachOf(json, 'streams', (place) => readStream(json, place, columns, context));
    else json.skip();
  }
}

/** Reads an array of objects, or null. */
function eachOf(json: JsonReader, place: string, read: (place: string) => void): void {
  if (json.peek() === 0x6e) {
    json.skip();
    return;
  }
  if (json.peek() !== 0x5b) throw badRequest(`${place}: must be an array, got ${json.describe()}`);
  let index = 0;
  for (let more = json.enterArray(); more; more = json.nextValue()) {
    const at = `${place}[${index++}]`;
    if (json.peek() !== 0x7b) throw badRequest(`${at}: must be an object, got ${json.describe()}`);
    read(at);
  }
}

function readStream(json: JsonReader, place: string, columns: PushColumns, context: DecodeContext): void {
  let labels = '';
  let entriesAt = -1;
  for (let more = json.enterObject(); more; more = json.nextKey()) {
    json.key();
    if (json.textIs('labels')) {
      if (json.peek() !== 0x22) throw badRequest(`${place}.labels: must be a string, got ${json.describe()}`);
      json.text();
      labels = json.textString();
    } else {
      const entries = json.textIs('entries');
      json.skip();
      if (entries) entriesAt = json.start;
    }
  }
  const target = columns.addStream(resolve(labels, columns, context));
  if (entriesAt < 0) return;
  const behind = json.position;
  json.seek(entriesAt);
  eachOf(json, `${place}.entries`, (at) => readEntry(json, at, target, columns, context));
  json.seek(behind);
}

function resolve(
  labels: string,
  columns: PushColumns,
  { tenant, streams, limits }: DecodeContext,
): PushStream {
  const key = Buffer.from(labels).toString('latin1');
  return (
    streams.known(tenant, key) ??
    streams.resolve(tenant, key, parseLabelSet(labels, labelsKeptMax(limits)), limits, columns.isSaturated)
  );
}

function readEntry(
  json: JsonReader,
  place: string,
  target: number,
  columns: PushColumns,
  context: DecodeContext,
): void {
  columns.entryMetadata.begin();
  let time: { seconds: number; nanos: number } | undefined;
  let lineStart = 0;
  let lineEnd = 0;
  for (let more = json.enterObject(); more; more = json.nextKey()) {
    json.key();
    const field = json.textIs('ts') ? 'ts' : json.textIs('line') ? 'line' : '';
    if (field === '' || (field === 'line' && json.peek() === 0x6e)) {
      json.skip();
      continue;
    }
    if (json.peek() !== 0x22) throw badRequest(`${place}.${field}: must be a string, got ${json.describe()}`);
    json.text();
    if (field === 'line') {
      lineStart = json.start;
      lineEnd = json.end;
    } else {
      time = parseRfc3339(json.textString());
      if (time === undefined) {
        throw badRequest(
          `${place}.ts: must be a time as in RFC 3339, got "${json.textString().slice(0, 40)}"`,
        );
      }
    }
  }
  if (time === undefined) throw badRequest(`${place}.ts: is missing`);
  columns.add(target, time.seconds, time.nanos, lineStart, lineEnd, context.limits.discoverLogLevels);
}
