// Entries of a collector on their way to the ingest worker.
import { levelName, levelNone } from '../model/entry.ts';
import { type Labels, labelsKey } from '../model/labels.ts';
import { joinNs } from '../model/time.ts';
import type { IngestLimits } from './limits.ts';
import type { PushColumns } from './push-columns.ts';
import type { PushStreams } from './push-stream.ts';
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
  /** Of an entry whose metadata is a detected_level of Loki's words alone; levelNone for others. */
  readonly level: Uint8Array;
  /** Metadata of entry i are the pairs from `pairEnds[i - 1]` to before `pairEnds[i]`. */
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
    return {
      labels: packed.streams[stream] as Labels,
      timestampNs: joinNs(packed.seconds[i] as number, packed.nanos[i] as number),
      line: text(packed.lineStarts[i], packed.lineEnds[i]),
      structuredMetadata,
    };
  });
}

const linesOf = ({ lines }: PackedEntries): Buffer =>
  Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);

const pairStart = ({ pairEnds }: PackedEntries, i: number): number =>
  i === 0 ? 0 : (pairEnds[i - 1] as number);

/** Writes the entries to `columns` (reset here), as a decoder does. */
export function unpackEntries(
  packed: PackedEntries,
  columns: PushColumns,
  context: { readonly tenant: string; readonly limits: IngestLimits; readonly streams: PushStreams },
): void {
  const { tenant, limits, streams } = context;
  const lines = linesOf(packed);
  columns.reset(lines, limits.maxGlobalStreamsPerUser);
  // Two label sets can become one stream, when one lacks the service_name that the other has.
  const targets = packed.streams.map((labels) => {
    const text = `collected${labelsKey(labels)}`;
    return columns.addStream(
      streams.known(tenant, text) ?? streams.resolve(tenant, text, labels, limits, columns.isSaturated),
    );
  });
  const { pairs } = packed;
  // Most entries have the names of the one before, and a name's bytes are there once.
  const names = new Map<number, string>();
  const addPair = (at: number): void => {
    const nameStart = pairs[at] as number;
    let name = names.get(nameStart);
    if (name === undefined) {
      name = lines.toString('utf8', nameStart, pairs[at + 1]);
      names.set(nameStart, name);
    }
    if (name !== '')
      columns.metadata.pairNamed(name, lines, pairs[at + 2] as number, pairs[at + 3] as number);
  };
  for (let i = 0; i < packed.stream.length; i++) {
    const level = packed.level[i] as number;
    const target = targets[packed.stream[i] as number] as number;
    const seconds = packed.seconds[i] as number;
    const nanos = packed.nanos[i] as number;
    const start = packed.lineStarts[i] as number;
    const end = packed.lineEnds[i] as number;
    if (level !== levelNone) {
      columns.addLevelled(target, seconds, nanos, start, end, level);
      continue;
    }
    columns.metadata.begin();
    for (let pair = pairStart(packed, i); pair < (packed.pairEnds[i] as number); pair++)
      addPair(pair * pairLength);
    columns.add(target, seconds, nanos, start, end, limits.discoverLogLevels);
  }
}
