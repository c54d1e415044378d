// What sealed segments hold, stream by stream, for the builder.
import {
  publishedBytes,
  type SegmentRef,
  type SliceMemory,
  segmentControl,
  segmentHeaderBytes,
  sliceBytes,
  sliceMemory,
  sliceStream,
} from '../threads/segment.ts';

/** Where a slice is: its columns are views, made only when its stream's turn has come. */
export interface SliceAt {
  readonly memory: SliceMemory;
  readonly at: number;
}

/** Slices by stream, in order of arrival. Throws when one of them was freed. */
export function slicesByStream(segments: readonly SegmentRef[]): Map<number, SliceAt[]> {
  const slices = new Map<number, SliceAt[]>();
  for (const { buffer, number } of segments) {
    const end = publishedBytes(segmentControl(buffer), number);
    if (end < 0) throw new Error(`segment ${number} was freed before it was flushed`);
    const memory = sliceMemory(buffer);
    for (let at = segmentHeaderBytes; at < end; at += sliceBytes(memory, at)) {
      const stream = sliceStream(memory, at);
      const list = slices.get(stream);
      if (list === undefined) slices.set(stream, [{ memory, at }]);
      else list.push({ memory, at });
    }
  }
  return slices;
}
