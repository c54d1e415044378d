// GB/s of the kernels and of the block format, over the corpus: npx tsx bench/kernels.ts [MB]
// One thread; figures are raw line bytes per second of wall time. Each row takes the best of its rounds, so that
// neighbours on a shared machine matter less.
import { compress, uncompress } from 'snappyjs';
import { LineSearcher } from '../src/kernels/line-searcher.ts';
import { compileNeedle } from '../src/kernels/needle.ts';
import { snappyDecompress } from '../src/kernels/snappy.ts';
import type { BlockColumns, EncodedBlock } from '../src/sqlite/format/block.ts';
import { blockRawBytesTarget } from '../src/sqlite/format/block.ts';
import { decodeCounts } from '../src/sqlite/format/counts.ts';
import { BlockDecoder } from '../src/sqlite/format/decode.ts';
import { encodeBlock } from '../src/sqlite/format/encode.ts';
import { blockMayContain } from '../src/sqlite/format/filter.ts';
import { Corpus, needles } from './corpus.ts';
import { pushBodies } from './push-body.ts';

const megabytes = Number(process.argv[2] ?? 64);
const rounds = 5;

function measure(name: string, bytes: number, work: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  let answer: unknown;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    answer = work();
    best = Math.min(best, performance.now() - start);
  }
  console.log(`${name.padEnd(44)} ${(bytes / best / 1e6).toFixed(3).padStart(9)} GB/s   ${String(answer)}`);
}

/** Blocks' entries: each stream's lines, cut at 256 KB. */
function streamColumns(corpus: Corpus): BlockColumns[] {
  const heads = corpus.streams.map(() => new Head());
  const done: BlockColumns[] = [];
  for (const batch of corpus.batches()) {
    for (let i = 0; i < batch.count; i++) {
      const head = heads[batch.stream[i] as number] as Head;
      const ns = BigInt(batch.seconds[i] as number) * 1_000_000_000n + BigInt(batch.nanos[i] as number);
      head.add(ns, batch.bytes.subarray(batch.lineStart[i], batch.lineEnd[i]), batch.level[i] as number);
      if (head.bytes >= blockRawBytesTarget) done.push(head.take());
    }
  }
  for (const head of heads) if (head.bytes > 0) done.push(head.take());
  return done;
}

class Head {
  bytes = 0;
  private rows: { ns: bigint; line: Buffer; level: number }[] = [];

  add(ns: bigint, line: Uint8Array, level: number): void {
    this.rows.push({ ns, line: Buffer.from(line), level });
    this.bytes += line.length;
  }

  take(): BlockColumns {
    const { rows } = this;
    const baseNs = rows[0]?.ns ?? 0n;
    const lineStarts = new Uint32Array(rows.length);
    const lineEnds = new Uint32Array(rows.length);
    let at = 0;
    rows.forEach(({ line }, i) => {
      lineStarts[i] = at;
      at += line.length;
      lineEnds[i] = at;
    });
    this.rows = [];
    this.bytes = 0;
    return {
      count: rows.length,
      baseNs,
      offsetsNs: Float64Array.from(rows, ({ ns }) => Number(ns - baseNs)),
      bytes: Buffer.concat(rows.map(({ line }) => line)),
      lineStarts,
      lineEnds,
      level: Uint8Array.from(rows, ({ level }) => level),
      metadataBytes: new Uint8Array(0),
      metadataStarts: new Uint32Array(rows.length),
      metadataEnds: new Uint32Array(rows.length),
    };
  }
}

const corpus = new Corpus({ bytes: megabytes * 1e6, streams: 40 });
const columns = streamColumns(corpus);
const raw = corpus.totals.lineBytes;
const sum = (of: (block: EncodedBlock) => number): string =>
  (blocks.reduce((total, block) => total + of(block), 0) / raw).toFixed(4);

let blocks: EncodedBlock[] = [];
measure('encode, zstd 1', raw, () => {
  blocks = columns.map((c) => encodeBlock(c));
  return `${blocks.length} blocks`;
});
console.log(
  `stored per raw byte: lines ${sum((b) => b.lines.length)}, ts ${sum((b) => b.ts.length)}, filter ` +
    `${sum((b) => b.filter.length)}, counts ${sum((b) => b.counts.length)}`,
);

const decoder = new BlockDecoder();
measure('decode times', raw, () => blocks.reduce((n, b) => n + decoder.decodeTimes(b.ts).count, 0));
measure('decode lines', raw, () => blocks.reduce((n, b) => n + decoder.decodeLines(b.lines).length, 0));
measure('decode counts', raw, () =>
  blocks.reduce((n, b) => n + (decodeCounts(b.counts)?.minute.length ?? 0), 0),
);

const literals = [
  ['needle', needles.once, false],
  ['substring', needles.substring, false],
  ['absent', needles.absent, false],
  ['phrase, any case', needles.phrase, true],
  ['"error"', 'error', false],
  ['"status"', 'status', false],
] as const;
for (const [name, literal, ignoreCase] of literals) {
  const needle = compileNeedle(literal, ignoreCase);
  measure(`filter: ${name}`, raw, () => {
    const left = blocks.filter((b) => blockMayContain(b.filter, [needle])).length;
    return `${((100 * left) / blocks.length).toFixed(1)} % of blocks left`;
  });
}
const searcher = new LineSearcher();
for (const [name, literal, ignoreCase] of literals) {
  const needle = compileNeedle(literal, ignoreCase);
  measure(`search, copied in: ${name}`, raw, () => {
    return `${columns.reduce((n, c) => n + searcher.search(c, needle).length, 0)} lines`;
  });
}
for (const [name, literal, ignoreCase] of literals.slice(2, 5)) {
  const needle = compileNeedle(literal, ignoreCase);
  measure(`decode lines and times, search: ${name}`, raw, () => {
    let found = 0;
    for (const b of blocks) {
      decoder.decodeLines(b.lines);
      if (!decoder.linesContain(needle)) continue;
      decoder.decodeTimes(b.ts);
      found += decoder.searchBlock(needle).length;
    }
    return `${found} lines`;
  });
}

const bodies = [...pushBodies(new Corpus({ bytes: Math.min(raw, 16e6) }))];
const messages = bodies.map(({ body }) => uncompress(new Uint8Array(body)));
const messageBytes = messages.reduce((total, message) => total + message.length, 0);
measure('snappy decompress, kernel', messageBytes, () =>
  bodies.reduce((n, { body }) => n + snappyDecompress(body, 1 << 26).length, 0),
);
measure('snappy decompress, snappyjs', messageBytes, () =>
  bodies.reduce((n, { body }) => n + uncompress(new Uint8Array(body)).length, 0),
);
measure('snappy compress, snappyjs', messageBytes, () =>
  messages.reduce((n, m) => n + compress(m).length, 0),
);
