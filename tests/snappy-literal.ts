// A snappy block without compression.

/** Snappy's frame around bytes as they are: cheaper than compressing, and every input gets through. */
export function asSnappyLiteral(bytes: Buffer): Buffer {
  const head: number[] = [];
  for (let left = bytes.length; ; left >>>= 7) {
    head.push(left >= 128 ? (left & 127) | 128 : left);
    if (left < 128) break;
  }
  if (bytes.length > 0)
    head.push(63 << 2, ...[0, 8, 16, 24].map((shift) => ((bytes.length - 1) >> shift) & 255));
  return Buffer.concat([Buffer.from(head), bytes]);
}
