// Whether bytes from disk are slices: readers of slices trust their lengths and offsets.
import {
  readSliceHeader,
  type SliceMemory,
  sliceBytes,
  sliceBytesNeeded,
  sliceColumns,
  sliceFlags,
  sliceHeaderBytes,
  sliceMemory,
  sliceSpanNsMax,
} from '../threads/segment.ts';

/** True when the memory is nothing but whole slices whose ranges lie inside them. */
export function areSlices(slices: ArrayBuffer): boolean {
  if (slices.byteLength % 8 !== 0) return false;
  const memory = sliceMemory(slices);
  for (let at = 0; at < slices.byteLength; at += sliceBytes(memory, at))
    if (!isSlice(memory, at, slices.byteLength - at)) return false;
  return true;
}

function isSlice(memory: SliceMemory, at: number, bytesLeft: number): boolean {
  if (bytesLeft < sliceHeaderBytes) return false;
  const bytes = sliceBytes(memory, at);
  const { count, lineBytes, metadataBytes, baseNs, lastNs } = readSliceHeader(memory, at);
  const flags = memory.u32[(at >> 2) + 3] as number;
  const hasMetadata = (flags & sliceFlags.metadata) !== 0;
  if (count === 0 || bytes > bytesLeft || lastNs < baseNs || hasMetadata !== metadataBytes > 0) return false;
  // Numbers that could overflow are bounded by the slice first.
  if (Math.max(8 * count, lineBytes, metadataBytes) > bytes) return false;
  if (sliceBytesNeeded({ count, lineBytes, metadataBytes }) !== bytes) return false;
  const columns = sliceColumns(memory, at);
  for (let i = 0; i < count; i++) {
    const offsetNs = columns.offsetsNs[i] as number;
    if (!(offsetNs >= 0 && offsetNs <= sliceSpanNsMax)) return false;
  }
  return (
    areRanges(columns.lineStarts, columns.lineEnds, lineBytes) &&
    areRanges(columns.metadataStarts, columns.metadataEnds, metadataBytes)
  );
}

/** Ranges that follow each other and fill the bytes. */
function areRanges(starts: Uint32Array, ends: Uint32Array, bytes: number): boolean {
  let end = 0;
  for (let i = 0; i < starts.length; i++) {
    if (starts[i] !== end || (ends[i] as number) < end) return false;
    end = ends[i] as number;
  }
  return end === bytes;
}
