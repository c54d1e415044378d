// OTLP logs after decoding, the same for protobuf and JSON.

/** A value: int64 as bigint, double as number, absent as null. */
export type OtlpValue =
  | null
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly OtlpValue[]
  | OtlpMap;

export interface OtlpMap {
  readonly entries: readonly OtlpAttribute[];
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

export interface OtlpRecord {
  /** Unix ns; 0n = not set. */
  readonly timeNs: bigint;
  readonly observedNs: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: OtlpValue;
  readonly attributes: readonly OtlpAttribute[];
  readonly droppedAttributes: number;
  readonly flags: number;
  /** Lower-case hex; '' when not set or all zero. */
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly droppedAttributes: number;
  readonly records: readonly OtlpRecord[];
}

export interface OtlpResource {
  readonly attributes: readonly OtlpAttribute[];
  readonly scopes: readonly OtlpScope[];
}

const isMap = (value: OtlpValue): value is OtlpMap =>
  typeof value === 'object' &&
  value !== null &&
  'entries' in value &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array);

/** Nested maps and arrays beyond this are cut to their opening words instead of exhausting the stack. */
export const valueDepthMax = 64;

/** A value as a text: strings as they are, numbers and booleans printed, bytes in base64, the rest as JSON. */
export function valueText(value: OtlpValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value instanceof Uint8Array) return scalarText(value);
  const parts: string[] = [];
  addJson(value, 0, parts);
  return parts.join('');
}

function scalarText(value: boolean | bigint | number | Uint8Array): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  // Node prints doubles like Go's JSON: exponents below 1e-6 and from 1e21 on.
  return String(value);
}

/** Adds a value's JSON in pieces: joined at each depth, an inner text would be copied once for each. */
function addJson(value: OtlpValue, depth: number, parts: string[]): void {
  if (value === null || depth > valueDepthMax) parts.push('null');
  else if (Array.isArray(value)) {
    parts.push('[');
    value.forEach((each: OtlpValue, i) => {
      if (i > 0) parts.push(',');
      addJson(each, depth + 1, parts);
    });
    parts.push(']');
  } else if (isMap(value)) {
    const last = new Map(value.entries.map(({ key, value: each }) => [key, each]));
    parts.push('{');
    [...last.keys()].sort().forEach((key, i) => {
      parts.push(i > 0 ? ',' : '', JSON.stringify(key), ':');
      addJson(last.get(key) ?? null, depth + 1, parts);
    });
    parts.push('}');
  } else if (typeof value === 'string' || value instanceof Uint8Array) {
    parts.push(JSON.stringify(valueText(value)));
  } else {
    const text = scalarText(value as boolean | bigint | number);
    parts.push(typeof value === 'number' && !Number.isFinite(value) ? JSON.stringify(text) : text);
  }
}

/** Calls `visit` for an attribute, or for each leaf of a map under `key_name`. Names are not yet sanitised. */
export function flatten(
  attribute: OtlpAttribute,
  visit: (name: string, value: string) => void,
  prefix = '',
  depth = 0,
): void {
  const name = prefix + attribute.key;
  const { value } = attribute;
  if (isMap(value) && depth < valueDepthMax) {
    for (const entry of value.entries) flatten(entry, visit, `${name}_`, depth + 1);
  } else visit(name, valueText(value));
}
