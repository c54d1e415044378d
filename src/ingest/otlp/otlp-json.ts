// OTLP logs in JSON: names in camel or snake case, 64-bit numbers as strings or numbers, ids in hex.

import { badRequest } from '../limits/push-error.ts';
import type { OtlpAttribute, OtlpRecord, OtlpResource, OtlpScope, OtlpValue } from './otlp-model.ts';
import { checkJsonSize } from './otlp-size.ts';
import { quoteWideIntegers } from './wide-integers.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads an ExportLogsServiceRequest; `null` is an empty one. Throws PushError 400, and 413 for too many objects. */
export function readOtlpJson(body: Buffer, objectsMax: number): readonly OtlpResource[] {
  let parsed: unknown;
  checkJsonSize(body, objectsMax);
  try {
    parsed = JSON.parse(quoteWideIntegers(body.toString('utf8')));
  } catch (error) {
    throw badRequest(`invalid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (parsed === null) return [];
  return listAt(record(parsed, 'request'), 'resourceLogs', 'request', (each, place) => {
    const resource = record(field(each, 'resource') ?? {}, `${place}.resource`);
    return {
      attributes: attributesAt(resource, `${place}.resource`),
      scopes: listAt(each, 'scopeLogs', place, scopeOf),
    };
  });
}

function scopeOf(each: Json, place: string): OtlpScope {
  const scope = record(field(each, 'scope') ?? {}, `${place}.scope`);
  return {
    name: textAt(scope, 'name', place),
    version: textAt(scope, 'version', place),
    attributes: attributesAt(scope, `${place}.scope`),
    droppedAttributes: numberAt(scope, 'droppedAttributesCount', place),
    records: listAt(each, 'logRecords', place, recordOf),
  };
}

function recordOf(each: Json, place: string): OtlpRecord {
  return {
    timeNs: wideAt(each, 'timeUnixNano', place),
    observedNs: wideAt(each, 'observedTimeUnixNano', place),
    severityNumber: severityNumber(field(each, 'severityNumber'), place),
    severityText: textAt(each, 'severityText', place),
    body: otlpValue(field(each, 'body'), `${place}.body`, 0),
    attributes: attributesAt(each, place),
    droppedAttributes: numberAt(each, 'droppedAttributesCount', place),
    flags: numberAt(each, 'flags', place),
    traceId: idAt(each, 'traceId', place),
    spanId: idAt(each, 'spanId', place),
    eventName: textAt(each, 'eventName', place),
  };
}

function otlpValue(json: unknown, place: string, depth: number): OtlpValue {
  if (json === undefined || json === null) return null;
  if (depth > 256) throw badRequest(`${place}: nested too deeply`);
  const wire = record(json, place);
  const string = field(wire, 'stringValue');
  if (string !== undefined) return expectText(string, place);
  const bool = field(wire, 'boolValue');
  if (bool !== undefined) return bool === true || bool === 'true';
  if (field(wire, 'intValue') !== undefined) return BigInt.asIntN(64, wideAt(wire, 'intValue', place));
  const double = field(wire, 'doubleValue');
  if (double !== undefined) return doubleOf(double, place);
  const bytes = field(wire, 'bytesValue');
  if (bytes !== undefined) return Buffer.from(expectText(bytes, place), 'base64');
  const array = field(wire, 'arrayValue');
  if (array !== undefined) {
    return listOf(field(record(array, place), 'values'), `${place}.arrayValue`).map((each) =>
      otlpValue(each, place, depth + 1),
    );
  }
  const map = field(wire, 'kvlistValue');
  if (map === undefined) return null;
  return { entries: attributeList(field(record(map, place), 'values'), `${place}.kvlistValue`, depth + 1) };
}

const attributesAt = (json: Json, place: string): readonly OtlpAttribute[] =>
  attributeList(field(json, 'attributes'), `${place}.attributes`, 0);

function attributeList(json: unknown, place: string, depth: number): readonly OtlpAttribute[] {
  return listOf(json, place).map((each, index) => {
    const at = `${place}[${index}]`;
    const wire = record(each, at);
    return { key: textAt(wire, 'key', at), value: otlpValue(field(wire, 'value'), at, depth) };
  });
}

// ---- shapes ----------------------------------------------------------------------------

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A field in camel or snake case; null counts as absent. */
function field(json: Json, name: string): unknown {
  return (Object.hasOwn(json, name) ? json[name] : json[snake(name)]) ?? undefined;
}

const wrong = (place: string, expected: string, found: unknown) =>
  badRequest(
    `${place}: must be ${expected}, got ${found === null ? 'null' : Array.isArray(found) ? 'an array' : typeof found}`,
  );

function record(json: unknown, place: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw wrong(place, 'an object', json);
  }
  return json as Json;
}

function listOf(json: unknown, place: string): readonly unknown[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) throw wrong(place, 'an array', json);
  return json;
}

function listAt<T>(json: Json, name: string, place: string, read: (each: Json, place: string) => T): T[] {
  return listOf(field(json, name), `${place}.${name}`).map((each, index) => {
    const at = `${place}.${name}[${index}]`;
    return read(record(each, at), at);
  });
}

function expectText(json: unknown, place: string): string {
  if (typeof json !== 'string') throw wrong(place, 'a string', json);
  return json;
}

function textAt(json: Json, name: string, place: string): string {
  const value = field(json, name);
  return value === undefined ? '' : expectText(value, `${place}.${name}`);
}

function numberAt(json: Json, name: string, place: string): number {
  const value = field(json, name) ?? 0;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw wrong(`${place}.${name}`, 'a number', value);
  return number;
}

/** A 64-bit integer: a string of digits, or a number (below 2^53: others have been made strings). */
function wideAt(json: Json, name: string, place: string): bigint {
  const value = field(json, name);
  if (value === undefined || value === '') return 0n;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw wrong(`${place}.${name}`, 'an integer', value);
}

function doubleOf(json: unknown, place: string): number {
  if (typeof json === 'number') return json;
  if (json === 'NaN') return Number.NaN;
  if (json === 'Infinity') return Number.POSITIVE_INFINITY;
  if (json === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (typeof json === 'string' && json !== '' && Number.isFinite(Number(json))) return Number(json);
  throw wrong(place, 'a number', json);
}

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** A number, or the name of the enum: SEVERITY_NUMBER_WARN2. */
function severityNumber(json: unknown, place: string): number {
  if (json === undefined) return 0;
  if (typeof json === 'number' && Number.isInteger(json)) return json;
  if (typeof json === 'string') {
    if (/^\d+$/.test(json)) return Number(json);
    const match = /^SEVERITY_NUMBER_([A-Z]+)([2-4]?)$/.exec(json);
    const group = severities.indexOf(match?.[1] ?? '');
    if (group >= 0) return group * 4 + Number(match?.[2] || 1);
    if (json === 'SEVERITY_NUMBER_UNSPECIFIED') return 0;
  }
  throw wrong(`${place}.severityNumber`, 'a severity number', json);
}

function idAt(json: Json, name: string, place: string): string {
  const id = textAt(json, name, place).toLowerCase();
  if (!/^[0-9a-f]*$/.test(id)) throw wrong(`${place}.${name}`, 'hexadecimal digits', id);
  return /^0*$/.test(id) ? '' : id;
}
