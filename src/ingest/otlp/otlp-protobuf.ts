// OTLP logs in protobuf.

import { badRequest } from '../limits/push-error.ts';
import type { OtlpAttribute, OtlpRecord, OtlpResource, OtlpScope, OtlpValue } from './otlp-model.ts';
import { otlpType } from './otlp-schema.ts';
import { checkProtobufSize } from './otlp-size.ts';

/** protobufjs gives 64-bit numbers in two halves. */
interface Wide {
  readonly low: number;
  readonly high: number;
}
interface WireValue {
  readonly value?: string;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: Wide;
  readonly doubleValue?: number;
  readonly bytesValue?: Uint8Array;
  readonly arrayValue?: { readonly values: readonly WireValue[] };
  readonly kvlistValue?: { readonly values: readonly WireAttribute[] };
}
interface WireAttribute {
  readonly key: string;
  readonly value?: WireValue | null;
}
interface WireRecord {
  readonly timeUnixNano: Wide;
  readonly observedTimeUnixNano: Wide;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body?: WireValue | null;
  readonly attributes: readonly WireAttribute[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly eventName: string;
}
interface WireScope {
  readonly scope?: {
    readonly name: string;
    readonly version: string;
    readonly attributes: readonly WireAttribute[];
    readonly droppedAttributesCount: number;
  } | null;
  readonly logRecords: readonly WireRecord[];
}
interface WireResource {
  readonly resource?: { readonly attributes: readonly WireAttribute[] } | null;
  readonly scopeLogs: readonly WireScope[];
}

/** Decodes an ExportLogsServiceRequest. Throws PushError 400, and 413 for too many objects. */
export function readOtlpProtobuf(body: Buffer, objectsMax: number): readonly OtlpResource[] {
  checkProtobufSize(body, objectsMax);
  let wire: { readonly resourceLogs: readonly WireResource[] };
  try {
    wire = otlpType('ExportLogsServiceRequest').decode(body) as unknown as typeof wire;
  } catch (error) {
    // What protobufjs throws where a message ends too early.
    if (error instanceof RangeError) throw badRequest('unexpected EOF');
    throw badRequest(`proto: ${error instanceof Error ? error.message : String(error)}`);
  }
  return wire.resourceLogs.map(({ resource, scopeLogs }) => ({
    attributes: attributes(resource?.attributes),
    scopes: scopeLogs.map(scopeOf),
  }));
}

function scopeOf({ scope, logRecords }: WireScope): OtlpScope {
  return {
    name: scope?.name ?? '',
    version: scope?.version ?? '',
    attributes: attributes(scope?.attributes),
    droppedAttributes: scope?.droppedAttributesCount ?? 0,
    records: logRecords.map(recordOf),
  };
}

function recordOf(record: WireRecord): OtlpRecord {
  return {
    timeNs: unsigned(record.timeUnixNano),
    observedNs: unsigned(record.observedTimeUnixNano),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: otlpValue(record.body),
    attributes: attributes(record.attributes),
    droppedAttributes: record.droppedAttributesCount,
    flags: record.flags,
    traceId: hexId(record.traceId),
    spanId: hexId(record.spanId),
    eventName: record.eventName,
  };
}

const attributes = (wire: readonly WireAttribute[] | undefined): readonly OtlpAttribute[] =>
  (wire ?? []).map(({ key, value }) => ({ key, value: otlpValue(value) }));

/** The prototype of a message has every field's default, so `value`, the name of the oneof's case, decides. */
function otlpValue(wire: WireValue | null | undefined): OtlpValue {
  switch (wire?.value) {
    case 'stringValue':
      return wire.stringValue ?? '';
    case 'boolValue':
      return wire.boolValue ?? false;
    case 'intValue':
      return wire.intValue === undefined ? 0n : BigInt.asIntN(64, unsigned(wire.intValue));
    case 'doubleValue':
      return wire.doubleValue ?? 0;
    case 'bytesValue':
      return wire.bytesValue ?? new Uint8Array(0);
    case 'arrayValue':
      return (wire.arrayValue?.values ?? []).map(otlpValue);
    case 'kvlistValue':
      return { entries: attributes(wire.kvlistValue?.values) };
    default:
      return null;
  }
}

function unsigned(wide: Wide | number): bigint {
  if (typeof wide === 'number') return BigInt(wide);
  return (BigInt(wide.high >>> 0) << 32n) | BigInt(wide.low >>> 0);
}

const hexId = (id: Uint8Array): string =>
  id.every((byte) => byte === 0) ? '' : Buffer.from(id).toString('hex');
