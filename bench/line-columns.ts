// Lines as text and as templates and columns, by format: npx tsx bench/line-columns.ts [MB of a format] [KB of a block]
// Sizes are of the lines alone, per raw byte. Speeds are raw bytes per second of one thread, the best of the rounds.

import type { BlockColumns } from '../src/sqlite/format/block.ts';
import { BlockDecoder } from '../src/sqlite/format/decode.ts';
import { encodeBlock } from '../src/sqlite/format/encode.ts';
import { Corpus } from './corpus.ts';
import type { LineFormat } from './corpus-lines.ts';

const megabytes = Number(process.argv[2] ?? 8);
const blockBytes = Number(process.argv[3] ?? 256) * 1024;
const only = process.argv[4];
const rounds = Number(process.argv[5] ?? 5);

/** Blocks of the first stream of each format. */
function blocksByFormat(): Map<LineFormat, BlockColumns[]> {
  const corpus = new Corpus({ bytes: megabytes * 16e6, streams: 40 });
  const streams = new Map<LineFormat, number>();
  corpus.streams.forEach(({ format }, i) => {
    if (!streams.has(format)) streams.set(format, i);
  });
  const formats = new Map([...streams].map(([format, stream]) => [stream, format]));
  const heads = new Map<number, Buffer[]>();
  const blocks = new Map<LineFormat, BlockColumns[]>();
  for (const batch of corpus.batches())
    for (let i = 0; i < batch.count; i++) {
      const stream = batch.stream[i] as number;
      const format = formats.get(stream);
      if (format === undefined) continue;
      const lines = heads.get(stream) ?? [];
      heads.set(stream, lines);
      lines.push(Buffer.from(batch.bytes.subarray(batch.lineStart[i], batch.lineEnd[i])));
      if (lines.reduce((sum, line) => sum + line.length, 0) < blockBytes) continue;
      blocks.set(format, [...(blocks.get(format) ?? []), columnsOf(lines)]);
      heads.delete(stream);
    }
  return blocks;
}

function columnsOf(lines: readonly Buffer[]): BlockColumns {
  const count = lines.length;
  const lineStarts = new Uint32Array(count);
  const lineEnds = new Uint32Array(count);
  let at = 0;
  lines.forEach((line, i) => {
    lineStarts[i] = at;
    at += line.length;
    lineEnds[i] = at;
  });
  return {
    count,
    baseNs: 0n,
    offsetsNs: new Float64Array(count),
    bytes: Buffer.concat(lines),
    lineStarts,
    lineEnds,
    level: new Uint8Array(count),
    metadataBytes: new Uint8Array(0),
    metadataStarts: new Uint32Array(count),
    metadataEnds: new Uint32Array(count),
  };
}

function fastest(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const decoder = new BlockDecoder();
console.log(
  'format   raw MB  text z1    z9  columns   | encode s/GB z1    z9  columns | decode GB/s text columns',
);
for (const [format, blocks] of blocksByFormat()) {
  if (only && only !== format) continue;
  const raw = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const size = (lines: readonly Buffer[]): string =>
    (lines.reduce((sum, { length }) => sum + length, 0) / raw).toFixed(4);
  const encoded = [{ level: 1 }, { level: 9 }, { level: 1, lineColumns: true }].map((options) => {
    let lines: Buffer[] = [];
    const ms = fastest(() => {
      lines = blocks.map((block) => encodeBlock(block, options).lines);
    });
    return { lines, secondsPerGb: ((ms * 1e6) / raw).toFixed(1) };
  });
  const decoded = encoded.map(({ lines }) => {
    const ms = fastest(() => {
      for (const column of lines) decoder.decodeLines(column);
    });
    return (raw / ms / 1e6).toFixed(2);
  });
  blocks.forEach(({ bytes, lineStarts, lineEnds, count }, b) => {
    const text = decoder.decodeLines(encoded[2]?.lines[b] as Buffer);
    for (let i = 0; i < count; i++) {
      const line = bytes.subarray(lineStarts[i], lineEnds[i]);
      const start = (lineStarts[i] as number) + i;
      if (Buffer.compare(text.subarray(start, start + line.length), line) !== 0)
        throw new Error(`${format}: block ${b}, line ${i} is another`);
    }
  });
  const columnsOnly = encoded[2]?.lines.filter((lines) => lines[0] === 2).length;
  console.log(
    `${format.padEnd(8)} ${(raw / 1e6).toFixed(1).padStart(5)}   ${encoded.map(({ lines }) => size(lines)).join('  ')} (${columnsOnly}/${blocks.length})  ` +
      `| ${encoded.map(({ secondsPerGb }) => secondsPerGb.padStart(6)).join(' ')}  | ${decoded.join('  ')}`,
  );
}
