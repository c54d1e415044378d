// How many objects an OTLP body would become. Its decoders build them all, and a record of two bytes takes hundreds
// as an object, so a small body could take all memory: it is counted first.
import { PushError } from '../limits/push-error.ts';

/** A record is as large as several attributes. */
const recordWeight = 4;
/** Deeper values are refused by the decoder. */
const depthMax = 256;

const tooMany = (objectsMax: number): PushError =>
  new PushError(413, `request body too large: more than ${objectsMax} records and attributes in one push`);

/** Throws PushError 413. Strings are skipped; text that is no JSON is the parser's to refuse. */
export function checkJsonSize(body: Uint8Array, objectsMax: number): void {
  let objects = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === 0x22) at = stringEnd(body, at);
    else if (byte === 0x7b || byte === 0x5b || byte === 0x2c) objects++;
    if (objects > objectsMax) throw tooMany(objectsMax);
  }
}

/** Place of the quote that ends the string opened at `start`, or the end of the body. */
function stringEnd(body: Uint8Array, start: number): number {
  let at = body.indexOf(0x22, start + 1);
  while (at >= 0) {
    let slashes = 0;
    while (body[at - 1 - slashes] === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
    at = body.indexOf(0x22, at + 1);
  }
  return body.length;
}

/** A message type: which of its fields are messages, by number. */
interface Shape {
  readonly weight: number;
  fields: Readonly<Record<number, Shape>>;
}

const shape = (weight = 1): Shape => ({ weight, fields: {} });
const anyValue = shape();
const keyValue = shape();
keyValue.fields = { 2: anyValue };
anyValue.fields = { 5: { weight: 1, fields: { 1: anyValue } }, 6: { weight: 1, fields: { 1: keyValue } } };
const logRecord: Shape = { weight: recordWeight, fields: { 5: anyValue, 6: keyValue } };
const scopeLogs: Shape = { weight: 1, fields: { 1: { weight: 1, fields: { 3: keyValue } }, 2: logRecord } };
const resourceLogs: Shape = {
  weight: 1,
  fields: { 1: { weight: 1, fields: { 1: keyValue } }, 2: scopeLogs },
};
const request: Shape = { weight: 0, fields: { 1: resourceLogs } };

/** Throws PushError 413. Bytes that are no protobuf are the decoder's to refuse. */
export function checkProtobufSize(body: Uint8Array, objectsMax: number): void {
  new ProtobufCounter(body, objectsMax).message(0, body.length, request, 0);
}

class ProtobufCounter {
  readonly #body: Uint8Array;
  readonly #objectsMax: number;
  #objects = 0;
  #at = 0;

  constructor(body: Uint8Array, objectsMax: number) {
    this.#body = body;
    this.#objectsMax = objectsMax;
  }

  message(start: number, end: number, { weight, fields }: Shape, depth: number): void {
    this.#objects += weight;
    if (this.#objects > this.#objectsMax) throw tooMany(this.#objectsMax);
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint(end);
      switch (tag % 8) {
        case 0:
          this.#varint(end);
          break;
        case 1:
          this.#at += 8;
          break;
        case 2: {
          const stop = this.#varint(end) + this.#at;
          if (stop > end) return;
          const inner = fields[Math.floor(tag / 8)];
          if (inner !== undefined && depth < depthMax) this.message(this.#at, stop, inner, depth + 1);
          this.#at = stop;
          break;
        }
        case 5:
          this.#at += 4;
          break;
        default:
          return;
      }
    }
  }

  #varint(end: number): number {
    let value = 0;
    let scale = 1;
    while (this.#at < end) {
      const byte = this.#body[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value;
  }
}
