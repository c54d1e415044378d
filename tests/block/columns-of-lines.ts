// Lines as a lines column of version 2, whatever they are and however large that is.
import { LineMemory, lineRegions } from '../../src/kernels/line-memory.ts';
import { openCodec } from '../../src/sqlite/format/codec.ts';
import { LineColumnsDecoder } from '../../src/sqlite/format/line-columns/decode.ts';
import { LineColumnsEncoder } from '../../src/sqlite/format/line-columns/encode.ts';

const codec = openCodec();
const memory = new LineMemory(LineColumnsEncoder.memoryBytes);
const encoder = new LineColumnsEncoder(memory.memory, lineRegions.end, codec);
const plainEncoder = new LineColumnsEncoder(memory.memory, lineRegions.end, {
  ...codec,
  compress: () => undefined,
});

/** Undefined when there is too much of something. `isPlain`: without compression. */
export function columnOfLines(
  lines: readonly Buffer[],
  { fieldlessShareMax = 100, isPlain = false } = {},
): Buffer | undefined {
  let at = 0;
  lines.forEach((line, i) => {
    memory.starts[i] = at;
    memory.bytes.set(line, at);
    at += line.length;
    memory.ends[i] = at;
    memory.bytes[at++] = 0x0a;
  });
  const { bytes: text, starts, ends } = lineRegions;
  const count = lines.length;
  return (isPlain ? plainEncoder : encoder).encode({
    text,
    starts,
    ends,
    count,
    textBytes: at,
    fieldlessShareMax,
  });
}

const other = new LineMemory(LineColumnsDecoder.memoryBytes);
const decoder = new LineColumnsDecoder(other.memory, lineRegions.end, codec);

/** All lines, each with its newline. */
export const textOfColumn = (column: Buffer): Buffer =>
  other.bytes.subarray(0, decoder.decode(column, lineRegions.bytes));
