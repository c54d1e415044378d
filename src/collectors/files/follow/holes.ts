// Holes in the text of a file: runs of NULs. A writer that does not append goes on at its old place after the file was
// cut, a machine that lost its power leaves them where the text did not reach the disk, lastlog is nothing else.

interface Part {
  readonly start: number;
  readonly end: number;
  /** All its bytes are NUL. */
  readonly isHole: boolean;
}

/** Fewer NULs than these are part of a line. */
const holeBytesMin = 64;
const zeros = Buffer.alloc(512 * 1024);
const holeBegin = zeros.subarray(0, holeBytesMin);

/** Text and holes of some bytes, in turns. Bytes without a NUL cost one look for it. */
export function* holesApart(bytes: Buffer): Generator<Part> {
  let start = 0;
  while (start < bytes.length) {
    const first = bytes.indexOf(0, start);
    const hole = first < 0 ? -1 : bytes.indexOf(holeBegin, first);
    if (hole < 0) break;
    if (hole > start) yield { start, end: hole, isHole: false };
    start = holeEnd(bytes, hole + holeBytesMin);
    yield { start: hole, end: start, isHole: true };
  }
  if (start < bytes.length) yield { start, end: bytes.length, isHole: false };
}

/** Where the NULs from `at` on end: by halves, for a comparison of many bytes costs no more than a look at a few. */
function holeEnd(bytes: Buffer, at: number): number {
  let end = at;
  for (let step = zeros.length; step > 0; step >>= 1) {
    while (end + step <= bytes.length && zeros.compare(bytes, end, end + step, 0, step) === 0) end += step;
  }
  return end;
}
