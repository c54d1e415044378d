// The columns of some lines of one stream, for processes that run the built program.

/** One entry a line, at `secondsOf(index)` seconds of Unix time. */
export function lineColumns(stream, lines, secondsOf) {
  const parts = lines.map((line) => Buffer.from(line));
  const ends = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
  const zeros = () => new Uint32Array(lines.length);
  return {
    bytes: Buffer.concat(parts),
    count: lines.length,
    stream: zeros(),
    seconds: Float64Array.from(lines, (_, i) => secondsOf(i)),
    nanos: zeros(),
    lineStart: Uint32Array.from(parts, (part, i) => ends[i] - part.length),
    lineEnd: Uint32Array.from(ends),
    level: new Uint8Array(lines.length),
    metadataBytes: new Uint8Array(0),
    metadataStart: zeros(),
    metadataEnd: zeros(),
    streams: [stream],
  };
}
