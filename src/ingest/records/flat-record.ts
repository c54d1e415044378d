// One JSON object as fields with texts for names: what is nested has the names above it before its own, joined by dots.
// Values stay ranges of the body as they came, until somebody wants them.
import type { JsonReader } from '../decode/json-reader.ts';
import { badRequest, PushError } from '../limits/push-error.ts';

/** Deeper objects stay JSON. */
const depthMax = 16;
/** Fields of one record that are kept; an entry with as many is refused for its metadata. */
const fieldsMax = 16_384;
/** In all records of a push: each leaf repeats the names above it. */
const nestedNamesLengthMax = 2 ** 25;
/** Names kept; beyond this the cache starts over. */
const namesMax = 8192;
const nameKeptLengthMax = 256;

const nothing: ReadonlySet<string> = new Set();

export class FlatRecord {
  /** Place of the object's braces. */
  start = 0;
  end = 0;
  count = 0;
  /** Fields that there was no place for. */
  unkept = 0;
  readonly names: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #json: JsonReader;
  /** Names of which an object is a value and no prefix. */
  readonly #whole: ReadonlySet<string>;
  readonly #nameOf = new Map<string, string>();
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
    if (json.peek() !== 0x7b) throw badRequest(`a record must be an object, got ${json.describe()}`);
    this.start = json.position;
    this.#object('', 0);
    this.end = json.position;
  }

  #object(prefix: string, depth: number): void {
    const json = this.#json;
    for (let more = json.enterObject(); more; more = json.nextKey()) {
      const own = this.#name();
      const name = prefix === '' ? own : this.#joined(prefix, own);
      if (json.peek() === 0x7b && depth < depthMax && !this.#whole.has(name)) this.#object(name, depth + 1);
      else {
        json.skip();
        this.#keep(name, json.start, json.end);
      }
    }
  }

  #keep(name: string, start: number, end: number): void {
    if (this.count === fieldsMax) {
      this.unkept++;
      return;
    }
    this.names[this.count] = name;
    this.#starts[this.count] = start;
    this.#ends[this.count] = end;
    this.count++;
  }

  #name(): string {
    const json = this.#json;
    json.rawKey();
    const raw = json.bytes.toString('latin1', json.start, json.end);
    const known = this.#nameOf.get(raw);
    if (known !== undefined) return known;
    const name = JSON.parse(json.bytes.toString('utf8', json.start, json.end)) as string;
    if (raw.length > nameKeptLengthMax) return name;
    if (this.#nameOf.size >= namesMax) this.#nameOf.clear();
    this.#nameOf.set(raw, name);
    return name;
  }

  #joined(prefix: string, name: string): string {
    this.#nestedNamesLength += prefix.length + name.length;
    if (this.#nestedNamesLength <= nestedNamesLengthMax) return `${prefix}.${name}`;
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
    const plain = bytes.toString('utf8', start + 1, end - 1);
    return plain.includes('\\') ? (JSON.parse(bytes.toString('utf8', start, end)) as string) : plain;
  }

  /**
   * Makes `start` and `end` of the reader the range of what {@link text} says. A text with escapes is unescaped where it
   * is: the record is no JSON any more then, and the field may not be asked for again.
   */
  unescape(at: number): void {
    const json = this.#json;
    const behind = json.position;
    json.seek(this.#starts[at] as number);
    if (this.isText(at)) json.text();
    else json.skip();
    json.seek(behind);
  }
}
