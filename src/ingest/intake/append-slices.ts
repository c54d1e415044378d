// The entries of a large push on their way into the store, a bounded number at a time.
import type { EntryColumns, StoreWriter } from '../../store/store.ts';

/** Copied at one go: a millisecond or two. */
const sliceEntriesMax = 8192;
const sliceBytesMax = 2 ** 20;
/** Appended and not yet durable, at most. */
const underWayMax = 8;

/**
 * Resolves when all entries are durable; `turn` is awaited between two slices. Rejects when the store takes no more: what
 * was taken before is stored then, and sent again it is a duplicate, of which one is kept: by the slice's own key when the
 * push has one.
 */
export async function appendInSlices(
  writer: Pick<StoreWriter, 'append'>,
  entries: EntryColumns,
  turn: () => Promise<void>,
  key?: string,
): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (let from = 0; from < entries.count; ) {
    const to = sliceEnd(entries, from);
    const slice = sliceOf(entries, from, to);
    const appended = writer.append(slice, key === undefined ? {} : { key: `${key}.${from}` });
    // It is awaited below, when others may have failed before it.
    appended.catch(() => {});
    underWay.push(appended);
    if (underWay.length >= underWayMax) await underWay.shift();
    await turn();
    from = to;
  }
  await Promise.all(underWay);
}

function sliceEnd(
  { count, lineStart, lineEnd, metadataStart, metadataEnd }: EntryColumns,
  from: number,
): number {
  let bytes = 0;
  let to = from;
  while (to < count && to - from < sliceEntriesMax && bytes < sliceBytesMax) {
    bytes += (lineEnd[to] as number) - (lineStart[to] as number);
    bytes += (metadataEnd[to] as number) - (metadataStart[to] as number);
    to++;
  }
  return to;
}

const sliceOf = (entries: EntryColumns, from: number, to: number): EntryColumns => ({
  bytes: entries.bytes,
  count: to - from,
  stream: entries.stream.subarray(from, to),
  seconds: entries.seconds.subarray(from, to),
  nanos: entries.nanos.subarray(from, to),
  lineStart: entries.lineStart.subarray(from, to),
  lineEnd: entries.lineEnd.subarray(from, to),
  level: entries.level.subarray(from, to),
  metadataBytes: entries.metadataBytes,
  metadataStart: entries.metadataStart.subarray(from, to),
  metadataEnd: entries.metadataEnd.subarray(from, to),
  streams: entries.streams,
});
