// What the writer tells of each commit, for tails.
import type { CommitReader } from '../../store/commits.ts';
import type { BlockColumns } from '../format/block.ts';
import {
  publishedBytes,
  readSliceHeader,
  type SegmentRef,
  segmentControl,
  sliceBytes,
  sliceColumns,
  sliceMemory,
  sliceStream,
} from '../threads/segment.ts';

/** For the threads of tails and ingest. */
export const committedBatches: CommitReader = {
  streams: (batch) => streamsOfBatch(batch as CommittedBatch),
  read: (batch, visit) => readCommittedBatch(batch as CommittedBatch, visit),
};

/** Entries of one commit: a range of slices in a published segment. Structured-cloneable and small. */
export interface CommittedBatch {
  readonly segment: SegmentRef;
  readonly startByte: number;
  readonly endByte: number;
}

/**
 * Calls `visit` for each slice in commit order: entries of one stream in arrival order, as views of shared memory.
 * Returns false when the memory was reused meanwhile (the reader was minutes late): what was visited since may be
 * garbage and must be thrown away. `visit` returns false to stop.
 */
export function readCommittedBatch(
  batch: CommittedBatch,
  visit: (stream: number, entries: BlockColumns) => boolean,
): boolean {
  const { buffer, number } = batch.segment;
  const control = segmentControl(buffer);
  if (publishedBytes(control, number) < batch.endByte) return false;
  const memory = sliceMemory(buffer);
  let at = batch.startByte;
  while (at < batch.endByte) {
    const bytes = sliceBytes(memory, at);
    if (bytes === 0 || at + bytes > batch.endByte) return false;
    if (!visit(sliceStream(memory, at), sliceColumns(memory, at))) break;
    at += bytes;
  }
  return publishedBytes(control, number) >= batch.endByte;
}

/** Number of entries of each stream that occurs in a batch, in order of appearance. */
export function streamsOfBatch(batch: CommittedBatch): ReadonlyMap<number, number> {
  const memory = sliceMemory(batch.segment.buffer);
  const streams = new Map<number, number>();
  for (let at = batch.startByte; at < batch.endByte; ) {
    const bytes = sliceBytes(memory, at);
    if (bytes === 0) break;
    const { stream, count } = readSliceHeader(memory, at);
    streams.set(stream, (streams.get(stream) ?? 0) + count);
    at += bytes;
  }
  return streams;
}
