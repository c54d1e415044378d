// Push bodies in JSON. Verdicts are the reference's (bytes after the value are ignored, labels of any type are taken
// as their text, timestamps, lines and metadata must be strings); the messages say where and what instead.

import { cutLabels, cutText } from '../entries/echoed-text.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { PushStream } from '../entries/push-stream.ts';
import { badRequest, type PushError } from '../limits/push-error.ts';
import type { DecodeContext } from './decode-protobuf.ts';
import { JsonReader, validUtf8 } from './json-reader.ts';
import { parseLabelSet } from './parse-label-set.ts';
import { LabelMap, labelsKeptMax, type SentLabels } from './sent-labels.ts';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Writes the entries of `{"streams":[{"stream":{…},"values":[[ns,line,metadata?]…]}]}` to `columns` (reset here). The
 * body is written to: lines with escapes are unescaped in place. Throws PushError 400.
 */
export function decodeJson(body: Buffer, columns: PushColumns, context: DecodeContext): void {
  if (body.length === 0) throw badRequest('EOF');
  const bytes = validUtf8(body);
  columns.reset(bytes, context.limits);
  new JsonPush(new JsonReader(bytes), columns, context).request();
}

class JsonPush {
  readonly #json: JsonReader;
  readonly #columns: PushColumns;
  readonly #context: DecodeContext;
  readonly #discover: boolean;
  #stream = 0;
  #entry = 0;
  // The timestamp read last.
  #seconds = 0;
  #nanos = 0;

  constructor(json: JsonReader, columns: PushColumns, context: DecodeContext) {
    this.#json = json;
    this.#columns = columns;
    this.#context = context;
    this.#discover = context.limits.discoverLogLevels;
  }

  request(): void {
    const json = this.#json;
    const first = json.peek();
    if (first === 0x6e) {
      json.skip();
      return;
    }
    if (first !== 0x7b) throw json.fault(`a push must be an object, found ${json.describe()}`);
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.key();
      if (json.textIs('streams')) this.#streams();
      else json.skip();
    }
  }

  #streams(): void {
    const json = this.#json;
    const first = json.peek();
    if (first === 0x6e) {
      json.skip();
      return;
    }
    if (first !== 0x5b) throw badRequest(`streams: must be an array, got ${json.describe()}`);
    this.#stream = 0;
    for (let more = json.enterArray(); more; more = json.nextValue()) {
      this.#readStream();
      this.#stream++;
    }
  }

  #fault(what: string): PushError {
    return badRequest(`streams[${this.#stream}]${what}, got ${this.#json.describe()}`);
  }

  #entryFault(what: string): PushError {
    return this.#fault(`.values[${this.#entry}]: ${what}`);
  }

  /** `values` may come before `stream`: they are skipped then and read when the labels are known. */
  #readStream(): void {
    const json = this.#json;
    if (json.peek() !== 0x7b) throw this.#fault(': must be an object');
    let target = -1;
    let valuesAt = -1;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.key();
      if (json.textIs('stream')) target = this.#columns.addStream(this.#labels());
      else if (json.textIs('values')) {
        if (target >= 0) this.#values(target);
        else {
          json.skip();
          valuesAt = json.start;
        }
      } else json.skip();
    }
    if (target < 0) target = this.#columns.addStream(this.#resolve('{}', { pairs: [], unkept: 0 }));
    if (valuesAt < 0) return;
    const behind = json.position;
    json.seek(valuesAt);
    this.#values(target);
    json.seek(behind);
  }

  #resolve(key: string, labels: SentLabels): PushStream {
    const { tenant, streams, limits } = this.#context;
    return (
      streams.known(tenant, key) ?? streams.resolve(tenant, key, labels, limits, this.#columns.isSaturated)
    );
  }

  #labels(): PushStream {
    const json = this.#json;
    if (json.peek() !== 0x7b) throw this.#fault('.stream: must be an object of strings');
    json.skip();
    const { start, end } = json;
    const key = json.bytes.toString('latin1', start, end);
    const known = this.#context.streams.known(this.#context.tenant, key);
    if (known !== undefined) return known;
    json.seek(start);
    const keptMax = labelsKeptMax(this.#context.limits);
    const labels = new LabelMap(keptMax);
    let badName: string | undefined;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.key();
      const name = json.textString();
      if (json.peek() === 0x22) json.text();
      else json.skip();
      if (!labelName.test(name)) badName ??= name;
      labels.set(name, json.textString());
    }
    const sent = labels.sent();
    if (badName !== undefined) {
      // It gets the message that the label set's text would get.
      parseLabelSet(cutLabels(sent.pairs), keptMax);
      throw badRequest(`couldn't parse labels: '${cutText(badName)}' is no label name`);
    }
    return this.#resolve(key, sent);
  }

  #values(target: number): void {
    const json = this.#json;
    const first = json.peek();
    if (first === 0x6e) {
      json.skip();
      return;
    }
    if (first !== 0x5b) throw this.#fault('.values: must be an array');
    this.#entry = 0;
    for (let more = json.enterArray(); more; more = json.nextValue()) {
      const byte = json.peek();
      if (byte === 0x5b) this.#value(target);
      else if (byte === 0x6e) json.skip();
      else throw this.#entryFault('must be an array [timestamp, line, metadata]');
      this.#entry++;
    }
  }

  #value(target: number): void {
    const json = this.#json;
    this.#columns.entryMetadata.begin();
    if (!json.enterArray()) {
      throw badRequest(`streams[${this.#stream}].values[${this.#entry}]: timestamp is missing`);
    }
    if (json.peek() !== 0x22) throw this.#entryFault('timestamp must be a string of nanoseconds');
    json.text();
    this.#timestamp();
    let lineStart = 0;
    let lineEnd = 0;
    if (json.nextValue()) {
      if (json.peek() !== 0x22) throw this.#entryFault('line must be a string');
      json.text();
      lineStart = json.start;
      lineEnd = json.end;
      if (json.nextValue()) {
        if (json.peek() !== 0x7b) throw this.#entryFault('structured metadata must be an object of strings');
        this.#metadata();
        while (json.nextValue()) json.skip();
      }
    }
    this.#columns.add(target, this.#seconds, this.#nanos, lineStart, lineEnd, this.#discover);
  }

  #metadata(): void {
    const json = this.#json;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.key();
      const { start, end } = json;
      if (json.peek() !== 0x22) {
        const name = json.bytes.toString('utf8', start, end);
        throw this.#entryFault(`structured metadata '${name}' must be a string`);
      }
      json.text();
      this.#columns.entryMetadata.pairBytes(json.bytes, start, end, json.start, json.end);
    }
  }

  /** The timestamp in the text read last: decimal, int64, written as JSON writes integers. */
  #timestamp(): void {
    const { bytes, start, end } = this.#json;
    const negative = bytes[start] === 0x2d;
    const first = negative ? start + 1 : start;
    const digits = end - first;
    let valid = digits > 0 && digits <= 19 && !(digits > 1 && bytes[first] === 0x30);
    let seconds = 0;
    let nanos = 0;
    for (let at = first; at < end && valid; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) valid = false;
      if (at < end - 9) seconds = seconds * 10 + digit;
      else nanos = nanos * 10 + digit;
    }
    // int64: 9223372036.854775807 s
    if (seconds > 9_223_372_036 || (seconds === 9_223_372_036 && nanos > 854_775_807)) valid = false;
    if (!valid) {
      const found = bytes.toString('utf8', start, Math.min(end, start + 40));
      throw badRequest(
        `streams[${this.#stream}].values[${this.#entry}]: timestamp must be a string of nanoseconds, got "${found}"`,
      );
    }
    this.#seconds = negative ? -seconds - (nanos > 0 ? 1 : 0) : seconds;
    this.#nanos = negative && nanos > 0 ? 1_000_000_000 - nanos : nanos;
  }
}
