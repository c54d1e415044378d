// The pushes of bench/load.ts, made beforehand into a file, so that making them costs nothing while the gateway is
// measured; and what must be found of each when it has been acknowledged.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Corpus, type CorpusBatch } from './corpus.ts';
import { bodyEncoder } from './push-body.ts';

/** Tails follow the lines that hold this: a few of a hundred, in every stream. */
export const tailedText = '503';

/** By stream of the corpus. */
export interface EntryCounts {
  readonly entries: Uint32Array;
  /** Those with {@link tailedText}. */
  readonly tailed: Uint32Array;
}

export interface StoredBody extends EntryCounts {
  readonly lineBytes: number;
  read(): Buffer;
}

export interface LoadBodies {
  readonly pods: readonly string[];
  readonly bodies: readonly StoredBody[];
  remove(): void;
}

export const noCounts = (streams: number): EntryCounts => ({
  entries: new Uint32Array(streams),
  tailed: new Uint32Array(streams),
});

/** Adds one body's counts to `sums`. */
export function addCounts(sums: EntryCounts, { entries, tailed }: EntryCounts): void {
  for (let i = 0; i < entries.length; i++) {
    sums.entries[i] = (sums.entries[i] as number) + (entries[i] as number);
    sums.tailed[i] = (sums.tailed[i] as number) + (tailed[i] as number);
  }
}

export function makeLoadBodies(options: {
  bytes: number;
  streams: number;
  startNs: bigint;
  spanNs: number;
}): LoadBodies {
  const folder = mkdtempSync(join(tmpdir(), 'skald-load-'));
  const file = openSync(join(folder, 'bodies'), 'w+');
  const corpus = new Corpus(options);
  const bodies: StoredBody[] = [];
  const encode = bodyEncoder(corpus);
  let position = 0;
  for (const batch of corpus.batches()) {
    const { body, lineBytes } = encode(batch);
    const at = position;
    const { length } = body;
    writeSync(file, body, 0, length, at);
    position += length;
    const read = (): Buffer => {
      const bytes = Buffer.allocUnsafe(length);
      readSync(file, bytes, 0, length, at);
      return bytes;
    };
    bodies.push({ ...countsOf(batch, options.streams), lineBytes, read });
  }
  return {
    pods: corpus.streams.map(({ labels }) => labels.find(([name]) => name === 'pod')?.[1] ?? ''),
    bodies,
    remove: () => {
      closeSync(file);
      rmSync(folder, { recursive: true });
    },
  };
}

function countsOf(batch: CorpusBatch, streams: number): EntryCounts {
  const counts = noCounts(streams);
  const { bytes, lineEnd, stream } = batch;
  let next = bytes.indexOf(tailedText);
  for (let i = 0; i < batch.count; i++) {
    const of = stream[i] as number;
    const end = lineEnd[i] as number;
    counts.entries[of] = (counts.entries[of] as number) + 1;
    // A text over the border of two lines is in neither of them.
    while (next >= 0 && next < (batch.lineStart[i] as number)) next = bytes.indexOf(tailedText, next + 1);
    if (next < 0 || next + tailedText.length > end) continue;
    counts.tailed[of] = (counts.tailed[of] as number) + 1;
    next = bytes.indexOf(tailedText, end);
  }
  return counts;
}
