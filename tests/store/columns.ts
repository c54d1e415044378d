// Entries as plain objects for tests, and as the columns a store takes.
import { type Labels, labelsFromPairs } from '../../src/model/labels.ts';
import { encodeMetadata } from '../../src/model/structured-metadata.ts';
import { splitNs } from '../../src/model/time.ts';
import type { EntryColumns, StreamId } from '../../src/store/store.ts';

export interface TestEntry {
  readonly stream: StreamId;
  readonly ns: bigint;
  readonly line: string | Uint8Array;
  readonly level?: number;
  readonly metadata?: Record<string, string>;
}

export const labels = (record: Record<string, string>): Labels => labelsFromPairs(Object.entries(record));

export function entryColumns(entries: readonly TestEntry[]): EntryColumns {
  const streams = [...new Set(entries.map(({ stream }) => stream))];
  const lines = entries.map(({ line }) => Buffer.from(line));
  const metadata = entries.map((entry) => encodeMetadata(labels(entry.metadata ?? {})));
  const starts = (parts: readonly Uint8Array[]): Uint32Array => {
    let at = 0;
    return Uint32Array.from(parts, ({ length }) => {
      at += length;
      return at - length;
    });
  };
  const lineStart = starts(lines);
  const metadataStart = starts(metadata);
  const times = entries.map(({ ns }) => splitNs(ns));
  return {
    bytes: Buffer.concat(lines),
    count: entries.length,
    stream: Uint32Array.from(entries, ({ stream }) => streams.indexOf(stream)),
    seconds: Float64Array.from(times, ({ seconds }) => seconds),
    nanos: Uint32Array.from(times, ({ nanos }) => nanos),
    lineStart,
    lineEnd: lineStart.map((start, i) => start + (lines[i] as Buffer).length),
    level: Uint8Array.from(entries, ({ level }) => level ?? 0),
    metadataBytes: Buffer.concat(metadata),
    metadataStart,
    metadataEnd: metadataStart.map((start, i) => start + (metadata[i] as Uint8Array).length),
    streams,
  };
}
