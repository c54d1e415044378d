// Entries of a collector on their way to the ingest worker.
import { levelName, levelNone } from '../../model/entry.ts';
import type { LabelPair, Labels } from '../../model/labels.ts';
import { joinNs } from '../../model/time.ts';
import { entryPartBytesMax } from '../../store/store.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { IngestLimits } from '../limits/limits.ts';
import { type FittedStream, movedBeside } from '../repair/fitted-stream.ts';
import type { CollectedEntry } from './sink.ts';

export interface PackedEntries {
  readonly streams: readonly Labels[];
  /** Index into `streams`, one per entry. */
  readonly stream: Uint32Array;
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  /** Line i is `lines[lineStarts[i], lineEnds[i])`, UTF-8. */
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly lines: Uint8Array;
  /** The detected_level of an entry whose metadata has one of Loki's words as such; levelNone for others. */
  readonly level: Uint8Array;
  /** Other metadata of entry i are the pairs from `pairEnds[i - 1]` to before `pairEnds[i]`. */
  readonly pairEnds: Uint32Array;
  /** Name and value of each pair as ranges of `lines`: {@link pairLength} numbers. */
  readonly pairs: Uint32Array;
}

/** Start and end of the name, start and end of the value. */
export const pairLength = 4;

/** The entries as objects, for those who print or compare them. */
export function collectedEntries(packed: PackedEntries): CollectedEntry[] {
  const lines = linesOf(packed);
  const text = (start: number | undefined, end: number | undefined): string =>
    lines.toString('utf8', start, end);
  return Array.from(packed.stream, (stream, i) => {
    const structuredMetadata: [string, string][] = [];
    const level = packed.level[i] as number;
    if (level !== levelNone) structuredMetadata.push(['detected_level', levelName(level)]);
    for (let pair = pairStart(packed, i); pair < (packed.pairEnds[i] as number); pair++) {
      const [nameStart, nameEnd, valueStart, valueEnd] = packed.pairs.subarray(pair * pairLength);
      structuredMetadata.push([text(nameStart, nameEnd), text(valueStart, valueEnd)]);
    }
    structuredMetadata.sort(byName);
    return {
      labels: packed.streams[stream] as Labels,
      timestampNs: joinNs(packed.seconds[i] as number, packed.nanos[i] as number),
      line: text(packed.lineStarts[i], packed.lineEnds[i]),
      structuredMetadata,
    };
  });
}

/** A detected_level stands apart from the others. */
const byName = ([a]: LabelPair, [b]: LabelPair): number => (a < b ? -1 : a > b ? 1 : 0);

const linesOf = ({ lines }: PackedEntries): Buffer =>
  Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);

const pairStart = ({ pairEnds }: PackedEntries, i: number): number =>
  i === 0 ? 0 : (pairEnds[i - 1] as number);

/**
 * Metadata of all entries of a batch: up to the first everything is taken, beyond it each entry has an even share of the
 * second. A batch's entries repeat the names, and what was moved from the labels, so a small one can mean a lot.
 */
const metadataBytesFree = 16 * 2 ** 20;
const metadataBytesShared = 8 * 2 ** 20;
/** One value does not leave the others of its entry without room. */
const valueBytesMax = entryPartBytesMax / 2;

/** Takes the pairs of one entry after the other, within the bounds of a batch. */
class PairWriter {
  /** Entries of which something was left out. */
  shortened = 0;
  readonly #columns: PushColumns;
  readonly #shareBytes: number;
  #roomBytes = 0;
  #isShort = false;

  constructor(columns: PushColumns, entries: number) {
    this.#columns = columns;
    this.#shareBytes = Math.floor(metadataBytesShared / Math.max(1, entries));
  }

  begin(): void {
    this.#columns.entryMetadata.begin();
    this.#roomBytes = this.#columns.metadata.end < metadataBytesFree ? entryPartBytesMax : this.#shareBytes;
    this.#isShort = false;
  }

  /** A value as a range of `source`. Empty names are left out. */
  pair(name: string, source: Buffer, start: number, end: number): void {
    if (name === '') return;
    const room = Math.min(this.#roomBytes - name.length, valueBytesMax);
    const fits = end - start <= room;
    if (!fits && !this.#isShort) {
      this.#isShort = true;
      this.shortened++;
    }
    if (room <= 0) return;
    // Where it cuts a character, the writer leaves what is left of it out.
    const kept = fits ? end : start + room;
    this.#roomBytes -= name.length + kept - start;
    this.#columns.entryMetadata.pairNamed(name, source, start, kept);
  }
}

/**
 * Writes the entries to `columns` (reset here), as a decoder does. `fitted`: the stream of each label set. Gives the
 * entries that came with too much metadata for all of it to be taken.
 */
export function unpackEntries(
  packed: PackedEntries,
  columns: PushColumns,
  fitted: readonly Pick<FittedStream, 'stream' | 'moved'>[],
  limits: IngestLimits,
): { readonly shortened: number } {
  const lines = linesOf(packed);
  // No more streams come than a batch has entries.
  columns.reset(lines);
  // Two label sets can become one stream, when one lacks the service_name that the other has.
  const targets = fitted.map(({ stream }) => columns.addStream(stream));
  const { pairs } = packed;
  const writer = new PairWriter(columns, packed.stream.length);
  // Most entries have the names of the one before, and a name's bytes are there once.
  const names = new Map<number, string>();
  const nameAt = (at: number): string => {
    const nameStart = pairs[at] as number;
    let name = names.get(nameStart);
    if (name === undefined) {
      name = lines.toString('utf8', nameStart, pairs[at + 1]);
      names.set(nameStart, name);
    }
    return name;
  };
  for (let i = 0; i < packed.stream.length; i++) {
    const level = packed.level[i] as number;
    const place = packed.stream[i] as number;
    const target = targets[place] as number;
    const seconds = packed.seconds[i] as number;
    const nanos = packed.nanos[i] as number;
    const start = packed.lineStarts[i] as number;
    const end = packed.lineEnds[i] as number;
    const moved = fitted[place]?.moved ?? [];
    const from = pairStart(packed, i) * pairLength;
    const to = (packed.pairEnds[i] as number) * pairLength;
    if (level !== levelNone && from === to && moved.length === 0) {
      columns.addLevelled(target, seconds, nanos, start, end, level);
      continue;
    }
    writer.begin();
    for (let at = from; at < to; at += pairLength)
      writer.pair(nameAt(at), lines, pairs[at + 2] as number, pairs[at + 3] as number);
    if (moved.length > 0) {
      const own = new Set<string>(level === levelNone ? [] : ['detected_level']);
      for (let at = from; at < to; at += pairLength) own.add(nameAt(at));
      for (const [name, value] of movedBeside(moved, own)) {
        const bytes = Buffer.from(value);
        writer.pair(name, bytes, 0, bytes.length);
      }
    }
    columns.add(target, seconds, nanos, start, end, limits.discoverLogLevels, level);
  }
  return { shortened: writer.shortened };
}
