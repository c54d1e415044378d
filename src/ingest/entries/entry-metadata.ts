// The structured metadata of the entry that is being read: names sanitised, of a repeated name the last value kept. What
// goes beyond the bounds of one entry is counted, since the entry is refused with its numbers, and not kept.
import { isUtf8 } from 'node:buffer';
import { type MetadataBounds, noMetadataBounds } from '../limits/metadata-bounds.ts';
import { PushError } from '../limits/push-error.ts';
import { detectedLevelPlace, type MetadataName, MetadataNames } from './metadata-names.ts';
import { validText } from './sanitize-metadata.ts';

/** Repeated names may be between those that count; this many more pairs than may be kept are gathered first. */
const repeatedPairsMin = 16;
/** From here on sorting by insertion is slower than the engine's. */
const insertedPairsMax = 24;
/** Memory kept from push to push. */
const keptBytesMax = 4 << 20;
const keptPairsMax = 1 << 12;

export class EntryMetadata {
  /** Of an overfull entry: pairs and bytes of names and values, as far as they were counted. */
  countedPairs = 0;
  countedBytes = 0;
  readonly #names = new MetadataNames();
  #bounds: MetadataBounds = noMetadataBounds;
  /** Pairs since `reset`. */
  #pushPairs = 0;
  /** Of the entry, and as many in the arrays: what is behind them is of entries before. */
  #pairCount = 0;
  /** Pairs in order of arrival; values are ranges of `#staging`. */
  #pairNames: MetadataName[] = [];
  #valueStarts: number[] = [];
  #valueEnds: number[] = [];
  #staging = Buffer.allocUnsafeSlow(1 << 12);
  #staged = 0;
  /** Bytes of names and values collected, and the number at which they are looked at again. */
  #collectedBytes = 0;
  #checkAtBytes = 0;
  #overfull = false;

  /** Begins a push. */
  reset(bounds: MetadataBounds): void {
    this.#bounds = bounds;
    this.#pushPairs = 0;
    if (this.#staging.length > keptBytesMax) this.#staging = Buffer.allocUnsafeSlow(1 << 12);
    if (this.#pairNames.length > keptPairsMax) {
      this.#pairNames = [];
      this.#valueStarts = [];
      this.#valueEnds = [];
    }
    this.begin();
  }

  /** Begins an entry. */
  begin(): void {
    this.#overfull = false;
    this.#pairCount = 0;
    this.#staged = 0;
    this.#collectedBytes = 0;
    this.#checkAtBytes = 0;
  }

  /** True: the entry is refused for what it has already; further pairs of it are only counted. */
  get isOverfull(): boolean {
    return this.#overfull;
  }

  /** Makes the entry one that has more than it may have: this many pairs, and bytes of names and values. */
  overfill(pairs: number, sizeBytes: number): void {
    if (!this.#overfull) {
      this.countedPairs = this.#pairCount;
      this.countedBytes = this.#collectedBytes;
    }
    this.#overfull = true;
    this.countedPairs += pairs;
    this.countedBytes += sizeBytes;
  }

  /** Adds a pair given as UTF-8 ranges of `source`. Throws PushError 400 for an empty name, 413 for too many pairs. */
  pairBytes(source: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    if (this.#isCounted(nameEnd - nameStart, valueEnd - valueStart)) return;
    this.#pairValue(
      this.#names.of(source.toString('latin1', nameStart, nameEnd), true),
      source,
      valueStart,
      valueEnd,
    );
  }

  /** As `pairBytes`, with the name as a text. */
  pairNamed(name: string, source: Buffer, valueStart: number, valueEnd: number): void {
    if (this.#isCounted(name.length, valueEnd - valueStart)) return;
    this.#pairValue(this.#names.of(name, false), source, valueStart, valueEnd);
  }

  #pairValue(name: MetadataName, source: Buffer, valueStart: number, valueEnd: number): void {
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
      this.#addValue(name, validText(source, valueStart, valueEnd));
      return;
    }
    this.#staged = at + length;
    this.#push(name, at, at + length);
  }

  /** Adds a pair of texts. Throws as `pairBytes`. */
  add(name: string, value: string): void {
    if (this.#isCounted(name.length, value.length)) return;
    const known = this.#names.of(name, false);
    if (value !== '') this.#addValue(known, value);
  }

  /** Ends the entry: its pairs sorted by name, without repeated names; none when it is overfull. */
  sorted(): number[] {
    this.#check();
    return this.#overfull ? [] : this.#sorted();
  }

  name(pair: number): MetadataName {
    return this.#pairNames[pair] as MetadataName;
  }

  value(pair: number): string {
    return this.#staging.toString('utf8', this.#valueStarts[pair], this.#valueEnds[pair]);
  }

  valueBytes(pair: number): number {
    return (this.#valueEnds[pair] as number) - (this.#valueStarts[pair] as number);
  }

  /** Copies a value's UTF-8 to `out` and answers the place after it. */
  copyValue(pair: number, out: Uint8Array, start: number): number {
    const end = this.#valueEnds[pair] as number;
    let to = start;
    for (let at = this.#valueStarts[pair] as number; at < end; at++) out[to++] = this.#staging[at] as number;
    return to;
  }

  get isEmpty(): boolean {
    return this.#pairCount === 0 && !this.#overfull;
  }

  #addValue(name: MetadataName, value: string): void {
    this.#reserve(value.length * 3);
    const at = this.#staged;
    this.#staged += this.#staging.write(value, at);
    this.#push(name, at, this.#staged);
  }

  #push(name: MetadataName, start: number, end: number): void {
    const { pairsMax, sizeBytesMax, pushPairsMax } = this.#bounds;
    if (this.#pushPairs++ >= pushPairsMax) {
      throw new PushError(
        413,
        `request body too large: more than ${pushPairsMax} pairs of structured metadata in one push`,
      );
    }
    const pair = this.#pairCount++;
    this.#pairNames[pair] = name;
    this.#valueStarts[pair] = start;
    this.#valueEnds[pair] = end;
    this.#collectedBytes += name.bytes.length + end - start;
    if (
      this.#pairCount > 2 * pairsMax + repeatedPairsMin ||
      this.#collectedBytes > Math.max(this.#checkAtBytes, sizeBytesMax)
    )
      this.#check();
  }

  /** Counts a pair that cannot be kept; false: it may be. */
  #isCounted(nameBytes: number, valueBytes: number): boolean {
    if (valueBytes === 0) return false;
    if (!this.#overfull && nameBytes + valueBytes <= this.#bounds.sizeBytesMax) return false;
    this.overfill(1, nameBytes + valueBytes);
    return true;
  }

  /** Drops what repeated names say first; of an entry that then has more than it may have, the rest is counted. */
  #check(): void {
    const { pairsMax, sizeBytesMax } = this.#bounds;
    if (this.#overfull || (this.#pairCount <= pairsMax && this.#collectedBytes <= sizeBytesMax)) return;
    const order = this.#sorted();
    const names = order.map((pair) => this.#pairNames[pair] as MetadataName);
    const starts = order.map((pair) => this.#valueStarts[pair] as number);
    const ends = order.map((pair) => this.#valueEnds[pair] as number);
    let pairs = 0;
    let sizeBytes = 0;
    names.forEach(({ bytes, levelPlace }, i) => {
      if (levelPlace === detectedLevelPlace) return;
      pairs++;
      sizeBytes += bytes.length + (ends[i] as number) - (starts[i] as number);
    });
    this.#pairCount = names.length;
    this.#pairNames = names;
    this.#valueStarts = starts;
    this.#valueEnds = ends;
    this.#collectedBytes = sizeBytes;
    this.#checkAtBytes = sizeBytes + sizeBytesMax;
    if (pairs <= pairsMax && sizeBytes <= sizeBytesMax) return;
    this.#overfull = true;
    this.countedPairs = pairs;
    this.countedBytes = sizeBytes;
  }

  #reserve(more: number): void {
    if (this.#staged + more <= this.#staging.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#staging.length * 2, this.#staged + more));
    grown.set(this.#staging.subarray(0, this.#staged));
    this.#staging = grown;
  }

  #sorted(): number[] {
    const names = this.#pairNames;
    const count = this.#pairCount;
    if (count > insertedPairsMax) return sortedPairs(names.slice(0, count));
    const order: number[] = [];
    for (let pair = 0; pair < count; pair++) {
      const text = (names[pair] as MetadataName).text;
      let at = order.length;
      while (at > 0 && (names[order[at - 1] as number] as MetadataName).text > text) at--;
      if (at > 0 && (names[order[at - 1] as number] as MetadataName).text === text) order[at - 1] = pair;
      else if (at === order.length) order.push(pair);
      else order.splice(at, 0, pair);
    }
    return order;
  }
}

/** As `#sorted`, for many. */
function sortedPairs(names: readonly MetadataName[]): number[] {
  const text = (pair: number): string => (names[pair] as MetadataName).text;
  const order = Array.from(names, (_, pair) => pair).sort((a, b) =>
    text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : a - b,
  );
  return order.filter((pair, i) => i + 1 === order.length || text(order[i + 1] as number) !== text(pair));
}
