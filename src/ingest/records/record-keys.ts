// The keys of records as texts. A shipper's records have the same keys in the same order: each is first compared with the
// one that stood in its place in the record before, which makes no text.
import type { JsonReader } from '../decode/json-reader.ts';

/** Texts kept; beyond this they are forgotten and read again. */
const textsMax = 8192;
const textKeptBytesMax = 256;

interface Key {
  /** JSON, with the quotes. */
  readonly raw: Buffer;
  readonly prefix: string;
  /** With its prefix. */
  readonly name: string;
}

export class RecordKeys {
  readonly #before: Key[] = [];
  #place = 0;
  readonly #texts = new Map<string, string>();

  /** Begins a record. */
  begin(): void {
    this.#place = 0;
  }

  /** The name of the key that was read last, behind the prefix and a dot where there is one. */
  next({ bytes, start, end }: JsonReader, prefix: string): string {
    const place = this.#place++;
    const before = this.#before[place];
    if (before !== undefined && before.prefix === prefix && isAt(before.raw, bytes, start, end))
      return before.name;
    const own = this.#text(bytes, start, end);
    const name = prefix === '' ? own : `${prefix}.${own}`;
    if (place < textsMax && end - start <= textKeptBytesMax)
      this.#before[place] = { raw: Buffer.from(bytes.subarray(start, end)), prefix, name };
    return name;
  }

  #text(bytes: Buffer, start: number, end: number): string {
    const raw = bytes.toString('latin1', start, end);
    const known = this.#texts.get(raw);
    if (known !== undefined) return known;
    const text = JSON.parse(bytes.toString('utf8', start, end)) as string;
    if (raw.length > textKeptBytesMax) return text;
    if (this.#texts.size >= textsMax) this.#texts.clear();
    this.#texts.set(raw, text);
    return text;
  }
}

function isAt(raw: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (raw.length !== length) return false;
  for (let i = 0; i < length; i++) if (raw[i] !== bytes[start + i]) return false;
  return true;
}
