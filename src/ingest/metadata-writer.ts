// Collects the structured metadata of one entry after the other: names sanitised, sorted, of a repeated name the last
// value kept, and the level they tell of taken out. The result is in the form of model/structured-metadata.ts.
import { isUtf8 } from 'node:buffer';
import { type LevelCode, levelCode, levelNone } from '../model/entry.ts';
import { levelLabels, levelOfSeverityNumber, levelOfWord } from './level-words.ts';
import { badRequest, PushError } from './push-error.ts';
import { sanitizeName, validText } from './sanitize-metadata.ts';

/** What is known of a metadata name as sent. */
interface Name {
  readonly text: string;
  /** ASCII. */
  readonly bytes: Buffer;
  /** Place in `levelLabels`, or one of the special places below, or -1. */
  readonly levelPlace: number;
}
const detectedLevelPlace = -2;
const severityNumberPlace = -3;

/** Names kept; beyond this the cache starts anew, so that a client that invents names costs time and not memory. */
const namesMax = 8192;
const nameKeptBytesMax = 256;

/**
 * Metadata of all entries of one push together. OTLP repeats a resource's attributes for each record, so a small body
 * can mean a lot of metadata.
 */
const metadataBytesMax = 128 << 20;
/** Memory kept from push to push. */
const keptBytesMax = 4 << 20;

/** Level of an entry as far as labels and metadata tell. */
export interface DecidedLevel {
  /** False: ask the line. */
  readonly decided: boolean;
  readonly code: LevelCode;
  /** A level that is no word of Loki's, kept as written; '' when `code` says it. */
  readonly text: string;
}
export const undecidedLevel: DecidedLevel = { decided: false, code: levelNone, text: '' };

/** A level as written in a label or in metadata. */
export function levelAsWritten(value: string): DecidedLevel {
  const code = levelOfWord(value);
  if (code !== levelNone) return { decided: true, code, text: '' };
  const exact = levelCode(value);
  return exact === levelNone
    ? { decided: true, code: levelNone, text: value }
    : { decided: true, code: exact, text: '' };
}

const detectedLevel: Name = {
  text: 'detected_level',
  bytes: Buffer.from('detected_level'),
  levelPlace: detectedLevelPlace,
};

export class MetadataWriter {
  /** Encoded metadata of all entries since `reset`. */
  bytes = Buffer.allocUnsafeSlow(1 << 14);
  /** Where the next entry's metadata begins. */
  end = 0;
  /** Of the entry finished last: pairs and bytes of names and values, without detected_level. */
  pairs = 0;
  sizeBytes = 0;
  level: DecidedLevel = undecidedLevel;

  readonly #names = new Map<string, Name>();
  /** Pairs of the entry being collected, in order of arrival; values are ranges of `#staging`. */
  readonly #pairNames: Name[] = [];
  readonly #valueStarts: number[] = [];
  readonly #valueEnds: number[] = [];
  #staging = Buffer.allocUnsafeSlow(1 << 12);
  #staged = 0;

  /** Forgets what was written; the memory is reused. */
  reset(): void {
    this.end = 0;
    if (this.bytes.length > keptBytesMax) this.bytes = Buffer.allocUnsafeSlow(1 << 14);
    if (this.#staging.length > keptBytesMax) this.#staging = Buffer.allocUnsafeSlow(1 << 12);
    this.begin();
  }

  /** Starts an entry. */
  begin(): void {
    // Most entries have none, and setting a length is not free.
    if (this.#pairNames.length === 0) return;
    this.#pairNames.length = 0;
    this.#valueStarts.length = 0;
    this.#valueEnds.length = 0;
    this.#staged = 0;
  }

  get collected(): number {
    return this.#pairNames.length;
  }

  /** Adds a pair given as UTF-8 ranges of `source`. Throws PushError 400 for an empty name. */
  pairBytes(source: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    this.#pairValue(
      this.#name(source.toString('latin1', nameStart, nameEnd), true),
      source,
      valueStart,
      valueEnd,
    );
  }

  /** As `pairBytes`, with the name as a text. */
  pairNamed(name: string, source: Buffer, valueStart: number, valueEnd: number): void {
    this.#pairValue(this.#name(name, false), source, valueStart, valueEnd);
  }

  #pairValue(name: Name, source: Buffer, valueStart: number, valueEnd: number): void {
    const length = valueEnd - valueStart;
    if (length === 0) return;
    this.#reserve(length);
    const at = this.#staged;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const byte = source[valueStart + i] as number;
      seen |= byte;
      this.#staging[at + i] = byte;
    }
    if (seen >= 0x80 && !isUtf8(source.subarray(valueStart, valueEnd))) {
      this.#add(name, validText(source, valueStart, valueEnd));
      return;
    }
    this.#staged = at + length;
    this.#push(name, at, at + length);
  }

  /** Adds a pair of texts. Throws PushError 400 for an empty name. */
  pairText(name: string, value: string): void {
    const known = this.#name(name, false);
    if (value !== '') this.#add(known, value);
  }

  /**
   * Ends an entry: writes its metadata to `bytes[start, this.end)` and returns `start`. `labelLevel` is what the
   * stream's labels say; with `discover` off only an existing detected_level becomes a level.
   */
  finish(labelLevel: DecidedLevel, discover: boolean): number {
    const start = this.end;
    this.pairs = 0;
    this.sizeBytes = 0;
    if (this.#pairNames.length === 0 && labelLevel.text === '') {
      this.level = discover ? labelLevel : undecidedLevel;
      return start;
    }
    const order = this.#sorted();
    this.level = this.#decide(order, labelLevel, discover);
    this.#write(order);
    return start;
  }

  #add(name: Name, value: string): void {
    this.#reserve(value.length * 3);
    const at = this.#staged;
    this.#staged += this.#staging.write(value, at);
    this.#push(name, at, this.#staged);
  }

  #push(name: Name, start: number, end: number): void {
    this.#pairNames.push(name);
    this.#valueStarts.push(start);
    this.#valueEnds.push(end);
  }

  #reserve(more: number): void {
    if (this.#staged + more <= this.#staging.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#staging.length * 2, this.#staged + more));
    grown.set(this.#staging.subarray(0, this.#staged));
    this.#staging = grown;
  }

  #name(key: string, latin1: boolean): Name {
    // Text and UTF-8-as-latin1 keys share the map only where they cannot differ: marked by a leading byte.
    const mapKey = latin1 ? key : `\u0100${key}`;
    const known = this.#names.get(mapKey);
    if (known !== undefined) return known;
    const raw = latin1 ? validText(Buffer.from(key, 'latin1'), 0, key.length) : key;
    if (raw === '') throw badRequest('label name is empty');
    const text = sanitizeName(raw);
    const name: Name = { text, bytes: Buffer.from(text), levelPlace: levelPlaceOf(raw, text) };
    if (key.length <= nameKeptBytesMax) {
      if (this.#names.size >= namesMax) this.#names.clear();
      this.#names.set(mapKey, name);
    }
    return name;
  }

  /** Pairs sorted by name, without repeated names. */
  #sorted(): number[] {
    const names = this.#pairNames;
    const order: number[] = [];
    for (let pair = 0; pair < names.length; pair++) {
      const text = (names[pair] as Name).text;
      let at = order.length;
      while (at > 0 && (names[order[at - 1] as number] as Name).text > text) at--;
      if (at > 0 && (names[order[at - 1] as number] as Name).text === text) order[at - 1] = pair;
      else order.splice(at, 0, pair);
    }
    return order;
  }

  /** Level by metadata and labels; removes detected_level from `order` where the level is a code. */
  #decide(order: number[], labelLevel: DecidedLevel, discover: boolean): DecidedLevel {
    let levelPair = -1;
    let place = levelLabels.length;
    let severityPair = -1;
    for (let i = 0; i < order.length; i++) {
      const pair = order[i] as number;
      const name = this.#pairNames[pair] as Name;
      if (name.levelPlace === -1) continue;
      if (name.levelPlace === detectedLevelPlace) {
        order.splice(i, 1);
        const value = this.#value(pair);
        if (discover) return levelAsWritten(value);
        const code = levelCode(value);
        return { decided: true, code, text: code === levelNone ? value : '' };
      }
      if (name.levelPlace === severityNumberPlace) severityPair = pair;
      else if (name.levelPlace < place) {
        place = name.levelPlace;
        levelPair = pair;
      }
    }
    if (!discover) return undecidedLevel;
    if (labelLevel.decided) return labelLevel;
    if (levelPair >= 0) return levelAsWritten(this.#value(levelPair));
    if (severityPair >= 0) {
      return { decided: true, code: levelOfSeverityNumber(this.#value(severityPair)), text: '' };
    }
    return undecidedLevel;
  }

  #value(pair: number): string {
    return this.#staging.toString('utf8', this.#valueStarts[pair], this.#valueEnds[pair]);
  }

  #write(order: readonly number[]): void {
    let bound = this.level.text.length * 3 + detectedLevel.bytes.length + 10;
    for (const pair of order) bound += this.#pairBytesMax(pair);
    this.#grow(bound);
    let pending = this.level.text !== '';
    for (const pair of order) {
      const name = this.#pairNames[pair] as Name;
      if (pending && name.text > detectedLevel.text) {
        this.#writeLevelText();
        pending = false;
      }
      const start = this.#valueStarts[pair] as number;
      const end = this.#valueEnds[pair] as number;
      this.#writePart(name.bytes, 0, name.bytes.length);
      this.#writePart(this.#staging, start, end);
      this.pairs++;
      this.sizeBytes += name.bytes.length + end - start;
    }
    if (pending) this.#writeLevelText();
  }

  #pairBytesMax(pair: number): number {
    const name = this.#pairNames[pair] as Name;
    return name.bytes.length + (this.#valueEnds[pair] as number) - (this.#valueStarts[pair] as number) + 10;
  }

  #writeLevelText(): void {
    this.#writePart(detectedLevel.bytes, 0, detectedLevel.bytes.length);
    const value = Buffer.from(this.level.text);
    this.#writePart(value, 0, value.length);
  }

  #writePart(source: Buffer, start: number, end: number): void {
    const out = this.bytes;
    let at = this.end;
    let length = end - start;
    while (length >= 0x80) {
      out[at++] = (length % 128) | 0x80;
      length = Math.floor(length / 128);
    }
    out[at++] = length;
    for (let i = start; i < end; i++) out[at++] = source[i] as number;
    this.end = at;
  }

  #grow(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    if (this.end + more > metadataBytesMax) {
      throw new PushError(
        413,
        `request body too large: structured metadata of all entries together exceeds ${metadataBytesMax} bytes`,
      );
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + more));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}

function levelPlaceOf(raw: string, text: string): number {
  if (text === detectedLevel.text) return detectedLevelPlace;
  if (text === 'severity_number') return severityNumberPlace;
  const place = levelLabels.indexOf(raw);
  return place >= 0 ? place : levelLabels.indexOf(text);
}
