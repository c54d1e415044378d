// The frames of a zstd body (RFC 8878, section 3), found by their headers alone.
import { isSkippable } from './compressed-frames.ts';

/** Undefined: the input ends inside a frame, or something else than a frame begins where one should. */
export function zstdFrames(input: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const frames: Uint8Array[] = [];
  for (let start = 0; start < input.length; ) {
    if (start + 8 > input.length) return undefined;
    const magic = view.getUint32(start, true);
    if (isSkippable(magic)) {
      start += 8 + view.getUint32(start + 4, true);
      if (start > input.length) return undefined;
      continue;
    }
    const end = magic === frameMagic ? frameEnd(view, start) : undefined;
    if (end === undefined) return undefined;
    frames.push(input.subarray(start, end));
    start = end;
  }
  return frames;
}

const frameMagic = 0xfd2fb528;
const dictionaryIdBytes = [0, 1, 2, 4] as const;
const contentSizeBytes = [0, 2, 4, 8] as const;
const runBlock = 1;

function frameEnd(view: DataView, start: number): number | undefined {
  const descriptor = view.getUint8(start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const windowBytes = isSingleSegment ? 0 : 1;
  const sizeBytes = isSingleSegment && sizeFlag === 0 ? 1 : (contentSizeBytes[sizeFlag] as number);
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4;
  let at = start + 5 + windowBytes + (dictionaryIdBytes[descriptor & 3] as number) + sizeBytes;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > view.byteLength) return undefined;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) !== 0;
    // A run stands as one byte, however long it is.
    at += 3 + (((header >>> 1) & 3) === runBlock ? 1 : header >>> 3);
  }
  at += checksumBytes;
  return at > view.byteLength ? undefined : at;
}
