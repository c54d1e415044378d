// What a zstd frame says of itself, read without unpacking it.

/** The decompressed size that a zstd frame's header states (RFC 8878, 3.1.1.1); undefined when it has none. */
export function frameContentBytes(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2f_b528) return undefined;
  const descriptor = frame[4] as number;
  const singleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (singleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  const width = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  if (width === 0 || frame.length < at + width) return undefined;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
