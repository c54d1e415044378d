// The corpus is what benchmarks trust: the same bytes for the same seed, and needles that are where it says.
import protobuf from 'protobufjs';
import { uncompress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { Corpus, type CorpusBatch, needles } from '../../bench/corpus.ts';
import { pushBodies, selectorText } from '../../bench/push-body.ts';

const options = { seed: 5, bytes: 3_000_000, streams: 30, batchBytes: 200_000 };

interface Line {
  stream: number;
  time: string;
  line: string;
}

/** Batches reuse their memory: each is read before the next is asked for. */
function linesOf(corpus: Corpus): Line[][] {
  return Array.from(corpus.batches(), linesOfBatch);
}

function linesOfBatch(batch: CorpusBatch): Line[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    stream: batch.stream[i] ?? -1,
    time: `${batch.seconds[i]}.${String(batch.nanos[i]).padStart(9, '0')}`,
    line: batch.bytes.toString('utf8', batch.lineStart[i], batch.lineEnd[i]),
  }));
}

const collect = (corpus: Corpus): Line[] => linesOf(corpus).flat();

const { PushRequest } = protobuf.parse(`syntax = "proto3";
  message PushRequest { repeated Stream streams = 1; }
  message Stream { string labels = 1; repeated Entry entries = 2; }
  message Entry { Timestamp timestamp = 1; string line = 2; }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }`).root.nested as { PushRequest: protobuf.Type };

interface Pushed {
  streams: { labels: string; entries: { timestamp: { seconds: string; nanos: number }; line: string }[] }[];
}

describe('the corpus', () => {
  it('is the same for the same seed and another for another', () => {
    const [first, again] = [collect(new Corpus(options)), collect(new Corpus(options))];
    expect(first.length).toBeGreaterThan(10_000);
    expect(JSON.stringify(again) === JSON.stringify(first)).toBe(true);
    expect(collect(new Corpus({ ...options, seed: 6 }))[0]).not.toEqual(first[0]);
  });

  it('ascends in time, uses all streams and counts what it yields', () => {
    const corpus = new Corpus(options);
    const lines = collect(corpus);
    expect(lines.every((line, i) => i === 0 || line.time >= (lines[i - 1]?.time ?? ''))).toBe(true);
    expect(new Set(lines.map(({ stream }) => stream)).size).toBe(options.streams);
    expect(corpus.totals.entries).toBe(lines.length);
    expect(corpus.totals.lineBytes).toBe(lines.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0));
    expect(corpus.totals.lineBytes).toBeGreaterThanOrEqual(options.bytes);
  });

  it('holds its needles as often as its totals say', () => {
    const corpus = new Corpus({ ...options, bytes: 12_000_000 });
    const lines = collect(corpus).map(({ line }) => line);
    const holding = (text: string) => lines.filter((line) => line.includes(text)).length;
    expect(holding(needles.once)).toBe(1);
    expect(holding(needles.substring)).toBe(1);
    expect(holding(needles.absent)).toBe(0);
    expect(lines.filter((line) => line.toLowerCase().includes(needles.phrase)).length).toBe(
      corpus.totals.phrase,
    );
    expect(corpus.totals.phrase).toBeGreaterThan(0);
    expect(lines.some((line) => /order \d+ for customer \d+ in \d{3,} ms/.test(line))).toBe(true);
  });

  it('as push bodies has the same entries', () => {
    const corpus = new Corpus(options);
    const batches = linesOf(new Corpus(options));
    let index = 0;
    for (const { body, entries } of pushBodies(corpus)) {
      const message = PushRequest.decode(Buffer.from(uncompress(new Uint8Array(body))));
      const { streams } = PushRequest.toObject(message, { longs: String }) as Pushed;
      const pushed = streams.flatMap(({ labels, entries: list }) =>
        list.map(
          (e) =>
            `${labels} ${e.timestamp.seconds}.${String(e.timestamp.nanos ?? 0).padStart(9, '0')} ${e.line}`,
        ),
      );
      const expected = (batches[index++] ?? []).map(
        ({ stream, time, line }) => `${selectorText(corpus.streams[stream]?.labels ?? [])} ${time} ${line}`,
      );
      expect(entries).toBe(expected.length);
      expect(pushed.sort()).toEqual(expected.sort());
    }
    expect(index).toBe(batches.length);
  });
});
