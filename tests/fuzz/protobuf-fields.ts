// Fields of a protobuf message of an unknown type, so that one can grow while the lengths around it stay right.

export interface Field {
  /** Of its tag. */
  readonly start: number;
  readonly tagEnd: number;
  readonly contentStart: number;
  readonly end: number;
  /** False for a field whose content is itself a message, as far as one can see. */
  readonly leaf: boolean;
}

/** All fields with a length, those inside others after the ones they are in; none when the bytes are no message. */
export function fieldsOf(bytes: Buffer): readonly Field[] {
  return fieldsBetween(bytes, 0, bytes.length) ?? [];
}

function fieldsBetween(bytes: Buffer, from: number, to: number): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = from; at < to; ) {
    const tag = varint(bytes, at, to);
    if (tag === undefined || tag.value < 8) return undefined;
    const wireType = tag.value % 8;
    if (wireType === 2) {
      const length = varint(bytes, tag.end, to);
      if (length === undefined || length.end + length.value > to) return undefined;
      const end = length.end + length.value;
      const inner = length.value === 0 ? undefined : fieldsBetween(bytes, length.end, end);
      const leaf = inner === undefined;
      fields.push({ start: at, tagEnd: tag.end, contentStart: length.end, end, leaf }, ...(inner ?? []));
      at = end;
      continue;
    }
    const end = wireType === 0 ? varint(bytes, tag.end, to)?.end : fixedEnd(wireType, tag.end);
    if (end === undefined || end > to) return undefined;
    at = end;
  }
  return fields;
}

const fixedEnd = (wireType: number, at: number): number | undefined =>
  wireType === 1 ? at + 8 : wireType === 5 ? at + 4 : undefined;

function varint(
  bytes: Buffer,
  at: number,
  to: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5 && at + i < to; i++) {
    const byte = bytes[at + i] as number;
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}

/**
 * Puts bytes in at `at`, and lengthens the fields around it: those that hold the place, or with `fieldStart` those
 * around the field that begins there. Answers where they are, too.
 */
export function insertInside(
  bytes: Buffer,
  at: number,
  given: Uint8Array | string,
  fieldStart = -1,
): { readonly bytes: Buffer; readonly at: number } {
  const put = typeof given === 'string' ? Buffer.from(given) : given;
  if (put.length === 0) return { bytes, at: 0 };
  const around = fieldsOf(bytes).filter(({ start, contentStart, end }) =>
    fieldStart >= 0 ? start < fieldStart && end > fieldStart : contentStart <= at && end >= at,
  );
  let content = Buffer.concat([bytes.subarray(around.at(-1)?.contentStart ?? 0, at), put]);
  let place = content.length - put.length;
  content = Buffer.concat([content, bytes.subarray(at, around.at(-1)?.end ?? bytes.length)]);
  for (let i = around.length - 1; i >= 0; i--) {
    const { tagEnd, end } = around[i] as Field;
    const outer = around[i - 1];
    const head = Buffer.concat([
      bytes.subarray(outer?.contentStart ?? 0, tagEnd),
      varintBytes(content.length),
    ]);
    place += head.length;
    content = Buffer.concat([head, content, bytes.subarray(end, outer?.end ?? bytes.length)]);
  }
  return { bytes: content, at: place };
}

function varintBytes(value: number): Buffer {
  const out: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) out.push((left % 128) | 0x80);
  return Buffer.from([...out, left]);
}
