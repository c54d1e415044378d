// Structured metadata as bytes, the form in which it travels from decoder to store and back:
//   ( varint nameBytes, name UTF-8, varint valueBytes, value UTF-8 )*   sorted by name
// Equal metadata has equal bytes, so duplicates are found without decoding.
import { emptyLabels, type LabelPair, type Labels } from './labels.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function varintBytes(value: number): number {
  let n = 1;
  for (let v = value; v >= 0x80; v = Math.floor(v / 128)) n++;
  return n;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let v = value;
  let i = at;
  while (v >= 0x80) {
    out[i++] = (v % 128) | 0x80;
    v = Math.floor(v / 128);
  }
  out[i++] = v;
  return i;
}

/** Encodes sorted labels; empty labels give an empty array. */
export function encodeMetadata(labels: Labels): Uint8Array {
  if (labels.length === 0) return new Uint8Array(0);
  const parts = labels.flatMap(([name, value]) => [encoder.encode(name), encoder.encode(value)]);
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length + varintBytes(p.length), 0));
  let at = 0;
  for (const part of parts) {
    at = writeVarint(out, at, part.length);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Decodes `bytes[start, end)`. Throws RangeError when the bytes are not an encoding. */
export function decodeMetadata(bytes: Uint8Array, start = 0, end = bytes.length): Labels {
  if (start === end) return emptyLabels;
  const labels: LabelPair[] = [];
  let at = start;
  const text = (): string => {
    let length = 0;
    let scale = 1;
    let byte: number;
    do {
      if (at >= end) throw new RangeError('structured metadata ends inside a length');
      byte = bytes[at++] as number;
      length += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    if (at + length > end) throw new RangeError('structured metadata ends inside a text');
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  while (at < end) labels.push([text(), text()]);
  return labels;
}
