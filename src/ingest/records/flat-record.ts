// One JSON object as fields with texts for names: what is nested has the names above it before its own, joined by dots.
// Values stay ranges of the body as they came, until somebody wants them.
import type { JsonReader } from '../decode/json-reader.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import { RecordKeys } from './record-keys.ts';

/** Deeper objects stay JSON. */
const depthMax = 16;
/** Fields of one record that are kept; an entry with as many is refused for its metadata. */
const fieldsMax = 16_384;
/** In all records of a push: each leaf repeats the names above it. */
const nestedNamesLengthMax = 2 ** 25;
const nothing: ReadonlySet<string> = new Set();

export class FlatRecord {
  /** Place of the object's braces. */
  start = 0;
  end = 0;
  count = 0;
  /** Fields that there was no place for. */
  unkept = 0;
  readonly names: string[] = [];
  /** The same number for records one after the other that have the same names in the same order. */
  shape = 0;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #escapes: boolean[] = [];
  readonly #json: JsonReader;
  /** Names of which an object is a value and no prefix. */
  readonly #whole: ReadonlySet<string>;
  readonly #keys = new RecordKeys();
  #isOther = false;
  #countBefore = -1;
  #nestedNamesLength = 0;

  constructor(json: JsonReader, whole: ReadonlySet<string> = nothing) {
    this.#json = json;
    this.#whole = whole;
  }

  /** Reads the next value, which must be an object; nothing is written to the body. Throws PushError 400, 413. */
  read(): void {
    const json = this.#json;
    this.count = 0;
    this.unkept = 0;
    this.#isOther = false;
    if (json.peek() !== 0x7b) throw badRequest(`a record must be an object, got ${json.describe()}`);
    this.start = json.position;
    this.#keys.begin();
    this.#object('', 0);
    this.end = json.position;
    if (this.#isOther || this.count !== this.#countBefore) this.shape++;
    this.#countBefore = this.count;
  }

  #object(prefix: string, depth: number): void {
    const json = this.#json;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      json.rawKey();
      const name = this.#keys.next(json, prefix);
      if (prefix !== '') this.#countNested(name.length - 1);
      if (json.peek() === 0x7b && depth < depthMax && !this.#whole.has(name)) this.#object(name, depth + 1);
      else {
        json.skip();
        this.#keep(name);
      }
    }
  }

  #keep(name: string): void {
    const { count } = this;
    if (count === fieldsMax) {
      this.unkept++;
      return;
    }
    if (this.names[count] !== name) {
      this.names[count] = name;
      this.#isOther = true;
    }
    const { start, end, hasEscapes } = this.#json;
    this.#starts[count] = start;
    this.#ends[count] = end;
    this.#escapes[count] = hasEscapes;
    this.count++;
  }

  #countNested(length: number): void {
    this.#nestedNamesLength += length;
    if (this.#nestedNamesLength <= nestedNamesLengthMax) return;
    throw new PushError(
      413,
      `request body too large: names of nested fields together exceed ${nestedNamesLengthMax} characters`,
    );
  }

  /** True for `null`, which is as good as no field. */
  isNull(at: number): boolean {
    return this.#json.bytes[this.#starts[at] as number] === 0x6e;
  }

  isText(at: number): boolean {
    return this.#json.bytes[this.#starts[at] as number] === 0x22;
  }

  /** Of a text what it says, of another value its JSON. */
  text(at: number): string {
    const { bytes } = this.#json;
    const start = this.#starts[at] as number;
    const end = this.#ends[at] as number;
    if (!this.isText(at)) return bytes.toString('utf8', start, end);
    return this.#escapes[at] === true
      ? (JSON.parse(bytes.toString('utf8', start, end)) as string)
      : bytes.toString('utf8', start + 1, end - 1);
  }

  /** Whether the value of a text is ''. */
  isEmptyText(at: number): boolean {
    return this.isText(at) && (this.#ends[at] as number) - (this.#starts[at] as number) === 2;
  }

  /** The value as it stands in the body, with the quotes of a text. */
  rawStart(at: number): number {
    return this.#starts[at] as number;
  }
  rawEnd(at: number): number {
    return this.#ends[at] as number;
  }

  /**
   * Makes `start` and `end` of the reader the range of what {@link text} says. A text with escapes is unescaped where it
   * is: the record is no JSON any more then, and the field may not be asked for again.
   */
  unescape(at: number): void {
    const json = this.#json;
    const isText = this.isText(at);
    if (isText && this.#escapes[at] === true) {
      const after = json.position;
      json.seek(this.#starts[at] as number);
      json.text();
      json.seek(after);
      return;
    }
    const quote = isText ? 1 : 0;
    json.start = (this.#starts[at] as number) + quote;
    json.end = (this.#ends[at] as number) - quote;
  }
}
