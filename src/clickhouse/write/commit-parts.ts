// Cuts what one commit holds into inserts. Each goes to one shard and one partition in one block, so that ClickHouse
// stores it whole or not at all.

import { encodeMetadata } from '../../model/structured-metadata.ts';
import { floorDiv, int64Max, int64Min, joinNs, maxNs, minNs } from '../../model/time.ts';
import type { StreamId } from '../../store/store.ts';
import { writeEntry } from '../format/entry-rows.ts';
import { RowWriter } from '../format/row-writer.ts';
import { dayOf, hourOf, hoursPerDay } from '../format/time-units.ts';
import type { ActiveStream, Bounds } from './active-streams.ts';
import type { EntryGroup } from './entry-group.ts';

/** Rows of one insert. */
export interface Part {
  readonly shard: number;
  readonly rows: RowWriter;
  count: number;
}

export interface EntryParts {
  readonly parts: readonly Part[];
  /** By entry: the index of its part. */
  readonly partOf: Uint32Array;
}

export interface PartBounds {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** Rows of `entry`; `streamOf` knows all streams of the group. The first entry gets `firstSeq`, and so on. */
export function entryParts(
  group: EntryGroup,
  streamOf: (id: StreamId) => ActiveStream,
  firstSeq: bigint,
  { rowsMax, bytesMax }: PartBounds,
): EntryParts {
  const parts: Part[] = [];
  /** By shard, day and period: the part that is being filled. */
  const open = new Map<string, number>();
  const partOf = new Uint32Array(group.count);
  const { seconds, nanos, level, lines, lineEnd, metadata, metadataEnd } = group;
  let lineStart = 0;
  let metadataStart = 0;
  let seq = firstSeq;
  for (let i = 0; i < group.count; i++) {
    const stream = streamOf(group.stream[i] as StreamId);
    const timestampNs = joinNs(seconds[i] as number, nanos[i] as number);
    const partition = `${stream.shard} ${dayOf(timestampNs)} ${stream.keepDays}`;
    let index = open.get(partition);
    let part = index === undefined ? undefined : parts[index];
    if (index === undefined || part === undefined || part.count >= rowsMax || part.rows.length >= bytesMax) {
      part = { shard: stream.shard, rows: new RowWriter(), count: 0 };
      index = parts.push(part) - 1;
      open.set(partition, index);
    }
    partOf[i] = index;
    part.count++;
    writeEntry(
      part.rows,
      { owner: stream.owner, timestampNs, seq: seq++, level: level[i] as number, keepDays: stream.keepDays },
      {
        lines,
        lineStart,
        lineEnd: lineEnd[i] as number,
        metadata,
        metadataStart,
        metadataEnd: metadataEnd[i] as number,
      },
    );
    lineStart = lineEnd[i] as number;
    metadataStart = metadataEnd[i] as number;
  }
  return { parts, partOf };
}

/** The order in which {@link streamParts} writes the columns of `stream`. */
export const streamColumns = 'tenant, stream, hour, labels, first_ts, last_ts, keep';

export interface StreamParts {
  readonly parts: readonly Part[];
  /** To be called when they are stored. */
  remember(): void;
}

/** A stream's bounds in the index grow in steps of this, so that its row is not written with every commit. */
const boundsStepNs = 300n * 1_000_000_000n;
/** Hours of a stream whose bounds are remembered. */
const hoursRemembered = 48;

/** Rows of `stream` for times that the index does not have yet. */
export function streamParts(group: EntryGroup, streamOf: (id: StreamId) => ActiveStream): StreamParts {
  const parts = new Map<string, Part>();
  const stored: (readonly [ActiveStream, number, Readonly<Bounds>])[] = [];
  for (const [id, hours] of boundsByStream(group)) {
    const stream = streamOf(id);
    for (const [hour, found] of hours) {
      const known = stream.stored.get(hour);
      if (known !== undefined && known.firstNs <= found.firstNs && known.lastNs >= found.lastNs) continue;
      const bounds = widened(found, known);
      stored.push([stream, hour, bounds]);
      const partition = `${stream.shard} ${Math.trunc(hour / hoursPerDay)} ${stream.keepDays}`;
      let part = parts.get(partition);
      if (part === undefined) {
        part = { shard: stream.shard, rows: new RowWriter(), count: 0 };
        parts.set(partition, part);
      }
      part.count++;
      writeStream(part.rows, stream, hour, bounds);
    }
  }
  return {
    parts: [...parts.values()],
    remember: () => {
      for (const [stream, hour, bounds] of stored) remember(stream, hour, bounds);
    },
  };
}

function writeStream(rows: RowWriter, stream: ActiveStream, hour: number, { firstNs, lastNs }: Bounds): void {
  rows.raw(stream.owner);
  rows.i32(hour);
  rows.varint(stream.labels.length);
  rows.raw(encodeMetadata(stream.labels));
  rows.i64(firstNs);
  rows.i64(lastNs);
  rows.u16(stream.keepDays);
}

/** A first bound is exact; what comes before or after it moves bounds by whole steps. */
function widened(found: Bounds, known: Bounds | undefined): Readonly<Bounds> {
  const lastNs = minNs((found.lastNs / boundsStepNs + 1n) * boundsStepNs - 1n, int64Max);
  if (known === undefined) return { firstNs: found.firstNs, lastNs };
  return {
    firstNs:
      found.firstNs < known.firstNs
        ? maxNs(floorDiv(found.firstNs, boundsStepNs) * boundsStepNs, int64Min)
        : known.firstNs,
    lastNs: maxNs(known.lastNs, lastNs),
  };
}

function remember({ stored }: ActiveStream, hour: number, bounds: Readonly<Bounds>): void {
  stored.set(hour, bounds);
  if (stored.size <= hoursRemembered) return;
  const [oldest] = stored.keys();
  if (oldest !== undefined) stored.delete(oldest);
}

function boundsByStream(group: EntryGroup): ReadonlyMap<StreamId, ReadonlyMap<number, Bounds>> {
  const streams = new Map<StreamId, Map<number, Bounds>>();
  for (let i = 0; i < group.count; i++) {
    const id = group.stream[i] as StreamId;
    const ns = joinNs(group.seconds[i] as number, group.nanos[i] as number);
    let hours = streams.get(id);
    if (hours === undefined) {
      hours = new Map();
      streams.set(id, hours);
    }
    const hour = hourOf(ns);
    const bounds = hours.get(hour);
    if (bounds === undefined) hours.set(hour, { firstNs: ns, lastNs: ns });
    else if (ns < bounds.firstNs) bounds.firstNs = ns;
    else if (ns > bounds.lastNs) bounds.lastNs = ns;
  }
  return streams;
}
