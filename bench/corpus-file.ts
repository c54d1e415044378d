// The corpus in a file, batch after batch, so that making it costs nothing while it is being ingested.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Corpus, CorpusBatch } from './corpus.ts';

const headWords = 2;

/** Where the columns of a batch of so many entries lie, 8-aligned, its lines last. */
function layout(
  count: number,
): Record<'seconds' | 'stream' | 'nanos' | 'start' | 'end' | 'level' | 'lines', number> {
  const seconds = 0;
  const stream = seconds + 8 * count;
  const nanos = stream + 4 * count;
  const start = nanos + 4 * count;
  const end = start + 4 * count;
  const level = end + 4 * count;
  return { seconds, stream, nanos, start, end, level, lines: level + count };
}

export function writeCorpus(file: string, corpus: Corpus): void {
  const out = openSync(file, 'w');
  try {
    for (const batch of corpus.batches()) {
      const { count, bytes } = batch;
      writeSync(out, Uint32Array.of(count, bytes.length));
      for (const column of [
        batch.seconds,
        batch.stream,
        batch.nanos,
        batch.lineStart,
        batch.lineEnd,
        batch.level,
      ])
        writeSync(out, column.subarray(0, count));
      writeSync(out, bytes);
    }
  } finally {
    closeSync(out);
  }
}

/** The batches in their order; each is valid until the next is asked for. */
export function* readCorpus(file: string): Generator<CorpusBatch, void, void> {
  const input = openSync(file, 'r');
  const head = new Uint32Array(headWords);
  let memory = new ArrayBuffer(0);
  try {
    while (readSync(input, head, 0, head.byteLength, null) > 0) {
      const [count, lineBytes] = head as unknown as [number, number];
      const at = layout(count);
      const size = at.lines + lineBytes;
      if (memory.byteLength < size) memory = new ArrayBuffer(size + 65_536);
      for (let read = 0; read < size; ) read += readSync(input, new Uint8Array(memory, read, size - read));
      yield {
        count,
        lineBytes,
        bytes: Buffer.from(memory, at.lines, lineBytes),
        seconds: new Float64Array(memory, at.seconds, count),
        stream: new Uint32Array(memory, at.stream, count),
        nanos: new Uint32Array(memory, at.nanos, count),
        lineStart: new Uint32Array(memory, at.start, count),
        lineEnd: new Uint32Array(memory, at.end, count),
        level: new Uint8Array(memory, at.level, count),
      };
    }
  } finally {
    closeSync(input);
  }
}
