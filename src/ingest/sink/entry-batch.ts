// Entries of a collector as they gather: columns and one buffer instead of many small objects. A line comes as text, or
// as a range of a block of a file whose bytes are taken as they are. The memory is shared with the thread that stores
// them and used again, so nothing is copied or allocated on the way.
import { isAscii, isUtf8 } from 'node:buffer';
import { type LevelCode, levelCode, levelNone } from '../../model/entry.ts';
import { type LabelPair, type Labels, labelsKey } from '../../model/labels.ts';
import { splitNs } from '../../model/time.ts';
import { type PackedEntries, pairLength } from './packed-entries.ts';
import type { CollectedEntry } from './sink.ts';

/** Up to here a loop is faster than a call of Buffer's. */
const loopCharsMax = 32;
const firstEntries = 64;
const firstBytes = 4096;
/** Memory of lines kept for the next entries. */
const bytesKeptMax = 4 << 20;
const pairsKeptMax = 1 << 16;
/** Names of metadata whose bytes are written once. */
const namesMax = 1_000;

/** A block of lines whose bytes a batch has taken. */
export interface HeldBlock {
  /** Where they begin, to be added to the offsets given to `addRange`. */
  readonly start: number;
  /** True: their text in latin1 is what they say. */
  readonly isAscii: boolean;
}

/** Metadata sorted by name, of which some values are ranges of a block held. */
export interface HeldMetadata {
  readonly count: number;
  name(at: number): string;
  /** Undefined: a range, from `start` to before `end`. Empty ones are left out. */
  value(at: number): string | undefined;
  start(at: number): number;
  end(at: number): number;
}

export class EntryBatch {
  #count = 0;
  /** Of the lines alone. */
  #lineBytes = 0;
  #stream = columnOf(Uint32Array, firstEntries);
  #seconds = columnOf(Float64Array, firstEntries);
  #nanos = columnOf(Uint32Array, firstEntries);
  #lineStarts = columnOf(Uint32Array, firstEntries);
  #lineEnds = columnOf(Uint32Array, firstEntries);
  #level = columnOf(Uint8Array, firstEntries);
  #pairEnds = columnOf(Uint32Array, firstEntries);
  #pairs = columnOf(Uint32Array, firstEntries);
  #pairCount = 0;
  #lines = Buffer.from(new SharedArrayBuffer(firstBytes));
  #used = 0;
  #streams = new LabelSets();
  /** Where the bytes of a name of metadata are: start and end. */
  readonly #names = new Map<string, readonly [number, number]>();
  /** The last metadata that was a level and nothing else. */
  #lastLevelled: Labels | undefined;
  #lastLevel: LevelCode = levelNone;

  get count(): number {
    return this.#count;
  }

  get lineBytes(): number {
    return this.#lineBytes;
  }

  /** Bytes of the lines, of what is between them, and of metadata. */
  get heldBytes(): number {
    return this.#used;
  }

  add({ labels, timestampNs, line, structuredMetadata }: CollectedEntry): void {
    const { seconds, nanos } = splitNs(timestampNs);
    this.addText(labels, seconds, nanos, structuredMetadata, line);
  }

  /** Adds an entry whose line is not held. */
  addText(labels: Labels, seconds: number, nanos: number, metadata: Labels, line: string): void {
    const start = this.holdText(line);
    this.addRange(labels, seconds, nanos, metadata, start, this.#used);
  }

  /** Takes a line by itself; where it begins. It ends where the bytes held do. */
  holdText(line: string): number {
    const start = this.#used;
    this.#write(line);
    return start;
  }

  /** The bytes of a block held last, until more is added. */
  heldBlock({ start }: HeldBlock): Uint8Array {
    return this.#lines.subarray(start, this.#used);
  }

  /**
   * Takes the bytes of a block of lines, given in latin1, one character a byte. Undefined and nothing taken when they are
   * no UTF-8.
   */
  hold(latin1: string): HeldBlock | undefined {
    const start = this.#used;
    this.#reserve(latin1.length);
    this.#lines.write(latin1, start, 'latin1');
    const end = start + latin1.length;
    const bytes = this.#lines.subarray(start, end);
    const areAscii = isAscii(bytes);
    if (!areAscii && !isUtf8(bytes)) return undefined;
    this.#used = end;
    return { start, isAscii: areAscii };
  }

  /** Adds an entry whose line is a range of bytes held. Label sets given again as the same object cost nothing. */
  addRange(
    labels: Labels,
    seconds: number,
    nanos: number,
    metadata: Labels,
    lineStart: number,
    lineEnd: number,
  ): void {
    this.#level[this.#addEntry(labels, seconds, nanos, lineStart, lineEnd)] = this.#addMetadata(metadata);
    this.#pairEnds[this.#count - 1] = this.#pairCount;
  }

  /** As `addRange`. `heldAt`: where the block begins that the metadata's ranges are in. */
  addHeld(
    labels: Labels,
    seconds: number,
    nanos: number,
    metadata: HeldMetadata,
    heldAt: number,
    lineStart: number,
    lineEnd: number,
  ): void {
    const at = this.#addEntry(labels, seconds, nanos, lineStart, lineEnd);
    this.#level[at] = this.#addHeldMetadata(metadata, heldAt);
    this.#pairEnds[at] = this.#pairCount;
  }

  /** What has gathered, in the batch's own memory: good until `clear`. */
  packed(): PackedEntries {
    const count = this.#count;
    return {
      streams: this.#streams.sets,
      stream: this.#stream.subarray(0, count),
      seconds: this.#seconds.subarray(0, count),
      nanos: this.#nanos.subarray(0, count),
      lineStarts: this.#lineStarts.subarray(0, count),
      lineEnds: this.#lineEnds.subarray(0, count),
      lines: this.#lines.subarray(0, this.#used),
      level: this.#level.subarray(0, count),
      pairEnds: this.#pairEnds.subarray(0, count),
      pairs: this.#pairs.subarray(0, this.#pairCount * pairLength),
    };
  }

  /** Starts over; the memory is used again. */
  clear(): void {
    this.#count = 0;
    this.#lineBytes = 0;
    this.#used = 0;
    if (this.#lines.length > bytesKeptMax) this.#lines = Buffer.from(new SharedArrayBuffer(firstBytes));
    this.#streams = new LabelSets();
    this.#names.clear();
    this.#pairCount = 0;
    if (this.#pairs.length > pairsKeptMax * pairLength) this.#pairs = columnOf(Uint32Array, firstEntries);
  }

  #addEntry(labels: Labels, seconds: number, nanos: number, lineStart: number, lineEnd: number): number {
    const at = this.#count;
    if (at === this.#stream.length) this.#grow();
    this.#count++;
    this.#lineBytes += lineEnd - lineStart;
    this.#stream[at] = this.#streams.place(labels);
    this.#seconds[at] = seconds;
    this.#nanos[at] = nanos;
    this.#lineStarts[at] = lineStart;
    this.#lineEnds[at] = lineEnd;
    return at;
  }

  /** Adds the pairs, but for a detected_level that is one of Loki's words, which it gives. */
  #addMetadata(metadata: Labels): LevelCode {
    if (metadata === this.#lastLevelled) return this.#lastLevel;
    let level = levelNone;
    for (let i = 0; i < metadata.length; i++) {
      const [name, value] = metadata[i] as LabelPair;
      const code = name === 'detected_level' ? levelCode(value) : levelNone;
      if (code === levelNone) this.#addPair(name, value);
      else level = code;
    }
    if (metadata.length === 1 && level !== levelNone) {
      this.#lastLevelled = metadata;
      this.#lastLevel = level;
    }
    return level;
  }

  #addHeldMetadata(metadata: HeldMetadata, heldAt: number): LevelCode {
    let level = levelNone;
    for (let i = 0; i < metadata.count; i++) {
      const name = metadata.name(i);
      const value = metadata.value(i);
      const start = heldAt + metadata.start(i);
      const end = heldAt + metadata.end(i);
      if (name === 'detected_level') {
        const word = value ?? this.#lines.toString('latin1', start, end);
        const code = levelCode(word);
        if (code !== levelNone) level = code;
        else if (word !== '') this.#addPair(name, word);
      } else if (value === undefined) {
        if (start < end) this.#addPairRange(name, start, end);
      } else if (value !== '') this.#addPair(name, value);
    }
    return level;
  }

  #addPair(name: string, value: string): void {
    const nameRange = this.#nameRange(name);
    const start = this.holdText(value);
    this.#pushPair(nameRange, start, this.#used);
  }

  #addPairRange(name: string, start: number, end: number): void {
    this.#pushPair(this.#nameRange(name), start, end);
  }

  #nameRange(name: string): readonly [number, number] {
    let written = this.#names.get(name);
    if (!written) {
      const start = this.#used;
      this.#write(name);
      written = [start, this.#used];
      if (this.#names.size < namesMax) this.#names.set(name, written);
    }
    return written;
  }

  #pushPair(name: readonly [number, number], valueStart: number, valueEnd: number): void {
    const at = this.#pairCount * pairLength;
    if (at === this.#pairs.length) this.#pairs = grown(this.#pairs, columnOf(Uint32Array, at * 2));
    this.#pairs[at] = name[0];
    this.#pairs[at + 1] = name[1];
    this.#pairs[at + 2] = valueStart;
    this.#pairs[at + 3] = valueEnd;
    this.#pairCount++;
  }

  #write(text: string): void {
    // Three bytes are the most that a UTF-16 unit can need.
    if (this.#used + text.length * 3 > this.#lines.length) this.#reserve(Buffer.byteLength(text));
    if (text.length > loopCharsMax || !this.#writeAscii(text))
      this.#used += this.#lines.write(text, this.#used);
  }

  /** False, with nothing written, when it is no ASCII. */
  #writeAscii(text: string): boolean {
    const lines = this.#lines;
    const start = this.#used;
    let seen = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      seen |= code;
      lines[start + i] = code;
    }
    if (seen >= 0x80) return false;
    this.#used = start + text.length;
    return true;
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#lines.length) return;
    const grown = Buffer.from(new SharedArrayBuffer(Math.max(this.#lines.length * 2, this.#used + more)));
    grown.set(this.#lines.subarray(0, this.#used));
    this.#lines = grown;
  }

  #grow(): void {
    const length = this.#stream.length * 2;
    this.#stream = grown(this.#stream, columnOf(Uint32Array, length));
    this.#seconds = grown(this.#seconds, columnOf(Float64Array, length));
    this.#nanos = grown(this.#nanos, columnOf(Uint32Array, length));
    this.#lineStarts = grown(this.#lineStarts, columnOf(Uint32Array, length));
    this.#lineEnds = grown(this.#lineEnds, columnOf(Uint32Array, length));
    this.#level = grown(this.#level, columnOf(Uint8Array, length));
    this.#pairEnds = grown(this.#pairEnds, columnOf(Uint32Array, length));
  }
}

interface ColumnType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: SharedArrayBuffer): A;
}

const columnOf = <A>(type: ColumnType<A>, length: number): A =>
  new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT));

function grown<A extends { set(from: A): void }>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Each label set once, with its place. */
class LabelSets {
  readonly sets: Labels[] = [];
  readonly #places = new Map<Labels | string, number>();
  #last: Labels | undefined;
  #lastPlace = 0;

  /** Collectors keep one Labels object per stream, so identity is tried before text. */
  place(labels: Labels): number {
    if (labels === this.#last) return this.#lastPlace;
    let place = this.#places.get(labels);
    if (place === undefined) {
      const key = labelsKey(labels);
      place = this.#places.get(key) ?? this.sets.push(labels) - 1;
      this.#places.set(key, place);
      this.#places.set(labels, place);
    }
    this.#last = labels;
    this.#lastPlace = place;
    return place;
  }
}
